"""The outbox in odd cases: a clock put back, a digest that is late, channels that are gone or cannot be loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from tests.support.alerts import Receiver, add_channel, add_route, drain, incident

Make = Callable[[], Any]
TEN_MINUTES_MS = 600_000


def test_a_clock_that_was_put_back_holds_nothing_up(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.models import Channel, Delivery

    Channel.objects.update(per_minute=2)
    process = service()
    incident()
    drain(process)
    later_ms = 86_400_000
    Delivery.objects.update(sent_ms=F("sent_ms") + later_ms)
    incident(subject="kel-2")
    incident(subject="kel-3")
    Delivery.objects.filter(state="waiting").update(made_ms=F("made_ms") + later_ms, due_ms=F("due_ms") + later_ms)
    process._looked_ms = 0
    drain(process, until=lambda: len(receiver.seen) >= 2)
    drain(process)
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"sent", "joined"}


def test_nobody_hears_of_an_end_and_then_in_a_late_digest_that_it_began(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Channel, Delivery

    Channel.objects.update(per_minute=1)
    process = service()
    receiver.status = 503
    first = incident(severity="warning")
    incident(severity="critical", subject="kel-2")
    drain(process, until=lambda: Delivery.objects.filter(what="digest", state="failed").exists())
    Channel.objects.update(per_minute=20)
    Delivery.objects.filter(what="digest").update(due_ms=F("due_ms") + TEN_MINUTES_MS)  # it would be in ten seconds
    incident("resolved", first, severity="critical", why="recovered")
    receiver.status = 200
    receiver.seen.clear()
    process._pauses.clear()
    for _ in range(5):
        process.round()
    assert not receiver.seen, "the recovery waits for what was tried before it"
    Delivery.objects.filter(what="digest").update(due_ms=0)
    drain(process, until=lambda: len(receiver.seen) == 2)
    assert [body["what"] for body in receiver.bodies] == ["digest", "resolved"]


def test_a_channel_that_is_taken_away_while_it_fails_leaves_no_incident_behind(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Channel
    from center.alerts.trouble import channel_failed
    from center.operations.models import Incident, IncidentEntry

    channel_failed("piket", 1_000, "no", permanent=True)
    process = service()
    process.round()
    assert Incident.objects.get().resolved_ms is None
    Channel.objects.update(enabled=False)
    process._looked_ms = 0
    process.round()
    assert Incident.objects.get().resolved_ms is not None
    assert IncidentEntry.objects.last().text == "gone"  # type: ignore[union-attr]


def test_a_channel_that_cannot_even_be_loaded_stops_no_other(
    hooked: Path, receiver: Receiver, service: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.alerts.channels.table import CHANNELS
    from center.alerts.models import Delivery
    from center.operations.models import Incident

    monkeypatch.setitem(CHANNELS, "broken", "center.alerts.channels.not_installed")
    add_channel("alat", "broken", {})
    add_route("alat")
    incident()
    process = service()
    drain(process, until=lambda: len(receiver.seen) == 2)
    assert Delivery.objects.get(channel="alat").state == "failed"
    assert Incident.objects.get(kind="channel").subject == "alat", "and somebody is told of it through the other"
