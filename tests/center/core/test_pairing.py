"""Which stored outage a concluded one is."""

from center.core.pairing import Extent, pair


def at(start: int, end: int | None) -> Extent:
    return Extent(start, start, end, end)


def test_an_outage_that_is_known_better_stays_the_same_one() -> None:
    assert pair([at(100, None)], [Extent(90, 95, 200, 210)]) == {0: 0}


def test_of_several_that_became_one_the_earliest_keeps_its_number() -> None:
    assert pair([at(100, 200), at(300, 400)], [at(50, 500)]) == {0: 0}


def test_where_one_became_several_its_earliest_part_keeps_its_number() -> None:
    assert pair([at(100, 400)], [at(100, 150), at(150, 400)]) == {0: 0}


def test_a_part_that_begins_alike_is_known_again_when_another_before_it_is_new() -> None:
    assert pair([at(150, 400)], [at(100, 150), at(150, 400)]) == {1: 0}
    assert pair([at(100, 160), at(150, 400)], [at(150, 400)]) == {0: 1}


def test_outages_that_do_not_overlap_are_others() -> None:
    assert pair([at(100, 200)], [at(200, 300), at(400, None)]) == {}
