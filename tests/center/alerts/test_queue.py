"""The door: what stands in the tables decides who is told."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.alerts import add_channel, add_route, drain, incident, states

Make = Callable[[], Any]


@pytest.fixture
def piket(center_data: Path) -> Path:
    add_channel("piket", "file", {"name": "piket"})
    return center_data


def deliveries(**filters: Any) -> list[Any]:
    from center.alerts.models import Delivery

    return list(Delivery.objects.filter(**filters).order_by("id"))


def test_a_line_of_thirty_sites_is_one_message_with_twelve_names(piket: Path) -> None:
    from center.sites.models import Site

    for number in range(30):
        Site.objects.create(code=f"kel-{number}", name=f"Nama {number}", kind="kel")
    add_route("piket")
    codes = tuple(f"kel-{number}" for number in range(30))
    incident(kind="parent", subject="line-1", nodes=codes, sites=codes)
    (row,) = deliveries()
    assert "Lokasi (30): Nama 0, " in row.text and "dan 18 lagi" in row.text


def test_two_sites_of_one_name_are_told_apart(piket: Path) -> None:
    from center.sites.models import Site

    Site.objects.create(code="kel-1", name="Sukawana", kind="kel", kecamatan="Serang")
    Site.objects.create(code="kel-2", name="Sukawana", kind="kel", kecamatan="Curug")
    add_route("piket")
    incident(sites=("kel-1", "kel-2"))
    assert "Sukawana (Serang), Sukawana (Curug)" in deliveries()[0].text


def test_switched_off_routes_and_channels_are_told_nothing(piket: Path) -> None:
    add_route("piket", enabled=False)
    add_channel("mati", "file", {"name": "mati"}, enabled=False)
    add_route("mati")
    incident()
    assert deliveries() == []


def test_quiet_hours_hold_a_warning_back_and_let_what_is_critical_through(piket: Path) -> None:
    from center.core import days, hours

    now = int(time.time() * 1000)
    today = hours.NAMES[days.weekday(days.day_of(now))]
    add_route("piket", quiet_hours=today, quiet_severity="critical")
    incident(severity="warning", subject="kel-8")
    incident()
    held, critical = deliveries()
    assert held.due_ms == days.bounds(days.day_of(now)).end_ms and critical.due_ms <= time.time() * 1000


def test_acknowledging_withdraws_what_was_to_be_escalated(piket: Path) -> None:
    add_route("piket")
    add_route("piket", level=1, after_min=15)
    number = incident()
    assert [(row.what, row.state) for row in deliveries()] == [("opened", "waiting"), ("escalated", "waiting")]
    incident("acknowledged", number)
    assert [(row.what, row.state) for row in deliveries()] == [("opened", "waiting"), ("escalated", "muted")]


def test_a_node_whose_message_waits_is_held_while_its_line_is_told_and_let_go_if_it_stays_down(piket: Path) -> None:
    now = time.time_ns() // 1_000_000
    add_route("piket", after_min=10)
    for node in ("kel-1", "kel-2"):
        incident(subject=node, nodes=(node,), started_ms=now - 100_000)
    line = incident(kind="parent", subject="line-1", nodes=("kel-1", "kel-2"), started_ms=now - 100_000)
    assert all(row.due_ms >= now + 3_500_000 for row in deliveries(text__startswith="[KRITIS]")[:2])
    incident("resolved", line, kind="parent", subject="line-1", nodes=("kel-1",), started_ms=now - 100_000)
    let_go, still_held = deliveries()[:2]
    until = time.time_ns() // 1_000_000
    assert now + 600_000 <= let_go.due_ms <= until + 600_000, "after ten minutes without anybody who takes it on"
    assert still_held.due_ms >= now + 3_500_000


def test_hours_and_lists_nobody_can_read_let_the_message_out(piket: Path) -> None:
    add_route("piket", hours="Someday", kinds="no json", sites="{}")
    incident()
    assert deliveries()[0].due_ms <= time.time() * 1000


def test_all_of_a_sites_people_whom_the_channel_reaches_are_told_once(center_data: Path) -> None:
    from center.sites.models import Person, Site

    Site.objects.create(code="kel-1", name="Satu", kind="kel")
    reached_by = (("0812", ""), ("", "whatsapp:+62813"), ("", "telegram:5"), ("", ""))
    for order, (phone, message_to) in enumerate(reached_by, 1):
        Person.objects.create(site_id="kel-1", name="x", phone=phone, message_to=message_to, order=order)
    add_channel("wa", "whatsapp", {"url": "http://127.0.0.1:9/"}, secret="x")
    add_route("wa", to_site=True)
    incident(party="site", cause="L1")
    people = list(Person.objects.order_by("id").values_list("pk", flat=True))
    assert [row.address for row in deliveries()] == [f"person:{one}" for one in people[:2]]


def test_a_person_who_is_gone_is_given_up_and_the_channel_is_not_blamed(center_data: Path, service: Make) -> None:
    from center.alerts.models import Channel
    from center.sites.models import Person, Site

    Site.objects.create(code="kel-1", name="Satu", kind="kel")
    person = Person.objects.create(site_id="kel-1", name="x", phone="0812")
    add_channel("wa", "whatsapp", {"url": "http://127.0.0.1:9/"}, secret="x")
    add_route("wa", to_site=True)
    incident(party="site", cause="L1")
    person.delete()
    drain(service())
    assert states() == {"opened": "failed"} and Channel.objects.get().failing_since_ms is None
