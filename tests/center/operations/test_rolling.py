"""Operations are carried on: waves, patience, stops and ends, as they stand in the tables."""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.afar_world import KilledError, dies_at
from tests.support.arrivals import RECEIVED
from tests.support.commanding import desk
from tests.support.orders import MINUTES, order, set_target, sign, states, target_of

NODES = tuple(f"kel-36730110{number:02}" for number in range(1, 6))


def carry_on(now_ms: int = RECEIVED) -> int:
    from center.operations import rolling

    return rolling.carry_on(now_ms)


def operation(pk: str) -> tuple[str, str, int]:
    from center.operations.command_models import Operation

    return Operation.objects.values_list("state", "why", "wave").get(pk=pk)


def test_with_nothing_open_nothing_is_written(center_data: Path) -> None:
    from center.ingest.models import Change

    order(state="done")
    set_target(target_of(order()), state="done", ended_ms=RECEIVED)
    assert carry_on() == 2
    known = Change.objects.count()
    assert carry_on(RECEIVED + 1) == 0
    assert Change.objects.count() == known


def test_a_row_nobody_can_read_holds_up_no_other(center_data: Path) -> None:
    order(NODES[:1], canary=-1, id="0-first")
    made = order(NODES[1:2])
    carry_on()
    assert (states("0-first"), states(made)) == (["queued"], ["due"])


def test_waves_go_one_after_the_other_to_the_end(center_data: Path) -> None:
    from center.operations.command_models import OperationTarget

    made = order(NODES, canary=1, batch_size=3, pause_s=10)
    begun = []
    for step in range(9):
        now_ms = RECEIVED + step * 5_000
        carry_on(now_ms)
        begun.append(states(made).count("due"))
        OperationTarget.objects.filter(state="due").update(state="done", ended_ms=now_ms, by_node=True)
    assert begun == [1, 0, 3, 0, 1, 0, 0, 0, 0]
    assert operation(made) == ("done", "", 3)
    assert states(made) == ["done"] * 5


def test_a_stop_skips_withdraws_and_says_why(center_data: Path) -> None:
    from center.operations.command_models import Operation
    from center.operations.models import Downlink

    made = order(NODES, canary=2)
    carry_on()
    failing, waiting = target_of(made, NODES[0]), target_of(made, NODES[1])
    sign(waiting)
    set_target(failing, state="rejected", code="not_allowed", by_node=True, ended_ms=RECEIVED)
    assert carry_on() == 1
    assert states(made) == ["rejected", *["skipped"] * 4]
    row = Operation.objects.get()
    assert (row.state, row.why, row.ended_ms) == ("aborted", "canary", RECEIVED)
    assert json.loads(row.why_facts)["node"] == NODES[0]
    assert Downlink.objects.values_list("outcome", flat=True).get() == "withdrawn"
    assert carry_on(RECEIVED + 10**9) == 0


@pytest.mark.parametrize("state", ["cancelled", "lapsed"])
def test_what_people_ended_is_skipped_where_it_had_not_begun_and_waited_for_where_it_had(
    center_data: Path, state: str
) -> None:
    made = order(NODES[:3])
    carry_on()
    set_target(target_of(made, NODES[0]), state="running", accepted_ms=RECEIVED)
    from center.operations.command_models import Operation

    Operation.objects.update(state=state)
    carry_on()
    assert states(made) == ["running", "skipped", "skipped"]
    carry_on(RECEIVED + 2 * MINUTES)
    assert states(made) == ["failed", "skipped", "skipped"]
    assert operation(made)[0] == state


def test_an_operation_nobody_approves_lapses_and_one_that_is_paused_waits(center_data: Path) -> None:
    waiting = order(NODES[:2], "reboot", "waiting", lapses_ms=RECEIVED + 30 * MINUTES)
    paused = order(NODES[2:], state="paused")
    carry_on(RECEIVED + 30 * MINUTES)
    assert (operation(waiting)[0], states(waiting)) == ("waiting", ["queued"] * 2)
    carry_on(RECEIVED + 31 * MINUTES)
    assert (operation(waiting)[0], states(waiting)) == ("lapsed", ["skipped"] * 2)
    assert (operation(paused)[0], states(paused)) == ("paused", ["queued"] * 3)


def test_a_word_in_time_that_came_late_into_the_tables_brings_the_operation_back(center_data: Path) -> None:
    from center.commander.frames import Approve, Roll
    from center.operations.command_models import Operation

    with desk(center_data, *NODES[:3]) as office:
        office.person("sari")
        office.person("budi")
        made = office.order("reboot", otp=office.code("sari"), roll=Roll(1, 1)).operation
        code = office.code("budi")
        with dies_at(0), suppress(KilledError):  # it stands in the book, and not in the tables yet
            office.office.answer(Approve(made, "budi", code))
        carry_on(office.now_ms + 31 * MINUTES)
        assert (operation(made)[0], states(made)) == ("lapsed", ["skipped"] * 3)
        office.restarted()
        office.office.round()
        assert (operation(made)[0], states(made)) == ("running", ["due", "queued", "queued"])
    assert Operation.objects.get().ended_ms is None


def test_patience_with_a_node_ends_and_its_message_is_withdrawn(center_data: Path) -> None:
    from center.operations.command_models import OperationTarget
    from center.operations.models import Downlink

    made = order()
    carry_on()
    sign(target_of(made))
    assert carry_on(RECEIVED + 2 * MINUTES - 1) == 0
    assert carry_on(RECEIVED + 2 * MINUTES) == 1
    row = OperationTarget.objects.get()
    assert (row.state, row.code, row.by_node) == ("expired", "unreachable", False)
    assert Downlink.objects.get().receipt_at_ms == RECEIVED + 2 * MINUTES
    assert operation(made)[0] == "done"


def test_after_a_restore_nothing_is_commanded_anew(center_data: Path) -> None:
    from center.database import restored

    made = [order(NODES[:2], state=state) for state in ("waiting", "running", "paused")]
    done = order(NODES[:1], state="done")
    set_target(target_of(done, NODES[0]), state="done")
    carry_on()
    set_target(target_of(made[1], NODES[0]), state="accepted", accepted_ms=time.time_ns() // 1_000_000)
    restored()
    assert [operation(one)[:2] for one in made] == [("cancelled", "restored")] * 3
    assert [states(one) for one in (*made, done)] == [
        ["skipped"] * 2, ["accepted", "skipped"], ["skipped"] * 2, ["done"],
    ]  # fmt: skip
    assert carry_on(RECEIVED) == 0
