"""What nodes say of their commands, through the raw table into the rows of the operation."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.arrivals import RECEIVED, project_all, store_records
from tests.support.fleet import NODE, record
from tests.support.orders import order, set_target, states, target_of

OTHER = "kel-3673011002"


def sent() -> str:
    """A target its message was sent to."""
    target = target_of(order())
    set_target(target, state="sent", due_ms=RECEIVED - 1000, sent_ms=RECEIVED - 900)
    return target


def say(data: Path, target: str, state: str, seq: int, received_ms: int = RECEIVED, **fields: Any) -> None:
    """A notice of the node, stored and projected."""
    named = {name: fields.pop(name) for name in ("node", "epoch") if name in fields}
    body = {"id": target, "name": "ping", "state": state, **fields}
    store_records(data, [record(seq, "command", body)], received_ms=received_ms, **named)
    project_all(data)


def row() -> Any:
    from center.operations.command_models import OperationTarget

    return OperationTarget.objects.get()


def test_a_command_goes_from_accepted_over_running_to_its_end(center_data: Path) -> None:
    from center.ingest.models import Change

    target = sent()
    say(center_data, target, "accepted", 1)
    assert (row().state, row().accepted_ms) == ("accepted", RECEIVED)
    say(center_data, target, "running", 2, RECEIVED + 5, progress_pct=40, detail="2 of 5")
    assert (row().state, row().progress_pct, row().detail, row().accepted_ms) == ("running", 40, "2 of 5", RECEIVED)
    say(center_data, target, "done", 3, RECEIVED + 9, result={"loss_pct": 0, "host": "10.0.0.1"})
    assert (row().state, row().progress_pct, row().ended_ms, row().by_node) == ("done", 100, RECEIVED + 9, True)
    assert json.loads(row().result) == {"loss_pct": 0, "host": "10.0.0.1"}
    told = Change.objects.filter(kind="operation").values_list("node", flat=True)
    assert list(told) == [row().operation_id] * 3


def test_the_end_may_come_first_and_nothing_takes_it_back(center_data: Path) -> None:
    target = sent()
    say(center_data, target, "failed", 3, code="timeout", detail="no answer")
    for seq, state in ((1, "accepted"), (2, "running"), (4, "done")):
        say(center_data, target, state, seq, RECEIVED + seq)
    assert (row().state, row().code, row().ended_ms) == ("failed", "timeout", RECEIVED)


@pytest.mark.parametrize(
    ("state", "code"), [("expired", "unreachable"), ("skipped", "cancelled"), ("failed", "unheard")]
)
@pytest.mark.parametrize("end", ["done", "failed", "rejected", "expired"])
def test_the_centres_own_end_yields_to_the_nodes(center_data: Path, state: str, code: str, end: str) -> None:
    target = sent()
    set_target(target, state=state, code=code, ended_ms=RECEIVED)
    say(center_data, target, end, 1, RECEIVED + 60_000, code="x")
    assert (row().state, row().code, row().by_node, row().ended_ms) == (end, "x", True, RECEIVED + 60_000)


def test_a_box_thought_unreachable_that_accepts_late_is_waited_for_again(center_data: Path) -> None:
    target = sent()
    set_target(target, state="expired", code="unreachable", ended_ms=RECEIVED)
    say(center_data, target, "accepted", 1, RECEIVED + 1)
    assert (row().state, row().code, row().accepted_ms, row().ended_ms) == ("accepted", "", RECEIVED + 1, None)


def test_what_was_heard_before_hope_was_given_up_brings_no_hope(center_data: Path) -> None:
    target = sent()
    set_target(target, state="failed", code="unheard", accepted_ms=RECEIVED, ended_ms=RECEIVED + 9)
    say(center_data, target, "running", 1, RECEIVED + 10)
    assert (row().state, row().code) == ("failed", "unheard")


def test_a_node_that_names_another_ones_command_is_ignored_and_noted(center_data: Path) -> None:
    from center.ingest.models import Quarantined, RawRecord
    from center.operations.command_models import OperationOutput

    target = sent()
    say(center_data, target, "done", 1, node=OTHER)
    store_records(center_data, [record(2, "output", {"id": target, "part": 1, "text": "gotcha"})], node=OTHER)
    project_all(center_data)
    assert (row().state, OperationOutput.objects.count()) == ("sent", 0)
    assert list(Quarantined.objects.values_list("node", "code")) == [(OTHER, "foreign_command")] * 2
    assert RawRecord.objects.count() == 2
    flood = [record(seq, "command", {"id": target, "name": "ping", "state": "done"}) for seq in range(3, 103)]
    store_records(center_data, flood, node=OTHER)
    project_all(center_data)
    assert (row().state, Quarantined.objects.count(), RawRecord.objects.count()) == ("sent", 20, 102)


def test_an_id_nobody_gave_is_kept_raw_and_harms_nothing(center_data: Path) -> None:
    from center.ingest.models import Quarantined, RawRecord

    say(center_data, "no-such-id", "done", 1)
    store_records(center_data, [record(2, "output", {"id": "no-such-id", "part": 1, "text": "x"})])
    project_all(center_data)
    assert (RawRecord.objects.count(), Quarantined.objects.count()) == (2, 0)


def test_parts_of_the_output_come_in_any_order_and_twice(center_data: Path) -> None:
    from center.operations import orders

    target = sent()
    parts = [{"id": target, "part": 3, "text": "c\n", "cut": True}, {"id": target, "part": 1, "text": "a\n"}]
    store_records(center_data, [record(seq, "output", part) for seq, part in enumerate(parts, 1)])
    store_records(center_data, [record(seq, "output", part) for seq, part in enumerate(parts, 1)], epoch="epoch-2")
    project_all(center_data)
    half = orders.output(target)
    assert (half.text, half.parts, half.missing, half.cut) == ("a\n\n[...]\nc\n", 2, 1, True)
    store_records(center_data, [record(9, "output", {"id": target, "part": 2, "text": "b\n"})])
    project_all(center_data)
    assert (orders.output(target).text, orders.output(target).missing) == ("a\nb\nc\n", 0)


def test_a_node_that_prints_without_end_is_not_listened_to_without_end(center_data: Path) -> None:
    from center.operations.command_models import OperationOutput
    from center.operations.told import MOST_OUTPUT_BYTES

    target, text = sent(), "x" * 8 * 1024
    for first in range(1, 60, 20):
        bodies = [{"id": target, "part": part, "text": text} for part in range(first, first + 20)]
        store_records(center_data, [record(first + at, "output", body) for at, body in enumerate(bodies)])
    project_all(center_data)
    assert OperationOutput.objects.count() == MOST_OUTPUT_BYTES // len(text)


def test_strange_words_are_stored_on_both_databases(center_data: Path) -> None:
    target = sent()
    say(center_data, target, "running", 1, detail="a\x00b")
    assert row().detail == "a b"
    say(center_data, target, "done", 2, result={"k" * 200: "v" * 2000, "nul": "\x00", "flag": True, "none": None})
    result = json.loads(row().result)
    assert result == {"k" * 64: "v" * 500, "nul": " ", "flag": True, "none": None}
    assert states(row().operation_id) == ["done"]


def test_a_node_tells_its_configuration_and_its_update_and_the_newest_word_stands(center_data: Path) -> None:
    from center.fleet.models import NodeConfig, NodeRelease

    config = {"state": "trying", "generation": "g", "revision": 3, "digest": "0" * 64}
    store_records(center_data, [record(2, "config", {**config, "state": "confirmed"})])
    store_records(center_data, [record(1, "config", config)])
    release = {"state": "built", "version": "0.9.1", "running": "0.9.0", "digest": "0" * 64}
    store_records(center_data, [record(3, "release", release)])
    store_records(center_data, [record(1, "release", {**release, "state": "trying"})], epoch="epoch-2")
    project_all(center_data)
    assert NodeConfig.objects.values_list("node", "state", "revision", "wanted_revision").get() == (
        NODE, "confirmed", 3, 0,
    )  # fmt: skip
    assert NodeRelease.objects.values_list("node", "state", "epoch").get() == (NODE, "trying", "epoch-2")
