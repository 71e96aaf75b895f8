"""Why a chart has a hole."""

from center.core.holes import Explained, Hole, Seen, find_holes


def seen(*seqs: int, epoch: str = "e", step_s: float = 30) -> list[Seen]:
    return [Seen(seq * step_s, 30, epoch, seq) for seq in seqs]


def test_thinned_history_is_one_band_with_its_points_in_it() -> None:
    reports = seen(1, 2, *range(10, 101, 10), 101, 102)
    thinned = [Explained("e", first, first + 8, "thinned_5min") for first in range(11, 100, 10)]
    thinned.append(Explained("e", 3, 9, "thinned_5min"))
    assert find_holes(reports, thinned) == [Hole(60, 3000, "thinned_5min", 7 + 9 * 9)]


def test_each_reason_has_its_own_band_and_a_whole_stretch_between_parts_them() -> None:
    explained = [Explained("e", 11, 20, "bound"), Explained("e", 21, 40, "disk"), Explained("e", 51, 60, "disk")]
    holes = find_holes(seen(*range(1, 11), *range(41, 51), 61), explained)
    assert holes == [Hole(300, 1230, "disk", 30), Hole(1500, 1830, "disk", 10)]


def test_silence_nobody_explains_and_a_single_missing_report_are_no_bands() -> None:
    assert find_holes([Seen(0, 30, "e", 1), Seen(900, 30, "e", 2)], [Explained("e", 1, 9, "bound")]) == []
    assert find_holes(seen(1, 30), [Explained("other", 2, 29, "bound")]) == []
    assert find_holes(seen(1, 3), [Explained("e", 2, 2, "bound")]) == []


def test_the_order_of_reports_and_entries_makes_no_difference() -> None:
    explained = [Explained("e", first, first + 2, "bound") for first in (2, 12, 22)]
    reports = seen(1, 5, 11, 15, 21, 25)
    assert find_holes(reversed(reports), reversed(explained)) == find_holes(reports, explained)


def test_two_epochs_are_told_apart_by_time_not_by_number() -> None:
    later = [Seen(10_000 + 30 * seq, 30, "f", seq) for seq in (1, 10)]
    explained = [Explained("e", 2, 9, "bound"), Explained("f", 2, 9, "corrupt")]
    assert [hole.reason for hole in find_holes([*later, *seen(1, 10)], explained)] == ["bound", "corrupt"]
