"""The chain of a camera's pictures holds whatever crashes come between writing its end and storing the picture."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.chain import (
    MOST_CARRIERS,
    MOST_LINKS,
    Ends,
    Link,
    Losses,
    Lost,
    carry,
    follow,
    lose,
    settle,
)


def test_the_first_picture_of_an_epoch_has_no_predecessor() -> None:
    previous, ends = follow(Ends(), "e1", "gate", 1, "a")
    assert previous == ""
    assert follow(ends, "e2", "gate", 2, "b")[0] == ""


def test_each_camera_has_its_own_chain() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    previous, ends = follow(ends, "e", "river", 2, "b")
    assert previous == ""
    assert follow(ends, "e", "gate", 3, "c")[0] == "a"


def test_a_number_given_out_again_replaces_the_picture_that_was_never_stored() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    _, ends = follow(ends, "e", "gate", 2, "lost")
    previous, ends = follow(ends, "e", "gate", 2, "b")
    assert previous == "a"
    assert follow(ends, "e", "gate", 3, "c")[0] == "b"


def test_a_number_given_to_another_camera_after_a_crash_unmakes_the_lost_picture() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    _, ends = follow(ends, "e", "gate", 2, "lost")
    _, ends = follow(ends, "e", "river", 2, "r")
    assert follow(ends, "e", "gate", 3, "c")[0] == "a"


@given(st.lists(st.tuples(st.sampled_from(["gate", "river", "park"]), st.booleans()), max_size=60))
def test_whatever_crashes_each_stored_picture_names_the_one_stored_before_it(steps: list[tuple[str, bool]]) -> None:
    ends, seq, stored = Ends(), 1, {}
    for index, (camera, survives) in enumerate(steps):
        previous, ends = follow(ends, "e", camera, seq, f"sha-{index}")
        if survives:  # otherwise the crash came before the outbox had it: the number is free again
            assert previous == stored.get(camera, "")
            stored[camera] = f"sha-{index}"
            seq += 1
        assert all(len(entries) <= 2 for entries in ends.cameras.values())


def link(seq: int) -> Link:
    return Link(seq, f"sha-{seq}", f"sha-{seq - 1}")


def lost_of(losses: Losses, camera: str = "gate") -> Lost:
    return losses.of("e", camera)


def test_a_picture_given_up_is_told_until_a_picture_that_told_of_it_has_arrived() -> None:
    losses = lose(Losses(), "e", "gate", link(3))
    assert [found.seq for found in lost_of(losses).untold] == [3]
    losses = carry(losses, "e", "gate", 7, lost_of(losses).count)
    assert [found.seq for found in lost_of(settle(losses, lambda _: False)).untold] == [3]
    assert lost_of(settle(losses, {7}.__contains__)).untold == ()


def test_what_was_lost_after_the_carrier_is_still_told() -> None:
    losses = carry(lose(Losses(), "e", "gate", link(3)), "e", "gate", 7, 1)
    losses = settle(lose(losses, "e", "gate", link(4)), {7}.__contains__)
    assert [found.seq for found in lost_of(losses).untold] == [4]


def test_a_carrier_that_is_given_up_itself_has_told_nothing() -> None:
    losses = carry(lose(Losses(), "e", "gate", link(3)), "e", "gate", 7, 1)
    losses = settle(lose(losses, "e", "gate", link(7)), {7}.__contains__)
    assert [found.seq for found in lost_of(losses).untold] == [3, 7]


def test_of_very_many_the_newest_are_remembered_and_all_are_counted() -> None:
    losses = Losses()
    for seq in range(1, 101):
        losses = lose(losses, "e", "gate", link(seq))
    assert [found.seq for found in lost_of(losses).untold] == list(range(101 - MOST_LINKS, 101))
    assert lost_of(losses).more == 100 - MOST_LINKS


def test_however_long_nothing_arrives_few_carriers_are_remembered_and_those_are_the_newest() -> None:
    losses = Losses()
    for seq in range(1, 201, 2):
        losses = lose(losses, "e", "gate", link(seq))
        losses = carry(losses, "e", "gate", seq + 1, lost_of(losses).count)
        losses = carry(losses, "e", "gate", seq + 1000, lost_of(losses).count)  # tells the same, and is not needed
    assert lost_of(losses).carriers == tuple((2 * count, count) for count in range(101 - MOST_CARRIERS, 101))
    settled = settle(losses, {190}.__contains__)
    assert [count for _, count in lost_of(settled).carriers] == list(range(96, 101))
    assert lost_of(settle(losses, {200}.__contains__)) == Lost()


def test_losses_of_another_epoch_are_none_of_this_one() -> None:
    losses = lose(Losses(), "e", "gate", link(3))
    assert losses.of("f", "gate") == Lost()
    assert lose(losses, "f", "river", link(1)).of("e", "gate") == Lost()


STEP = st.tuples(st.sampled_from(["store", "give up", "arrive"]), st.integers(0, 30))


@given(st.lists(STEP, max_size=120))
def test_every_loss_is_told_by_a_picture_that_arrived_or_still_to_be_told(steps: list[tuple[str, int]]) -> None:
    """Whatever is stored, given up and acknowledged in whatever order: the centre, putting together what arrived, and
    the node, with what it still has to tell, know of every picture that was given up."""
    losses, seq = Losses(), 0
    waiting: dict[int, set[int]] = {}
    arrived: set[int] = set()
    known: set[int] = set()
    counted = 0
    for what, choice in steps:
        chosen = sorted(waiting)[choice % len(waiting)] if waiting else None
        if what == "store":
            seq += 1
            losses = settle(losses, arrived.__contains__)
            lost = lost_of(losses)
            waiting[seq] = {found.seq for found in lost.untold}
            losses = carry(losses, "e", "gate", seq, lost.count)
        elif chosen is not None and what == "give up":
            del waiting[chosen]
            losses = lose(losses, "e", "gate", link(chosen))
            counted += 1
        elif chosen is not None:
            known |= waiting.pop(chosen)
            arrived.add(chosen)
        lost = lost_of(settle(losses, arrived.__contains__))
        gone = set(range(1, seq + 1)) - waiting.keys() - arrived
        untold = {found.seq for found in lost.untold}
        assert untold <= gone
        assert len(gone - known - untold) <= max(0, counted - MOST_LINKS)
        assert len(lost.carriers) <= MOST_CARRIERS
