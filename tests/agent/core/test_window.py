"""A report's row: exact figures, bursts across windows, bounded evidence."""

import random

from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation, Reason
from agent.core.window import MAX_SAMPLES, RecentLoss, Window, quantile
from wire.bodies import ProbeWindow, encode_body
from wire.histogram import LogHistogram


def seen(*rtts_ms: float | None, **more: object) -> Observation:
    return Observation("icmp", "gateway", 0, True, rtts_ms=rtts_ms, **more)  # type: ignore[arg-type]


def row(*observations: Observation) -> ProbeWindow:
    window = Window("icmp", "gateway")
    for observation in observations:
        window.add(observation)
    return window.drain("up")


def test_a_row_counts_sent_lost_late_and_suspect() -> None:
    found = row(seen(1.0, None, 2.0, None, None, late=1, sent_late=2), seen(3.0))
    assert (found.sent, found.lost, found.late, found.suspect, found.burst) == (6, 3, 1, 2, 2)
    assert (found.min_ms, found.p50_ms, found.max_ms) == (1.0, 2.0, 3.0)


def test_jitter_is_the_mean_difference_of_consecutive_round_trips() -> None:
    assert row(seen(10.0, 14.0, None, 11.0)).jitter_ms == 3.5  # |14 - 10|, |11 - 14|
    assert row(seen(10.0)).jitter_ms is None


def test_a_run_of_losses_is_not_cut_in_two_by_a_report() -> None:
    window = Window("icmp", "gateway")
    window.add(seen(1.0, None, None))
    assert window.drain("up").burst == 2
    window.add(seen(None, 1.0))
    assert window.drain("up").burst == 3
    window.add(seen(1.0))
    assert window.drain("up").burst == 0


def test_an_empty_window_claims_nothing() -> None:
    found = row()
    assert (found.sent, found.min_ms, found.p95_ms, found.hist) == (0, None, None, ())


def test_draining_begins_a_new_period() -> None:
    window = Window("icmp", "gateway")
    window.add(seen(5.0, None))
    window.drain("up")
    assert window.drain("up").sent == 0


def test_evidence_is_flat_short_and_survives_the_wire() -> None:
    failed = Observation(
        "http",
        "site",
        0,
        False,
        Reason.HTTP_STATUS,
        (1.0,),
        phases_ms={"tls": 2.00049},
        detail={"location": "x" * 9000},
    )
    detail = row(failed).detail
    assert detail["reason"] == "http_status"
    assert detail["tls_ms"] == 2.0
    assert len(str(detail["location"])) == 120
    assert encode_body(row(failed))


RTTS = st.lists(st.one_of(st.none(), st.floats(0, 100_000)), max_size=200)


@given(RTTS)
def test_figures_are_ordered_and_the_histogram_holds_every_answer(rtts_ms: list[float | None]) -> None:
    found = row(seen(*rtts_ms))
    answered = [rtt for rtt in rtts_ms if rtt is not None]
    assert found.sent == len(rtts_ms)
    assert found.sent - found.lost == len(answered) == LogHistogram(found.hist).total
    assert found.burst <= found.lost <= found.sent
    if answered:
        assert found.min_ms is not None
        assert found.max_ms is not None
        assert found.min_ms <= (found.p50_ms or 0) <= (found.p95_ms or 0) <= found.max_ms


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0, 1))
def test_a_quantile_is_always_a_measured_value(values: list[float], q: float) -> None:
    assert quantile(sorted(values), q) in values


def test_memory_is_bounded_when_nobody_drains() -> None:
    window = Window("icmp", "gateway")
    for _ in range(400):
        window.add(seen(1.0, 2.0, 3.0, 4.0, 5.0))
    assert len(window._rtts_ms) <= MAX_SAMPLES
    assert window.drain("up").sent == 2000


def test_recent_loss_remembers_the_last_forty_attempts_only() -> None:
    recent = RecentLoss()
    recent.add([None] * 40)
    recent.add([1.0] * 30)
    assert (recent.sent, recent.lost) == (40, 10)
    low, high = recent.interval
    assert low < 0.25 < high


def test_five_answers_of_five_are_no_proof_of_a_perfect_line() -> None:
    recent = RecentLoss()
    recent.add([1.0] * 5)
    assert recent.interval[1] > 0.4


def test_the_interval_holds_the_true_loss_most_of_the_time() -> None:
    source = random.Random(36)
    hits = 0
    for _ in range(300):
        recent = RecentLoss()
        recent.add([None if source.random() < 0.2 else 1.0 for _ in range(40)])
        low, high = recent.interval
        hits += low <= 0.2 <= high
    assert hits >= 0.92 * 300  # it is a 95 % interval


def test_of_an_hour_of_pings_all_of_it_counts_for_the_quantiles() -> None:
    window = Window("icmp", "center")
    for number in range(3600):
        rtt_ms = 10.0 if number < 1200 else 50.0 + number / 1e4
        window.add(Observation("icmp", "center", number, True, rtts_ms=(rtt_ms,)))
    window.add(Observation("icmp", "center", 3600, True, rtts_ms=(3.0,)))
    row = window.drain("up")
    assert (row.min_ms, row.max_ms) == (3.0, 50.36)
    assert row.p50_ms is not None and row.p50_ms > 50
    assert row.p95_ms is not None and row.p95_ms > 50
    window.add(Observation("icmp", "center", 3601, True, rtts_ms=(7.0, 8.0)))
    row = window.drain("up")
    assert (row.min_ms, row.p50_ms, row.max_ms) == (7.0, 7.0, 8.0)
