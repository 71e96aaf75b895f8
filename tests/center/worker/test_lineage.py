"""Which notice describes which epoch, whatever a node says and in whatever order it arrives."""

from hypothesis import given
from hypothesis import strategies as st

from wire.bodies import EpochNotice


def notice(predecessor: str | None, reason: str = "board_changed") -> EpochNotice:
    return EpochNotice(predecessor, {}, "board", reason)


def told(notices: dict[str, list[EpochNotice]]) -> dict[str, str | None]:
    """Epoch -> predecessor, as far as they are described."""
    from center.worker.lineage import describe

    return {epoch: found.predecessor for epoch, found in describe(notices).items() if found is not None}


def test_notices_that_moved_along_describe_the_epochs_before_newest_first() -> None:
    moved = [notice("c"), notice("b"), notice("a")]
    assert told({"d": moved}) == {"d": "c", "c": "b", "b": "a"}


def test_a_notice_that_arrived_and_moved_along_all_the_same_is_passed_over() -> None:
    assert told({"c": [notice("b")], "d": [notice("c"), notice("b"), notice("a")]}) == {"d": "c", "c": "b", "b": "a"}
    assert told({"c": [notice("b")], "d": [notice("c"), notice("a")]}) == {"d": "c", "c": "b", "b": "a"}


def test_a_notice_that_names_its_own_epoch_or_a_later_one_describes_nothing() -> None:
    assert told({"loop": [notice("loop")], "new": [notice("loop"), notice("x")]}) == {"new": "loop", "loop": "x"}
    assert told({"a": [notice("b")], "b": [notice("a")]}) == {"a": "b"}
    assert told({"a": [notice("b"), notice("a"), notice("c")]}) == {"a": "b", "b": "c"}


names = st.sampled_from("abcde")
anything = st.dictionaries(names, st.lists(names.map(notice) | st.just(notice(None)), max_size=5))


@given(anything)
def test_whatever_is_said_every_line_of_descent_ends(notices: dict[str, list[EpochNotice]]) -> None:
    chain = told(notices)
    for epoch in chain:
        at: str | None = epoch
        for _ in range(len(chain)):
            at = chain.get(at) if at else None
        assert at is None or at not in chain


@given(anything, st.randoms())
def test_the_order_in_which_epochs_became_known_makes_no_difference(
    notices: dict[str, list[EpochNotice]], chance: "st.random.Random"
) -> None:
    shuffled = list(notices.items())
    chance.shuffle(shuffled)
    assert told(dict(shuffled)) == told(notices)
