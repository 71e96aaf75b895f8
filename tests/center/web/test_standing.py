"""What the node's page says besides the verdict: availability, box and certificate, whom to call about the line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from center.core import days as calendar
from tests.support import wall_city

NODE = "kel-3673011001"
Client = Callable[[str], Any]


def page(client_as: Client, role: str = "technician") -> str:
    answer = client_as(role).get(f"/nodes/{NODE}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def add_day(day: int, **seconds: int) -> None:
    from center.availability.models import Day

    zero = dict.fromkeys(("isp_up_s", "isp_down_s", "isp_excluded_s", "isp_unknown_s", "maintenance_s"), 0)
    Day.objects.create(node=NODE, day=day, causes="{}", **zero | seconds)


def add_line(phone: str = "0254 123") -> None:
    from center.sites.models import Link, Provider, Upstream

    provider = Provider.objects.create(code="isp-a", name="Penyedia Uji", phone=phone)
    Upstream.objects.create(code="line-a", name="Jalur Uji", kind="line", provider=provider)
    Link.objects.create(site_id=NODE, upstream_id="line-a", circuit="SRG-0412")


def test_availability_is_summed_for_today_this_month_and_the_last_with_its_bounds(city: Path) -> None:
    from center.web.standing import availability_of

    wall_city.add_node(NODE)
    now = int(datetime(2026, 11, 2, 3, tzinfo=UTC).timestamp() * 1000)
    add_day(20260930, up_s=0, down_s=86_400, unknown_s=0)  # two months ago: in none of them
    add_day(20261031, up_s=43_200, down_s=0, unknown_s=43_200)
    add_day(20261101, up_s=80_000, down_s=6_400, unknown_s=0)
    add_day(20261102, up_s=30_000, down_s=0, unknown_s=6_000)
    today, month, last = availability_of(NODE, now)
    assert (today.name, today.figures.pct, today.figures.worst_pct) == ("today", 100.0, 100 * 30_000 / 36_000)
    assert (month.name, month.figures.up_s, month.figures.down_s) == ("month", 110_000, 6_400)
    assert (last.name, last.figures.coverage_pct, last.figures.enough) == ("last_month", 50.0, False)
    assert (last.figures.worst_pct, last.figures.best_pct) == (50.0, 100.0)
    january = availability_of(NODE, int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000))
    assert [one.name for one in january] == ["last_month"]


def test_the_page_prints_no_figure_out_of_too_little_data(city: Path, client_as: Client) -> None:
    wall_city.add_node(NODE)
    assert "Belum ada yang dihitung" in page(client_as)
    add_day(calendar.day_of(wall_city.now_ms()), up_s=100, down_s=0, unknown_s=900)
    found = page(client_as)
    row = found[found.index('data-stretch="today"') :].split("</li>")[0]
    assert "data tidak cukup" in row
    assert "cakupan data 10,00 %, antara 10,00 % dan 100,00 %" in row.replace("\N{NO-BREAK SPACE}", " ")


def test_a_certificate_is_warned_of_thirty_days_before_it_ends(city: Path, client_as: Client) -> None:
    from center.ingest.models import Epoch
    from center.sites.models import Node

    wall_city.add_node(NODE, epoch="e1", version="0.1.0")
    Epoch.objects.create(node=NODE, epoch="e1", board="Raspberry Pi 4", first_seen_ms=wall_city.now_ms())
    warned = {200: "berlaku sampai", 20: "Sertifikat kotak ini segera habis", -1: "Sertifikat kotak ini sudah habis"}
    for days, said in warned.items():
        Node.objects.filter(pk=NODE).update(certificate_expires_at=datetime.now(UTC) + timedelta(days=days))
        found = page(client_as)
        assert [each for each in warned.values() if each in found] == [said]
        box = found[found.index('id="box"') :].split("</section>")[0]
        for known in ("0.1.0", "e1", "Raspberry Pi 4"):
            assert known in box


def test_a_fault_of_the_line_names_provider_circuit_phone_and_the_hours_of_the_site(
    city: Path, client_as: Client
) -> None:
    from center.sites.models import Site

    add_line()
    Site.objects.filter(pk=NODE).update(office_hours="Mon-Sun 00:00-24:00")
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    state = page(client_as).split('id="ladder"')[0]
    for said in ("Hubungi penyedia", "Penyedia Uji", "SRG-0412", 'href="tel:0254123"', "sekarang jam kerja"):
        assert said in state
    wall_city.set_state(NODE, "DEGRADED", cause="verdict", verdict="L1")
    assert "Hubungi penyedia" not in page(client_as)
    wall_city.give_sites("agency", NODE)
    theirs = page(client_as, "agency")
    assert "0254 123" not in theirs and "0254123" not in theirs


def test_a_silent_node_of_a_cut_line_sends_nobody_to_the_site(city: Path, client_as: Client) -> None:
    add_line(phone="")
    wall_city.add_node(NODE, "UNREACHABLE", cause="lost")
    assert "Telepon lokasi" in page(client_as)
    wall_city.add_incident("parent", "line-a", NODE, cause="line", party="isp")
    state = page(client_as).split("</section>")[0]
    assert "Telepon lokasi" not in state
    assert "telepon gangguannya belum diisi" in state


def test_hours_nobody_can_read_are_shown_as_they_are(city: Path) -> None:
    from center.sites.models import Node, Site
    from center.web.standing import hours_of

    wall_city.add_node(NODE)
    Site.objects.filter(pk=NODE).update(office_hours="Moonday")
    node = Node.objects.select_related("site").get(pk=NODE)
    assert (hours_of(node, 0).text, hours_of(node, 0).now) == ("Moonday", None)
