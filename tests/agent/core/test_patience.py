"""Parcels that give way to complaints, and come back."""

from agent.core.patience import MOST_CUTS, MOST_NOTED, MOST_REST_S, STARVING_S, Patience

PHOTO, PICTURE = ("attachment", 1), ("snapshot", 7)


def test_what_is_nearly_through_or_small_is_let_through() -> None:
    patience = Patience()
    assert not patience.gives_way(PICTURE, 60_000, 3.9, 0)
    assert not patience.gives_way(PICTURE, 10_000, 30.0, 0)
    assert patience.gives_way(PICTURE, 60_000, 5.0, 0)


def test_each_cut_makes_the_rest_longer_and_arrival_ends_it() -> None:
    patience = Patience()
    rests = []
    for _ in range(8):
        patience.cut(PICTURE, 100.0)
        rests.append(patience.rests_s("snapshot", 100.0))
    assert rests == [15, 30, 60, 120, 120, 120, 120, MOST_REST_S]
    assert patience.rests_s("attachment", 100.0) == 0
    assert patience.rests_s("snapshot", 100.0 + MOST_REST_S) == 0
    patience.arrived(PICTURE)
    assert patience.rests_s("snapshot", 100.0) == 0


def test_a_citizens_photo_is_not_kept_back_for_ever_but_a_picture_always_gives_way() -> None:
    patience = Patience()
    for number in range(MOST_CUTS):
        assert patience.gives_way(PHOTO, 10**6, 60.0, number)
        patience.cut(PHOTO, number)
        patience.cut(PICTURE, number)
    assert patience.gives_way(PHOTO, 10**6, 60.0, 100.0)
    assert not patience.gives_way(PHOTO, 10**6, 60.0, STARVING_S)
    assert patience.gives_way(PICTURE, 10**6, 60.0, STARVING_S)


def test_memory_is_bounded() -> None:
    patience = Patience()
    for number in range(10 * MOST_NOTED):
        patience.cut(("snapshot", number), number)
    assert len(patience._cuts) == MOST_NOTED
