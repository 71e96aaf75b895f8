"""Incidents in odd cases: closed by people, a clock of the centre put back, listed only and escalated all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.incident_town import HOUR_MS, Town

REST = [f"kel-b{number:02}" for number in range(12)]


@pytest.fixture
def town(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Twelve nodes on one line. What the alerts are told is kept in `told`."""
    from center.operations import incidents

    town = Town()
    town.nodes(REST, ["line:isp-b"])
    monkeypatch.setattr(incidents, "incident_changed", town.told.append)
    town.look()
    return town


def test_missing_records_that_people_closed_stay_closed_until_others_are_missing(town: Town) -> None:
    from center.connectivity.models import Integrity
    from center.operations.desk import close
    from center.operations.models import Incident

    Integrity.objects.create(node=REST[1], epoch="e", stream="event", kind="fault", count=2, ranges="[[1, 2]]",
                             since_ms=town.now_ms, changed_ms=town.now_ms)  # fmt: skip
    town.run(60)
    close(Incident.objects.get().pk, "kartu rusak", "operator", town.now_ms)
    town.run(60)
    assert town.open() == {}
    Integrity.objects.update(count=3, changed_ms=town.now_ms)
    town.run(60)
    assert set(town.open()) == {("integrity", REST[1])}


def test_a_clock_of_the_centre_that_is_put_back_neither_hides_a_cut_nor_keeps_an_incident_open(town: Town) -> None:
    from center.ingest.models import Listener, Presence

    town.cut(REST[:1])
    town.run(180)
    assert set(town.open()) == {("node", REST[0])}
    town.cut(REST[1:2], reason="")
    town.run(10)
    town.now_ms -= HOUR_MS
    Listener.objects.update(since_ms=town.now_ms, alive_ms=town.now_ms)
    Presence.objects.exclude(node__in=town.silent).update(live_ms=town.now_ms)
    town.back(REST[:1])
    town.run(90)
    assert town.open() == {}, "heard for a minute and a half"
    town.run(180)
    assert set(town.open()) == {("node", REST[1])}, "silent for longer than anybody may be"


def test_an_impaired_node_that_an_operator_escalates_calls_somebody_who_hears_of_its_end(town: Town) -> None:
    from center.connectivity.models import NodeState
    from center.operations.desk import escalate
    from center.operations.models import Incident

    NodeState.objects.filter(node=REST[0]).update(verdict="D1")
    town.run(600, 60)
    escalate(Incident.objects.get().pk, "warga mengeluh", "operator", town.now_ms)
    NodeState.objects.filter(node=REST[0]).update(verdict="OK")
    town.run(180, 30)
    assert [(what, kind) for what, kind, _text in town.said()] == [("escalated", "degraded"), ("resolved", "degraded")]
    assert town.told[0].severity == "warning"


def test_an_ingest_that_listens_since_a_moment_yet_to_come_listens_since_now(center_data: Path) -> None:
    """Or whoever is silent would be unknown until the centre's clock is there again."""
    import time

    from center.ingest.listener import beat, listening_since_ms
    from center.ingest.models import Listener

    beat(1, connected=True)
    now_ms = int(time.time() * 1000)
    Listener.objects.update(since_ms=now_ms + HOUR_MS, alive_ms=now_ms + HOUR_MS)
    beat(1, connected=True)
    since_ms = listening_since_ms(now_ms)
    assert since_ms is not None and since_ms <= int(time.time() * 1000)
