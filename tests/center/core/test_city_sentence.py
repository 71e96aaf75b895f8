"""Counting what the leadership's sentence says."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.city_sentence import Place, today


def test_places_without_a_box_and_under_planned_work_are_not_missed() -> None:
    found = today(
        [Place("up"), Place("degraded"), Place("absent"), Place("maintenance"), Place("down", "isp"), Place("unknown")]
    )
    assert (found.places, found.connected, found.down, found.unknown, found.maintenance) == (4, 2, 1, 1, 1)


def test_those_waited_for_come_by_number_and_the_unknown_last() -> None:
    parties = ("pln", "isp", "isp", "none", "", "", "site")
    assert today(Place("down", party) for party in parties).waiting == (
        ("isp", 2), ("pln", 1), ("site", 1), ("", 3),
    )  # fmt: skip


FILLS = ("up", "degraded", "down", "unknown", "maintenance", "absent")


@given(st.lists(st.builds(Place, st.sampled_from(FILLS), st.sampled_from(("", "none", "isp", "pln")))))
def test_the_counts_add_up(places: list[Place]) -> None:
    found = today(places)
    assert found.connected + found.down + found.unknown == found.places
    assert found.places + found.maintenance == sum(place.fill != "absent" for place in places)
    assert sum(count for _party, count in found.waiting) == found.down
