"""Downsampling health reports: what is kept, what goes, and how far that reaches."""

from bisect import bisect
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.core.reasons import THINNED_1H, THINNED_5MIN
from agent.core.retention import BOUND, plan
from agent.core.thinning import LEVELS, Report, spared_from, thin
from tests.agent.core.test_retention import BOUNDS, MIB, ROOMY

EVERYTHING = 10**12
FIVE_MIN, HOUR = LEVELS[0].slot_ms, LEVELS[1].slot_ms


@st.composite
def histories(draw: st.DrawFn) -> list[Report]:
    """Ascending reports over some boots, at uneven distances, with numbers missing here and there."""
    reports: list[Report] = []
    seq = 0
    for boot in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, HOUR))
        for step, skip in draw(st.lists(st.tuples(st.integers(0, 900_000), st.integers(1, 3)), max_size=60)):
            at, seq = at + step, seq + skip
            reports.append(Report(seq, f"boot-{boot}", at, draw(st.integers(1, 5000))))
    return reports


def slot(report: Report, slot_ms: int) -> tuple[str, int]:
    return (report.boot, report.mono_ms // slot_ms)


def left(reports: list[Report], slot_ms: int) -> list[Report]:
    gone = set(thin(reports, slot_ms, None, EVERYTHING).given_up)
    return [report for report in reports if report.seq not in gone]


@given(histories(), st.sampled_from([FIVE_MIN, HOUR]))
def test_each_slot_of_each_boot_keeps_its_first_report_and_no_other(reports: list[Report], slot_ms: int) -> None:
    firsts = [next(group) for _, group in groupby(reports, lambda report: slot(report, slot_ms))]
    assert left(reports, slot_ms) == firsts


@given(histories())
def test_thinning_twice_changes_nothing_and_five_minutes_before_an_hour_makes_no_difference(
    reports: list[Report],
) -> None:
    once = left(reports, FIVE_MIN)
    assert left(once, FIVE_MIN) == once
    assert left(once, HOUR) == left(reports, HOUR)


@given(histories(), st.integers(1, 40), st.integers(0, 40_000))
def test_steps_give_up_the_same_as_one_go_oldest_first(reports: list[Report], page: int, size_bytes: int) -> None:
    whole = thin(reports, FIVE_MIN, None, EVERYTHING).given_up
    given_up: list[int] = []
    at = 0
    while rows := [report for report in reports if report.seq > at][:page]:
        kept = [report for report in reports if report.seq <= at and report.seq not in given_up]
        found = thin(rows, FIVE_MIN, kept[-1] if kept else None, max(size_bytes, 1))
        given_up += found.given_up
        assert found.upto > at, "each step comes further"
        at = found.upto
    assert tuple(given_up) == whole


@given(histories(), st.integers(0, 40_000))
def test_no_more_goes_than_was_asked_for(reports: list[Report], size_bytes: int) -> None:
    found = thin(reports, FIVE_MIN, None, size_bytes)
    sizes = {report.seq: report.size_bytes for report in reports}
    assert found.size_bytes == sum(sizes[seq] for seq in found.given_up)
    assert sum(sizes[seq] for seq in found.given_up[:-1]) < max(size_bytes, 1)


def test_the_newest_quarter_is_spared() -> None:
    assert spared_from(head=1000, held=400) == 901
    assert spared_from(head=1000, held=0) == 1001


def test_a_year_without_the_centre_keeps_days_in_full_weeks_by_five_minutes_and_an_hour_of_all_the_rest() -> None:
    """A report of 2.1 kB every 30 s, the default bound: the arithmetic of the outbox in lists."""
    size, group, day = 2_100, 64, 2_880
    held: list[Report] = []
    cursors = [0, 0]
    entries = dict.fromkeys((THINNED_5MIN, THINNED_1H, BOUND), 0)
    for head in range(group, 365 * day, group):
        held += [Report(seq, "boot", seq * 30_000, size) for seq in range(head - group + 1, head + 1)]
        for eviction in plan({"health": len(held) * size}, BOUNDS, ROOMY):
            wanted, looked = eviction.size_bytes, 0
            for index, level in enumerate(LEVELS):
                if wanted <= 0:
                    break
                begin = bisect(held, cursors[index], key=lambda report: report.seq)
                end = min(spared_from(head, len(held)) - 1, *cursors[:index], head)
                rows = [report for report in held[begin : begin + 1000 - looked] if report.seq <= end]
                found = thin(rows, level.slot_ms, held[begin - 1] if begin else None, wanted)
                gone = set(found.given_up)
                held[begin : begin + len(rows)] = [report for report in rows if report.seq not in gone]
                cursors[index] = max(cursors[index], found.upto)
                looked, wanted = looked + len(rows), wanted - found.size_bytes
                entries[level.reason] += bool(gone)
            entries[BOUND] += wanted > 0 and looked < 1000
        assert len(held) * size <= BOUNDS["health"] + 64 * size
    assert entries[BOUND] == 0, "nothing was dropped"
    assert sum(entries.values()) < 2200, "what `retention` says of the ledger"
    ages = [(head - report.seq) / day for report in held]
    gaps = [(after.seq - before.seq, age) for (before, after), age in zip(pairwise(held), ages, strict=False)]
    assert max(gap for gap, _ in gaps) <= 120, "an hourly report of the whole year"
    assert max(gap for gap, age in gaps if age < 50) <= 10, "five minutes for weeks"
    assert max(gap for gap, age in gaps if age < 3) == 1, "days in full"
    assert ages[0] > 364
    assert len(held) * size > MIB * 50
