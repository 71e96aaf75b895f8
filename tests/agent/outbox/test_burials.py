"""What can never be delivered, damaged or refused: kept as dead, told of once, and the lane goes on."""

from tests.agent.outbox.conftest import Box, numbers_of


def test_a_damaged_file_is_buried_and_the_lane_goes_on(box: Box) -> None:
    box.add_file("snapshot", b"first")
    box.add_file("snapshot", b"second")
    first = box.outbox.page("snapshot", 0, 1)[0]
    assert first.path is not None
    first.path.write_bytes(b"fir5t")
    assert box.outbox.read_file("snapshot", first) is None
    assert box.waiting("snapshot") == [2]
    assert numbers_of(box.ledger(), "snapshot") == {1}


def test_a_damaged_row_is_buried_and_the_lane_goes_on(box: Box) -> None:
    for number in range(5):
        box.add("complaint", n=number)
    box.outbox._opened.db.execute("UPDATE complaint_record SET body = x'7b7d' WHERE seq = 3")
    assert box.waiting("complaint") == [1, 2, 4, 5]
    assert numbers_of(box.ledger(), "complaint") == {3}
    assert box.waiting("complaint") == [1, 2, 4, 5]


def test_a_refused_record_is_kept_as_dead_and_ledgered_once(box: Box) -> None:
    box.add("health", n=1)
    box.outbox.flush()
    for _ in range(2):
        box.outbox.refuse("health", 1, "schema", box.clock.stamp())
    assert box.waiting("health") == []
    assert [gap["reason"] for gap in box.ledger()] == ["refused: schema"]
    assert box.outbox.status()["dead"] == 1


def test_a_refused_ledger_entry_makes_no_further_one(box: Box) -> None:
    box.add("complaint")
    box.outbox.refuse("complaint", 1, "schema", box.clock.stamp())
    gap = box.waiting("event")[-1]
    box.outbox.refuse("event", gap, "schema", box.clock.stamp())
    assert box.ledger() == []
    assert box.outbox.status()["dead"] == 2
