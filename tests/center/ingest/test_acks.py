"""What nodes are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.ingest.acks import Refused, acks
from center.ingest.lanes import LaneResult
from tests.support.fleet import EPOCH, NODE
from wire import codec
from wire.codec import MAX_CONTROL_BYTES
from wire.messages import MAX_INTEGER

seqs = st.integers(1, MAX_INTEGER)


def test_one_ack_per_lane_merges_what_was_committed_together() -> None:
    results = [LaneResult(NODE, EPOCH, "event", (1, 2)), LaneResult(NODE, EPOCH, "event", (3, 9), ((9, "schema"),))]
    ((node, ack),) = acks(results)
    assert (node, ack.epoch, ack.stream, ack.stored) == (NODE, EPOCH, "event", ((1, 3), (9, 9)))
    assert [(one.seq, one.code) for one in ack.rejected] == [(9, "schema")]


def test_lanes_nodes_and_refusals_do_not_mix() -> None:
    told = acks(
        [
            LaneResult(NODE, EPOCH, "event", (1,)),
            LaneResult(NODE, EPOCH, "health", (1,)),
            LaneResult("opd-kominfo", EPOCH, "event", (1,)),
            Refused(NODE, "event", "0" * 16, "json"),
            Refused(NODE, "event", "0" * 16, "json"),
        ]
    )
    assert [(node, ack.epoch, ack.stream, len(ack.refused)) for node, ack in told] == [
        (NODE, EPOCH, "event", 0),
        (NODE, EPOCH, "health", 0),
        ("opd-kominfo", EPOCH, "event", 0),
        (NODE, "", "event", 1),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_a_number_in_conflict_is_never_told_as_stored_whoever_else_stored_it(order: tuple[int, ...]) -> None:
    mine = LaneResult(NODE, EPOCH, "event", (4, 5, 6))
    cloned = LaneResult(NODE, EPOCH, "event", (7,), ((5, "epoch_conflict"),))
    again = LaneResult(NODE, EPOCH, "event", (5,), ((5, "schema"),))
    ((_node, ack),) = acks([(mine, cloned, again)[place] for place in order])
    assert ack.stored == ((4, 4), (6, 7))
    assert [(one.seq, one.code) for one in ack.rejected] == [(5, "epoch_conflict")]


def test_a_batch_without_records_needs_no_answer() -> None:
    assert acks([LaneResult(NODE, EPOCH, "event", ())]) == []


@given(st.sets(seqs, max_size=60), st.sets(seqs, max_size=60))
def test_however_much_there_is_every_ack_can_be_read_and_together_they_say_it_all(
    sparse: set[int], conflicts: set[int]
) -> None:
    many = {base * 2 + spread * 1000 for base in range(700) for spread in (1, 900_000)} | sparse
    rejected = tuple((seq, "epoch_conflict") for seq in conflicts | set(range(1, 500)))
    told = acks([LaneResult(NODE, EPOCH, "event", tuple(sorted(many)), rejected)])
    stored: set[int] = set()
    codes: set[int] = set()
    for _node, ack in told:
        payload = codec.encode(ack)
        assert len(payload) <= MAX_CONTROL_BYTES
        again = codec.decode_ack(payload)
        stored |= {seq for first, last in again.stored for seq in range(first, last + 1)}
        codes |= {one.seq for one in again.rejected}
    assert stored == many - codes
    assert codes == {seq for seq, _ in rejected}
