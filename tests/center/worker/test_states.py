"""Node states in the database: written on change, announced on change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.arrivals import RECEIVED, project_all, register_node, store_records, store_state
from tests.support.fleet import NODE, record, report_body

OTHER = "kel-3673011002"
Judge = Callable[..., dict[str, tuple[str, str]]]


@pytest.fixture
def judge_at(center_data: Path) -> Judge:
    """Recompute at a moment while one ingest worker listens; {node: (state, cause)}."""

    def judge(now_ms: int, listening: bool = True) -> dict[str, tuple[str, str]]:
        from center.connectivity.models import NodeState
        from center.ingest.models import Listener
        from center.worker.states import recompute

        values = {"pid": 1, "connected": listening, "since_ms": RECEIVED - 10**6, "alive_ms": now_ms}
        Listener.objects.update_or_create(worker=1, defaults=values)
        recompute(now_ms)
        return {row.node: (row.state, row.cause) for row in NodeState.objects.all()}

    return judge


def live_node(data: Path) -> None:
    store_state(data, received_ms=RECEIVED)
    store_records(data, [record(1, "report", report_body())], "health", RECEIVED)
    project_all(data)


def test_an_enrolled_node_that_was_never_heard_is_unknown(center_data: Path, judge_at: Judge) -> None:
    register_node()
    assert judge_at(RECEIVED) == {NODE: ("UNKNOWN", "never_seen")}


def test_a_node_goes_up_with_its_first_report_and_down_when_it_falls_silent(center_data: Path, judge_at: Judge) -> None:
    from center.connectivity.models import NodeState

    live_node(center_data)
    assert judge_at(RECEIVED + 1_000) == {NODE: ("UP", "")}
    assert judge_at(RECEIVED + 90_000) == {NODE: ("DOWN", "silent")}
    row = NodeState.objects.get()
    assert (row.since_ms, row.last_seen_ms, row.nonce, row.online_hint) == (RECEIVED, RECEIVED, "nonce-1", True)


def test_nobody_is_called_dead_by_a_centre_that_does_not_listen(center_data: Path, judge_at: Judge) -> None:
    live_node(center_data)
    assert judge_at(RECEIVED + 90_000, listening=False) == {NODE: ("UNKNOWN", "blind")}


def test_a_stop_in_order_is_planned_and_a_will_is_not(center_data: Path, judge_at: Judge) -> None:
    live_node(center_data)
    store_state(center_data, RECEIVED + 2_000, status="offline", reason="stop")
    store_state(center_data, RECEIVED, node=OTHER)
    store_state(center_data, RECEIVED + 2_000, node=OTHER, status="offline", reason="will")
    judged = judge_at(RECEIVED + 15_000)
    assert judged == {NODE: ("DOWN", "planned"), OTHER: ("DOWN", "lost")}


def test_a_change_of_state_is_announced_once_and_nothing_is_written_when_nothing_changed(
    center_data: Path, judge_at
) -> None:
    from center.ingest.models import Change

    live_node(center_data)
    judge_at(RECEIVED + 1_000)
    before = Change.objects.count()
    judge_at(RECEIVED + 2_000)
    judge_at(RECEIVED + 3_000)
    assert Change.objects.count() == before
    judge_at(RECEIVED + 90_000)
    assert Change.objects.filter(id__gt=before).values_list("kind", "node").get() == ("node", NODE)


def test_a_retired_node_stays_retired_whatever_it_says(center_data: Path, judge_at: Judge) -> None:
    from center.sites.models import Node

    register_node()
    live_node(center_data)
    Node.objects.update(retired=True)
    assert judge_at(RECEIVED + 1_000) == {NODE: ("RETIRED", "")}


def test_after_a_new_epoch_the_state_is_about_the_new_one(center_data: Path, judge_at: Judge) -> None:
    from center.connectivity.models import NodeState

    live_node(center_data)
    store_state(center_data, RECEIVED + 5_000, epoch="epoch-2", boot="boot-2")
    store_state(center_data, RECEIVED + 6_000, status="offline", reason="will")  # the old session's, late
    judge_at(RECEIVED + 20_000)
    assert NodeState.objects.values_list("epoch", "boot", "state").get() == ("epoch-2", "boot-2", "UP")


def test_a_box_whose_disk_takes_no_report_is_alive_and_its_birth_says_why(center_data: Path, judge_at: Judge) -> None:
    from center.connectivity.models import NodeState

    live_node(center_data)
    told = {"warnings": ("outbox_readonly", "uplink_down")}
    for second in range(30, 300, 30):
        store_state(center_data, RECEIVED + second * 1000, **told)
    assert judge_at(RECEIVED + 300_000) == {NODE: ("DEGRADED", "warnings")}
    assert NodeState.objects.get().standing_warnings == ["outbox_readonly", "uplink_down"]
    store_state(center_data, RECEIVED + 310_000)
    store_records(
        center_data, [record(2, "report", report_body(warnings=["overheated"]))], "health", RECEIVED + 311_000
    )
    project_all(center_data)
    assert judge_at(RECEIVED + 312_000) == {NODE: ("DEGRADED", "warnings")}
    assert NodeState.objects.get().standing_warnings == ["overheated"]
