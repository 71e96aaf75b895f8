"""From the change of an incident to a real receiver: once, in order, and never lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.alerts import Receiver, add_channel, add_route, drain, incident, states

Make = Callable[[], Any]


def test_an_incident_is_told_and_its_recovery_too(hooked: Path, receiver: Receiver, service: Make) -> None:
    process = service()
    number = incident()
    drain(process)
    incident("resolved", number)
    drain(process)
    assert [(body["what"], body["incident"], body["repeat"]) for body in receiver.bodies] == [
        ("opened", number, False),
        ("resolved", number, False),
    ]
    assert receiver.bodies[0]["text"].startswith("[KRITIS] Kelurahan Satu tidak terhubung\n")
    assert states() == {"opened": "sent", "resolved": "sent"}


def test_what_is_rolled_back_is_told_to_nobody(hooked: Path, receiver: Receiver, service: Make) -> None:
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        incident()
        raise ZeroDivisionError
    drain(service())
    assert receiver.seen == []


def test_two_processes_at_once_never_send_twice(hooked: Path, receiver: Receiver, service: Make) -> None:
    for number in range(5):
        incident(subject=f"kel-{number}")
    drain(service(), service(), service())
    keys = [body["key"] for body in receiver.bodies]
    assert len(keys) == len(set(keys)) == 5


def test_a_message_under_way_is_not_taken_by_another_process(hooked: Path, receiver: Receiver, service: Make) -> None:
    one, other = service(), service()
    incident()
    receiver.hold.clear()
    drain(one, until=lambda: receiver.seen)
    drain(other, until=lambda: True)
    assert other.idle() and states() == {"opened": "sending"}
    receiver.hold.set()
    drain(one, other)
    assert len(receiver.seen) == 1 and states() == {"opened": "sent"}


def test_a_recovery_waits_for_the_message_it_belongs_to(hooked: Path, receiver: Receiver, service: Make) -> None:
    one, other = service(), service()
    number = incident()
    receiver.hold.clear()
    drain(one, until=lambda: receiver.seen)
    incident("resolved", number)
    drain(other, until=lambda: True)
    assert len(receiver.seen) == 1, "the other process must not overtake"
    receiver.hold.set()
    drain(one, other)
    assert [body["what"] for body in receiver.bodies] == ["opened", "resolved"]


def test_a_refused_message_is_kept_and_told_later_not_as_a_repeat(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Channel, Delivery

    process = service()
    receiver.status = 429
    incident()
    drain(process, until=lambda: states() == {"opened": "failed"})
    row = Delivery.objects.get()
    assert (row.attempts, row.uncertain, row.error) == (1, False, "HTTP 429: too many messages")
    assert Channel.objects.get().failing_since_ms is not None
    receiver.status = 200
    Delivery.objects.update(due_ms=0)
    process._pauses.clear()
    drain(process)
    assert [body["repeat"] for body in receiver.bodies] == [False, False]
    assert Channel.objects.get().failing_since_ms is None


def test_a_server_that_fails_may_have_taken_it_so_the_next_try_is_marked(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery

    process = service()
    receiver.status = 500
    incident()
    drain(process, until=lambda: states() == {"opened": "failed"})
    receiver.status = 200
    Delivery.objects.update(due_ms=0)
    process._pauses.clear()
    drain(process)
    first, second = receiver.bodies
    assert (first["repeat"], second["repeat"]) == (False, True)
    assert first["key"] == second["key"] == receiver.seen[1][1]["idempotency-key"]
    assert "(Ulangan: mungkin sudah Anda terima sebelumnya.)" in second["text"]


def test_too_many_at_once_end_in_a_digest_and_none_is_lost(
    center_data: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery

    add_channel("piket", "webhook", {"url": receiver.url}, per_minute=3)
    add_route("piket")
    numbers = [incident(subject=f"kel-{number}", text_id=f"Nomor {number}") for number in range(15)]
    drain(service())
    assert [body["what"] for body in receiver.bodies] == ["opened", "opened", "digest"]
    assert receiver.bodies[2]["text"].startswith("[KRITIS] 13 kabar sekaligus: 13 gangguan")
    joined = Delivery.objects.filter(state="joined")
    assert joined.count() == 13 and set(joined.values_list("into", flat=True)) == {Delivery.objects.latest("id").pk}
    incident("resolved", numbers[9])
    assert Delivery.objects.filter(incident=numbers[9], what="resolved", state="waiting").exists(), "told in a digest"


def test_a_slow_channel_holds_up_no_other(hooked: Path, receiver: Receiver, service: Make) -> None:
    from tests.support.alerts import listening

    process = service()
    receiver.hold.clear()
    with listening() as quick:
        add_channel("lain", "webhook", {"url": quick.url})
        add_route("lain")
        incident()
        drain(process, until=lambda: quick.seen and receiver.seen and not process._under_way.get("lain"))
        assert list(process._under_way) == ["piket"]
        receiver.hold.set()
        drain(process)


def test_what_cannot_be_delivered_for_a_day_stands_in_the_timeline(hooked: Path, service: Make) -> None:
    from center.alerts.models import Channel, Delivery
    from center.operations.models import IncidentEntry

    process = service()
    number = incident()
    Channel.objects.update(settings='{"url": "http://127.0.0.1:9/nobody"}')
    Delivery.objects.update(tried_ms=1, attempts=40)
    drain(process)
    assert states() == {"opened": "given_up"}
    entry = IncidentEntry.objects.get(incident=number)
    assert entry.kind == "undelivered" and "piket" in entry.text


def test_an_address_in_the_outbox_is_looked_up_when_it_is_used(
    center_data: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery
    from center.sites.models import Person, Site

    Site.objects.create(code="kel-1", name="Kelurahan Satu", kind="kel")
    person = Person.objects.create(site_id="kel-1", name="Ibu Sri", phone="0812-1111-222")
    add_channel("wa", "whatsapp", {"url": receiver.url}, secret="rahasia")
    add_route("wa", to_site=True)
    incident(cause="L1", party="site")
    assert Delivery.objects.get().address == f"person:{person.pk}", "no number and no name in the outbox"
    Person.objects.update(phone="+62 813 3333 444")
    drain(service())
    assert receiver.bodies[0]["target"] == "628133333444"
    assert receiver.bodies[0]["message"].startswith("Jaringan di Kelurahan Satu terganggu sejak")


def test_what_waits_from_before_a_restore_is_marked_as_a_repeat(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery
    from center.ingest.generation import renew_generation

    incident()
    Delivery.objects.update(made_ms=1)
    renew_generation()
    incident(subject="kel-2")
    drain(service())
    assert [body["repeat"] for body in receiver.bodies] == [True, False]


def test_a_message_to_people_of_the_city_names_the_page_of_its_incident(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from dataclasses import replace

    process = service()
    process._centre = replace(process._centre, public_url="https://sandi.example/")
    number = incident()
    drain(process)
    assert receiver.bodies[0]["text"].endswith(f"\nhttps://sandi.example/incidents/{number}/")


def test_an_outcome_the_database_does_not_take_is_written_down_later(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from django.db import OperationalError

    process = service()
    incident()
    sent, failures = process._outbox.sent, [OperationalError("disk full"), OperationalError("disk full")]

    def broken(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        sent(*arguments)

    process._outbox.sent = broken
    for _ in range(2):
        with pytest.raises(OperationalError):
            drain(process)
    drain(process)
    assert not failures and len(receiver.seen) == 1 and states() == {"opened": "sent"}


def test_a_claim_the_database_forgot_to_begin_is_given_back(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.outbox import now_ms

    process = service()
    incident()
    assert process._outbox.take("piket", 10, now_ms()) is not None
    assert states() == {"opened": "claimed"}
    process._looked_ms = 0
    drain(process)
    assert [body["repeat"] for body in receiver.bodies] == [False]
