"""Series for charts: gaps stay gaps, thinning hides nothing bad."""

import math

from center.core.series import Sample, Window, build_series
from wire.histogram import LogHistogram


def sample(at_s: float, lost: int = 0, p50: float | None = 10.0, quality: str = "ntp", cpu: float = 5.0) -> Sample:
    return Sample(at_s, 30, quality, {"cpu_pct": cpu}, {"icmp gateway": Window(6, lost, p50, p50)})


def test_reports_in_step_become_columns_without_nulls() -> None:
    series = build_series(sample(30.0 * n) for n in range(5))
    assert series.t == [0, 30, 60, 90, 120]
    assert series.rtt_ms == {"icmp gateway": [10.0] * 5}
    assert series.loss_pct == {"icmp gateway": [0.0] * 5}
    assert series.system == {"cpu_pct": [5.0] * 5}


def test_a_gap_of_more_than_two_intervals_is_a_row_of_nulls() -> None:
    series = build_series([sample(0), sample(30), sample(200)])
    assert series.t == [0, 30, 115, 200]
    assert series.rtt_ms["icmp gateway"] == [10.0, 10.0, None, 10.0]
    assert series.system["cpu_pct"] == [5.0, 5.0, None, 5.0]
    assert series.quality == ["ntp", "ntp", None, "ntp"]


def test_a_gap_of_two_intervals_is_not_yet_a_gap() -> None:
    assert len(build_series([sample(0), sample(60)]).t) == 2


def test_a_target_that_appears_late_has_nulls_before() -> None:
    other = Sample(30, 30, "ntp", {}, {"dns 10.0.0.1": Window(1, 0, 3.0, 3.0)})
    series = build_series([sample(0), other])
    assert series.rtt_ms["dns 10.0.0.1"] == [None, 3.0]
    assert series.rtt_ms["icmp gateway"] == [10.0, None]


def test_all_lost_is_a_loss_of_100_percent_and_no_round_trip() -> None:
    series = build_series([sample(0, lost=6, p50=None)])
    assert series.loss_pct["icmp gateway"] == [100.0]
    assert series.rtt_ms["icmp gateway"] == [None]


def test_thinning_adds_up_losses_keeps_the_worst_and_the_gap() -> None:
    day = [sample(30.0 * n, lost=3 if n == 100 else 0, p50=80.0 if n == 333 else 10.0) for n in range(1000)]
    holed = [one for one in day if not 15_000 <= one.at_s < 18_000]
    series = build_series(holed, max_points=100)
    assert len(series.t) <= 110
    assert max(value for value in series.rtt_ms["icmp gateway"] if value is not None) == 80.0
    worst = max(value for value in series.loss_pct["icmp gateway"] if value is not None)
    assert math.isclose(worst, 100 * 3 / (6 * math.ceil(len(holed) / 100)), abs_tol=0.1)
    hole = [at for at, value in zip(series.t, series.rtt_ms["icmp gateway"], strict=True) if value is None]
    assert len(hole) == 1
    assert 15_000 < hole[0] < 18_000


def test_order_of_arrival_makes_no_difference() -> None:
    rows = [sample(30.0 * n, p50=float(n)) for n in range(20)]
    assert build_series(reversed(rows)) == build_series(rows)


def test_the_worst_quality_of_a_bucket_is_said() -> None:
    rows = [sample(0, quality="ntp"), sample(30, quality="bounded")]
    assert build_series(rows, max_points=1).quality == ["bounded"]


def measured(at_s: float, rtts_ms: list[float], suspect: int = 0) -> Sample:
    histogram = LogHistogram()
    for rtt_ms in rtts_ms:
        histogram.record(rtt_ms)
    window = Window(len(rtts_ms), 0, histogram.quantile(0.5), histogram.quantile(0.95), suspect, histogram.pairs)
    return Sample(at_s, 30, "ntp", {}, {"icmp center": window})


def test_percentiles_of_a_longer_span_are_those_of_all_its_round_trips_never_an_average() -> None:
    """Nine quiet periods and a slow one: the middle stays the quiet one, the 95th percentile is the slow one."""
    rows = [measured(30.0 * n, [10.0] * 10) for n in range(9)] + [measured(270.0, [300.0] * 10)]
    series = build_series(rows, max_points=1)
    assert math.isclose(series.rtt_ms["icmp center"][0] or 0, 10.0, rel_tol=0.06)
    assert math.isclose(series.rtt_p95_ms["icmp center"][0] or 0, 300.0, rel_tol=0.06)


def test_a_period_in_which_nothing_was_answered_does_not_spoil_the_percentiles_of_the_others() -> None:
    lost = Sample(30, 30, "ntp", {}, {"icmp center": Window(10, 10, None, None)})
    series = build_series([measured(0, [10.0] * 10), lost, measured(60, [10.0] * 10)], max_points=1)
    assert math.isclose(series.rtt_ms["icmp center"][0] or 0, 10.0, rel_tol=0.06)
    assert series.loss_pct["icmp center"] == [33.3]


def test_probes_a_busy_box_sent_late_are_counted_as_suspect() -> None:
    rows = [measured(0, [10.0] * 10, suspect=10), measured(30, [10.0] * 10)]
    assert build_series(rows).suspect_pct["icmp center"] == [100.0, 0.0]
    assert build_series(rows, max_points=1).suspect_pct["icmp center"] == [50.0]
