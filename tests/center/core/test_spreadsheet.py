"""No cell of a table of ours is a formula, whichever sign a spreadsheet takes for the end of a cell."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from center.core.spreadsheet import harmless

TEXT = st.text(st.sampled_from("=+-@\t\r\n;,'a1 "), max_size=20)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_no_cell_begins_to_calculate_with_a_comma_or_a_semicolon_between_cells(cells: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([harmless(cell) for cell in cells])
    for line in csv.reader(io.StringIO(written.getvalue(), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in line)
    for piece in written.getvalue().split(";"):
        assert not piece.startswith(("=", "+", "-", "@"))


def test_ordinary_texts_stay_as_they_are() -> None:
    for text in ("Kelurahan Serang", "10.0.0.1", "a-b", "08:00-16:00; 17:00-18:00", "a; b", ""):
        assert harmless(text) == text
    assert harmless("=1+1") == "'=1+1" and harmless("x;=cmd|'/c calc'!A1") == "x;'=cmd|'/c calc'!A1"
