"""The page of the alerts: what it shows, who changes what, and what its forms refuse."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.alerts import incident

Client = Callable[[str], Any]


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def piket(city: Path) -> Path:
    wall_city.add_channel()
    wall_city.add_route(parties='["isp"]', least_severity="critical")
    return city


def page(client: Any, path: str = "/alerts/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_operators_see_channels_routes_as_sentences_and_deliveries_and_change_nothing(
    piket: Path, client_as: Client
) -> None:
    incident()
    text = page(client_as("operator"))
    assert "Kritis, disebabkan ISP, setiap saat → <b>piket</b>" in text
    assert "[KRITIS] Kelurahan Satu tidak terhubung" in text and "menunggu" in text
    assert "rahasianya belum ada" in text
    assert "Kirim uji coba" not in text and "Saluran baru" not in text


def test_the_page_says_since_when_the_alerts_process_is_dead(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Beat

    assert "belum pernah berjalan" in page(client_as("operator"))
    Beat.objects.create(owner="x", since_ms=0, alive_ms=now() - 3_600_000)
    assert "Pengirim alarm mati sejak" in page(client_as("operator"), "/nodes/")
    assert "Pengirim alarm mati" not in page(client_as("viewer"), "/nodes/")
    Beat.objects.update(alive_ms=now() + 60_000)  # for as long as the test may look
    assert "Pengirim alarm mati" not in page(client_as("operator"))


def test_the_metrics_say_whether_alerts_live_and_what_waits(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Beat

    incident()
    text = page(client_as("admin"), "/metrics")
    assert "sandi_alerts_alive 0.0" in text and 'sandi_alerts_deliveries{state="waiting"} 1.0' in text
    Beat.objects.create(owner="x", since_ms=0, alive_ms=now() + 60_000)
    text = page(client_as("admin"), "/metrics")
    assert "sandi_alerts_alive 1.0" in text and 'sandi_alerts_channel_failing{channel="piket"} 0.0' in text


def test_nothing_of_people_is_on_the_page(piket: Path, client_as: Client) -> None:
    from center.sites.models import Person

    Person.objects.create(site_id="kel-3673011001", name="Ibu Sri", phone="0812-777")
    wall_city.add_channel("wa", "whatsapp", settings='{"url": "https://gateway.example/"}')
    wall_city.add_route("wa", to_site=True)
    incident(party="site", cause="L1", sites=("kel-3673011001",))
    for role in ("operator", "admin"):
        text = page(client_as(role))
        assert "orang lokasi" in text and "0812-777" not in text and "Sri" not in text


def test_an_admin_makes_a_channel_of_every_kind(city: Path, client_as: Client) -> None:
    from center.alerts.channel import load_settings
    from center.alerts.channels.table import CHANNELS, settings_class
    from center.alerts.models import Channel

    client = client_as("admin")
    own = {"chat": "-1", "host": "mail.example", "sender": "a@b.example", "url": "https://x.example/", "topic": "t",
           "siren": "center-siren-2", "name": "berkas", "security": "tls", "port": "465", "fixed": "{}",
           "header": "Authorization", "to_field": "target", "text_field": "message",
           "base_url": "https://api.example"}  # fmt: skip
    form = {f"own_{key}": value for key, value in own.items()}
    form |= {"enabled": "on", "per_minute": "5", "alive_every_min": "1440", "language": "en"}
    for kind in CHANNELS:
        assert "Nama saluran" in page(client, f"/alerts/channels/new?kind={kind}")
        answer = client.post(f"/alerts/channels/new?kind={kind}", {**form, "name": f"baru-{kind}"})
        assert answer.status_code == 302, answer.content.decode()
        made = Channel.objects.get(pk=f"baru-{kind}")
        assert (made.kind, made.per_minute, made.alive_every_min, made.language) == (kind, 5, 1440, "en")
        assert load_settings(settings_class(kind), made.settings)


def test_a_channel_that_cannot_be_is_refused_in_words(piket: Path, client_as: Client) -> None:
    client = client_as("admin")
    form = {"name": "baru", "per_minute": "5", "alive_every_min": "0", "language": "id", "own_chat": "-1",
            "own_base_url": "https://x"}  # fmt: skip
    for change, word in (
        ({"name": "piket"}, "sudah ada"),
        ({"name": "dua kata"}, "slug"),
        ({"own_chat": ""}, "kosong"),
        ({"per_minute": "0"}, "lebih besar"),
        ({"language": "fr"}, "fr bukan"),
    ):
        answer = client.post("/alerts/channels/new?kind=telegram", {**form, **change})
        assert answer.status_code == 422 and word in answer.content.decode(), change


def test_an_admin_changes_tests_and_takes_away_a_channel(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Channel, Delivery, Route

    client = client_as("admin")
    assert "sandi-center alert secret piket" in page(client, "/alerts/channels/piket/")
    form = {"name": "lain", "enabled": "on", "per_minute": "7", "alive_every_min": "0", "language": "en",
            "own_chat": "-5", "own_base_url": "https://api.example"}  # fmt: skip
    assert client.post("/alerts/channels/piket/", form).status_code == 302
    assert (Channel.objects.get().name, json.loads(Channel.objects.get().settings)["chat"]) == ("piket", "-5")
    assert '<span lang="en">English</span>' in page(client)
    assert "sedang dikirim melalui piket" in client.post("/alerts/channels/piket/test", follow=True).content.decode()
    told = Delivery.objects.get()
    assert told.what == "test" and told.text.startswith("[TEST] This is a test of the channel piket")
    assert client.post("/alerts/channels/piket/delete").status_code == 302
    assert not Channel.objects.exists() and not Route.objects.exists() and Delivery.objects.exists()


def test_an_admin_makes_changes_and_takes_away_a_route(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Route

    client = client_as("admin")
    form = {
        "name": "Malam", "channel": "piket", "least_severity": "warning", "kinds": ["node", "parent"],
        "parties": ["isp"], "kecamatan": ["Serang"], "sites": "kel-3673011001, kec-367301",
        "hours": "Sen-Jum 16:00-07:30",
        "quiet_hours": "22:00-06:00", "quiet_severity": "critical", "after_min": "15", "level": "1", "enabled": "on",
    }  # fmt: skip
    assert client.post("/alerts/routes/new", form).status_code == 302
    made = Route.objects.get(name="Malam")
    assert json.loads(made.sites) == ["kel-3673011001", "kec-367301"] and json.loads(made.kinds) == ["node", "parent"]
    text = page(client, f"/alerts/routes/{made.pk}/")
    assert "kel-3673011001 kec-367301" in text and 'value="parent"' in text and "checked" in text
    assert client.post(f"/alerts/routes/{made.pk}/", {**form, "level": "2"}).status_code == 302
    made.refresh_from_db()
    assert made.level == 2
    sentence = page(client)
    assert "setelah 2 eskalasi" in sentence and "bila 15 menit tidak ada yang menerima" in sentence
    assert client.post(f"/alerts/routes/{made.pk}/delete").status_code == 302
    assert not Route.objects.filter(pk=made.pk).exists()


def test_a_route_that_cannot_be_is_refused_by_the_word_that_is_wrong(piket: Path, client_as: Client) -> None:
    client = client_as("admin")
    form = {"name": "x", "channel": "piket", "least_severity": "warning", "quiet_severity": "critical",
            "after_min": "0", "level": "0"}  # fmt: skip
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"hours": "Someday 07:30-16:00"}, "Someday"),
        ({"quiet_hours": "25:00-26:00"}, "25:00"),
        ({"sites": "kel-0"}, "Tidak ada lokasi kel-0"),
        ({"channel": "nowhere"}, "pilihan"),
        ({"kinds": ["weather"]}, "weather"),
        ({"after_min": "-1"}, "lebih besar"),
    )
    for change, word in changes:
        answer = client.post("/alerts/routes/new", {**form, **change})
        assert answer.status_code == 422 and word in answer.content.decode(), change


def test_nobody_but_admins_edits_or_tests(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Channel, Delivery, Route

    roles = ("viewer", "operator", "technician", "agency", "lurah", "leadership")
    clients = {role: client_as(role) for role in roles}
    route = Route.objects.get().pk
    for path in ("channels/new?kind=file", "channels/piket/", "channels/piket/test", "channels/piket/delete",
                 "routes/new", f"routes/{route}/", f"routes/{route}/delete"):  # fmt: skip
        for role, client in clients.items():
            assert client.post(f"/alerts/{path}", {"name": "x", "own_name": "x"}).status_code == 403, (role, path)
    assert Channel.objects.count() == Route.objects.count() == 1 and not Delivery.objects.exists()


def test_a_channel_that_fails_has_its_page_among_the_incidents(piket: Path, client_as: Client) -> None:
    from center.alerts.trouble import channel_failed
    from center.operations.models import Incident

    channel_failed("piket", now(), "cannot connect: no answer in time", permanent=True)
    client = client_as("operator")
    assert "Saluran alarm piket tidak berfungsi" in page(client, "/incidents/")
    text = page(client, f"/incidents/{Incident.objects.get().pk}/")
    assert "saluran alarm" in text and "Halaman alarm menyebut apa yang gagal" in text


def test_a_secret_goes_to_the_receiver_it_was_put_there_for_and_to_no_other(piket: Path, client_as: Client) -> None:
    from center.alerts.models import Channel
    from center.alerts.secret_files import read_secret, write_secret

    client, bot = client_as("admin"), "https://api.telegram.org"
    Channel.objects.create(name="bot", kind="telegram", settings='{"chat": "-1"}', secret="bot")
    form = {"enabled": "on", "per_minute": 5, "alive_every_min": 0, "language": "id", "own_chat": "-2",
            "own_base_url": bot}  # fmt: skip
    write_secret(piket, "bot", b"123:rahasia")
    assert client.post("/alerts/channels/bot/", form).status_code == 302
    assert read_secret(piket, "bot") == "123:rahasia"  # another chat, the same server
    assert client.post("/alerts/channels/bot/", form | {"own_base_url": "https://evil.example"}).status_code == 302
    assert read_secret(piket, "bot") is None
    assert "pasang lagi rahasianya" in page(client)
    write_secret(piket, "bot", b"123:rahasia")
    assert client.post("/alerts/channels/bot/delete").status_code == 302
    assert read_secret(piket, "bot") is None
