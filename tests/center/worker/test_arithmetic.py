"""The worker's share of the arithmetic: what is due, everybody once a minute, and faults that stay with one node."""

import time
from pathlib import Path

import pytest

from tests.support import two_days
from tests.support.arithmetic import conclusions, work_out_all
from tests.support.arrivals import project_all, store_records, store_state
from tests.support.fleet import NODE, record, report_body

OTHER = "kel-3673011002"


def quiet(arithmetic: object, most: int = 4000) -> None:
    """Steps until there is nothing more to do."""
    for _ in range(most):
        if not arithmetic.step():  # type: ignore[attr-defined]
            return
    raise AssertionError("the arithmetic does not come to an end")


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for what belongs together."""
    monkeypatch.setattr("center.worker.arithmetic.SETTLE_MS", -1)


def test_what_is_due_is_worked_out_in_steps_and_is_due_no_more(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.availability.models import Due, Outage
    from center.worker.arithmetic import Arithmetic

    settled(monkeypatch)
    two_days.register()
    two_days.store_sessions(center_data)
    for batch in two_days.deliveries():
        two_days.deliver(center_data, batch, two_days.DELIVERED_MS)
    project_all(center_data)
    assert Due.objects.count() == 3
    quiet(Arithmetic())
    assert not Due.objects.exists()
    assert Outage.objects.filter(cause="N0", parent="feeder-1").count() == 3
    before = conclusions()
    work_out_all(int(time.time() * 1000))
    assert [row[:6] for row in conclusions()[0]] == [row[:6] for row in before[0]]


def test_time_passes_for_a_node_of_which_nothing_new_arrives(center_data: Path) -> None:
    from center.availability.models import Day
    from center.ingest.models import Cursor
    from center.worker.arithmetic import CURSOR, Arithmetic

    now_ms = int(time.time() * 1000)
    store_state(center_data, now_ms - 40_000, session=1)
    quiet(Arithmetic())
    counted = sum(day.up_s + day.down_s + day.unknown_s for day in Day.objects.all())
    assert 39 <= counted <= 100
    assert abs(Cursor.objects.get(name=CURSOR).position - now_ms) < 60_000


def test_after_days_without_a_worker_every_day_between_is_worked_out(center_data: Path) -> None:
    from center.availability.models import Day
    from center.core import days
    from center.ingest.models import Cursor
    from center.worker.arithmetic import CURSOR, Arithmetic

    now_ms = int(time.time() * 1000)
    store_state(center_data, now_ms - 5 * days.DAY_MS, session=1)
    Cursor.objects.create(name=CURSOR, position=now_ms - 2 * days.DAY_MS)
    quiet(Arithmetic())
    newest = days.day_of(now_ms - 60_000)  # of a day that has only just begun there is nothing to say
    wanted = list(days.days(days.day_of(now_ms - 2 * days.DAY_MS), newest))
    assert set(wanted) <= set(Day.objects.values_list("day", flat=True))


def test_what_became_due_while_it_was_worked_out_is_worked_out_once_more(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.availability import due
    from center.availability.models import Due
    from center.availability.passes import Pass

    store_state(center_data, two_days.FIRST_MS, session=1)
    row = Due.objects.get()
    running = Pass([NODE], row.from_ms, two_days.END_MS, {NODE: row.version}).run()
    next(running)
    due.mark({NODE: two_days.FIRST_MS + 5}, two_days.FIRST_MS)
    for _step in running:
        pass
    left = Due.objects.get()
    assert (left.version, left.since_ms) == (row.version + 1, two_days.END_MS)


def test_a_fault_in_one_nodes_facts_keeps_nobody_else_from_theirs(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.availability.models import Day, Due
    from center.connectivity.models import NodeState
    from center.worker.arithmetic import RETRY_MS, Arithmetic

    settled(monkeypatch)
    now_ms = int(time.time() * 1000)
    for node in (NODE, OTHER):
        store_state(center_data, now_ms - 40_000, node=node, session=1)
        store_records(center_data, [record(1, "report", report_body())], "health", now_ms, node=node)
    project_all(center_data)
    NodeState.objects.filter(node=NODE).update(report_period_s=float("inf"))  # as no node can send it
    quiet(Arithmetic())
    assert {day.node for day in Day.objects.all()} == {OTHER}
    left = Due.objects.get()
    assert left.node == NODE and left.since_ms >= now_ms + RETRY_MS
