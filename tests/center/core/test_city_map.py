"""The schematic city: nothing overlaps, north is up, every kecamatan stays in one piece."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.core.city_map import Cell, Place, Sheet, assign_slots, city_cells, grid_cells, pieces
from tests.support.kelurahan import KELURAHAN

SHEET = Sheet(9, 9, 1232, 690)
CITY = [Place(code, kecamatan, latitude, longitude) for code, _name, kecamatan, latitude, longitude in KELURAHAN]


def overlap(one: Cell, two: Cell) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


def test_all_67_kelurahan_have_a_cell_inside_the_sheet_and_none_overlaps_another() -> None:
    cells = city_cells(CITY, SHEET)
    assert sorted(cell.code for cell in cells) == sorted(place.code for place in CITY)
    assert len(cells) == 67
    assert all(c.x >= 0 and c.x + c.width <= 1232 and c.y >= 0 and c.y + c.height <= 690 for c in cells)
    assert not [1 for i, one in enumerate(cells) for two in cells[i + 1 :] if overlap(one, two)]


def test_every_kecamatan_of_serang_is_in_one_piece() -> None:
    ordered = sorted(CITY, key=lambda place: place.code)
    groups = [place.group for place in ordered]
    assert pieces(groups, assign_slots(ordered, 9, 9)) == 6


def test_north_is_up_and_east_is_right() -> None:
    middle: dict[str, tuple[float, float]] = {}
    cells = {cell.code: cell for cell in city_cells(CITY, SHEET)}
    for group in {place.group for place in CITY}:
        own = [cells[place.code] for place in CITY if place.group == group]
        middle[group] = (sum(c.x for c in own) / len(own), sum(c.y for c in own) / len(own))
    assert middle["Kasemen"][1] < middle["Serang"][1] < middle["Cipocok Jaya"][1] < middle["Curug"][1]
    assert middle["Taktakan"][0] < middle["Serang"][0] < middle["Walantaka"][0]


def test_the_gap_is_wide_across_a_border_and_narrow_inside_a_kecamatan() -> None:
    west = [Place("a", "one", 0, 0.0), Place("b", "one", 0, 1.0), Place("c", "two", 0, 2.0)]
    a, b, c = city_cells(west, Sheet(3, 1, 300, 50, gap=4, border=20))
    assert b.x - (a.x + a.width) == 4
    assert c.x - (b.x + b.width) == 20


def test_the_drawing_does_not_depend_on_the_order_of_the_sites() -> None:
    shuffled = CITY[:]
    random.Random(7).shuffle(shuffled)
    assert city_cells(shuffled, SHEET) == city_cells(CITY, SHEET)


def test_a_sheet_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="67 places do not fit a grid of 5 x 5"):
        city_cells(CITY, Sheet(5, 5, 100, 100))
    with pytest.raises(ValueError, match="do not fit"):
        grid_cells([str(n) for n in range(7)], Sheet(3, 2, 100, 100))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.floats(-6.3, -6.0), st.floats(106.0, 106.3)), min_size=1, max_size=20)
)
def test_any_list_of_places_fits_without_overlap(rows: list[tuple[str, float, float]]) -> None:
    places = [Place(f"p{index}", *row) for index, row in enumerate(rows)]
    cells = city_cells(places, Sheet(5, 5, 500, 400))
    assert len(cells) == len(places)
    assert not [1 for i, one in enumerate(cells) for two in cells[i + 1 :] if overlap(one, two)]


def test_the_grid_fills_its_sheet_in_the_given_order() -> None:
    cells = grid_cells(["a", "b", "c"], Sheet(2, 2, 200, 100, top=50, gap=4))
    assert [(cell.code, cell.x, cell.y) for cell in cells] == [("a", 2, 52), ("b", 102, 52), ("c", 2, 102)]
