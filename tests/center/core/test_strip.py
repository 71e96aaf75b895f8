"""Which verdict held when: faults are never thinned away, gaps are gaps, the order of reports makes no difference."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from center.core.strip import GAP, Piece, severity, strip
from tests.support.growth import dearness

REPORTS = st.lists(
    st.tuples(st.floats(-50, 150), st.floats(0, 60), st.sampled_from(["OK", "L4", "Q2", "I2", "Z9", "U0"])), max_size=40
)


def test_a_day_of_reports_is_one_piece_and_a_hole_in_it_a_gap() -> None:
    reports = [(float(end), 30.0, "OK") for end in range(30, 3_001, 30) if not 900 < end <= 1_500]
    pieces = strip(reports, 0, 3_000, 100)
    assert pieces == [Piece(0, 900, "OK"), Piece(900, 1_500, GAP), Piece(1_500, 3_000, "OK")]


def test_a_short_fault_is_not_thinned_away() -> None:
    reports = [(float(end), 30.0, "L4" if end == 1_530 else "OK") for end in range(30, 86_401, 30)]
    pieces = strip(reports, 0, 86_400, 100)
    assert [piece.code for piece in pieces] == ["OK", "L4", "OK"]


def test_the_worse_of_two_verdicts_in_one_piece_is_shown() -> None:
    assert [piece.code for piece in strip([(50, 50, "Q2"), (100, 50, "L4")], 0, 100, 1)] == ["L4"]
    assert [severity(code) for code in ("OK", "I2", "Q2", "L4", "Z9", GAP)] == [
        "ok", "note", "degraded", "down", "degraded", "gap",
    ]  # fmt: skip


def test_what_is_covered_by_less_than_half_is_a_gap_unless_it_tells_of_a_fault() -> None:
    assert [piece.code for piece in strip([(40, 40, "OK")], 0, 100, 1)] == [GAP]
    assert [piece.code for piece in strip([(40, 40, "L4")], 0, 100, 1)] == ["L4"]


@given(REPORTS, st.integers(1, 50), st.randoms())
def test_pieces_cover_the_span_without_holes_whatever_the_order(
    reports: list[tuple[float, float, str]], buckets: int, random: object
) -> None:
    pieces = strip(reports, 0, 100, buckets)
    assert pieces[0].start == 0
    assert abs(pieces[-1].end - 100) < 1e-6
    assert all(abs(one.end - two.start) < 1e-6 and one.code != two.code for one, two in pairwise(pieces))
    shuffled = list(reports)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = strip(shuffled, 0, 100, buckets)
    assert [piece.code for piece in again if severity(piece.code) in ("down", "degraded")] == [
        piece.code for piece in pieces if severity(piece.code) in ("down", "degraded")
    ]


def test_a_week_of_reports_that_each_claim_a_day_and_a_code_of_their_own_costs_no_more_than_honest_ones() -> None:
    """A stolen box may say so; painting each report bucket by bucket is sixty times as dear."""
    reports = [(30.0 * n, 86_400.0, f"X{n}") for n in range(20_160)]
    honest = [(30.0 * n, 30.0, "OK") for n in range(20_160)]
    assert dearness(lambda: strip(reports, 0, 604_800), lambda: strip(honest, 0, 604_800)) < 12
    assert severity(strip(reports, 0, 604_800)[-1].code) == "degraded"
