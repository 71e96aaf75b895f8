"""What whoever is called at night reads first: how bad, which place, whether somebody is on it, and where to look."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db.models import F

from center.core.alert_times import moment
from tests.support.alerts import Receiver, drain, incident, states

Make = Callable[[], Any]
HOUR_MS = 3_600_000


def test_what_waited_before_it_went_out_says_whether_somebody_is_on_it_by_now(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery

    incident(subject="kel-0")
    numbers = [incident(subject=f"kel-{number}") for number in (1, 2)]
    Delivery.objects.filter(incident__in=numbers).update(made_ms=1)  # held for the night
    incident("acknowledged", numbers[1], subject="kel-2")
    process = service()
    process._centre = replace(process._centre, public_url="https://sandi.example")
    drain(process)
    at_once, nobody, somebody = (body["text"].splitlines() for body in receiver.bodies)
    assert not any("yang menangani" in line for line in at_once)
    assert nobody[-2:] == ["Belum ada yang menangani.", f"https://sandi.example/incidents/{numbers[0]}/"]
    assert somebody[-2:] == ["Sudah ada yang menangani.", f"https://sandi.example/incidents/{numbers[1]}/"]


def test_many_ends_at_once_wake_nobody_and_lead_to_the_list_of_incidents(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Channel, Delivery

    process = service()
    process._centre = replace(process._centre, public_url="https://sandi.example/")
    numbers = [incident(subject=f"kel-{number}") for number in range(4)]
    drain(process)
    Channel.objects.update(per_minute=5)
    for number in numbers:
        incident("resolved", number, why="recovered", text_id="X pulih")
    drain(process)
    told = receiver.bodies[-1]
    assert (told["what"], told["severity"]) == ("digest", "info")
    assert told["text"].startswith("[SELESAI] 4 kabar sekaligus: 0 gangguan, 4 selesai.\n- [PULIH] X pulih")
    assert told["text"].endswith("\nhttps://sandi.example/incidents/")
    assert Delivery.objects.filter(what="resolved", state="joined").count() == 4


def test_what_was_tried_in_vain_for_long_says_that_it_is_late(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.models import Delivery

    process = service()
    receiver.status = 429
    incident()
    drain(process, until=lambda: states() == {"opened": "failed"})
    receiver.status = 200
    Delivery.objects.update(due_ms=F("made_ms"), tried_ms=F("tried_ms") - HOUR_MS, made_ms=F("made_ms") - HOUR_MS)
    process._pauses.clear()
    drain(process)
    late = receiver.bodies[-1]["text"].splitlines()
    assert late[-2:] == ["Belum ada yang menangani.", f"(Terlambat dikirim; dibuat {made()}.)"]


def test_a_digest_is_as_late_as_the_first_thing_in_it(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.models import Channel, Delivery

    for number in range(3):
        incident(subject=f"kel-{number}")
    first = Delivery.objects.earliest("id")
    Delivery.objects.filter(pk=first.pk).update(made_ms=F("made_ms") - HOUR_MS, due_ms=F("due_ms") - HOUR_MS)
    Channel.objects.update(per_minute=1)
    drain(service())
    (told,) = receiver.bodies
    assert told["what"] == "digest" and told["text"].endswith(f"\n(Terlambat dikirim; dibuat {made()}.)")


def made() -> str:
    """When the oldest message of all was written."""
    from center.alerts.models import Delivery

    return moment(Delivery.objects.earliest("made_ms").made_ms, "id")


def test_a_place_that_shares_its_name_is_told_with_its_kecamatan(hooked: Path) -> None:
    from center.operations.incidents import _name, names_of_nodes
    from center.sites.models import Node, Site

    for code, name, kecamatan in (("a", "Sukawana", "Serang"), ("b", "Sukawana", "Curug"), ("c", "Cipare", "Serang")):
        site = Site.objects.create(code=code, name=name, kind="kel", kecamatan=kecamatan)
        Node.objects.create(
            id=f"n-{code}", site=site, enrolled_at="2026-01-01T00:00:00Z", certificate_serial=code,
            certificate_expires_at="2027-01-01T00:00:00Z", sign_key="",
        )  # fmt: skip
    assert [_name("node", f"n-{code}") for code in "abc"] == ["Sukawana (Serang)", "Sukawana (Curug)", "Cipare"]
    assert _name("node", "gone") == "gone" and names_of_nodes(()) == {}
