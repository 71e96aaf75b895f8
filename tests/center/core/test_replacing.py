"""Which epoch a replacement continues, and which times nobody can tell of."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.replacing import Known, LastHeard, Tail, as_sidecar, predecessor, unknown_tails


def test_a_node_that_was_never_heard_has_nothing_to_continue() -> None:
    assert predecessor([]) is None


def test_the_last_epoch_is_the_one_nobody_followed() -> None:
    first = Known("a", alive_ms=900)  # an old box that was found and switched on once more
    second = Known("b", "board-2", predecessor="a", alive_ms=500)
    found = predecessor([first, second])
    assert found is not None
    assert (found.epoch, found.board, found.heard_ms) == ("b", "board-2", 500)


def test_of_several_ends_the_one_that_lived_last_is_continued() -> None:
    found = predecessor([Known("a", alive_ms=500), Known("b", alive_ms=700), Known("c", first_seen_ms=9000)])
    assert found is not None
    assert found.epoch == "b"


def test_heads_are_the_highest_anybody_named() -> None:
    sources = ({"event": 4, "health": 9}, {"event": 7}, {"health": 8, "snapshot": 0})
    found = predecessor([Known("a", heads=sources)])
    assert found is not None
    assert found.heads == {"event": 7, "health": 9}
    assert found.heard_ms is None
    assert as_sidecar(found) == {
        "epoch": "a", "board": "", "heads": {"event": 7, "health": 9}, "reason": "card_replaced",
    }  # fmt: skip


def test_only_a_lost_outbox_leaves_a_time_nobody_can_tell_of() -> None:
    rows = [
        LastHeard("a", "", "first", 0, 100),
        LastHeard("b", "a", "board_changed", 150, 300),  # the card came along: it told everything
        LastHeard("c", "b", "card_replaced", 900, 1000),
        LastHeard("d", "c", "file_lost", 1000, 1200),  # nothing in between
        LastHeard("e", "gone", "card_replaced", 1300, 1400),  # of an epoch nobody knows
    ]
    assert unknown_tails(rows) == [Tail("b", 300, 900, "card_replaced")]


names = st.sampled_from("abcdef")
epochs = st.builds(
    Known, names, st.just(""), st.one_of(st.just(""), names), st.integers(0, 9), st.integers(0, 9), st.just(())
)


@given(st.lists(epochs, min_size=1, unique_by=lambda one: one.epoch), st.randoms())
def test_any_order_of_rows_gives_the_same_epoch_even_where_lines_of_descent_close(known, chance) -> None:  # type: ignore[no-untyped-def]
    found = predecessor(known)
    shuffled = list(known)
    chance.shuffle(shuffled)
    assert found == predecessor(shuffled)
    assert found is not None
    followed = {one.predecessor for one in known}
    assert found.epoch not in followed or all(one.epoch in followed for one in known)
