"""What a row of pings says together."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pingtally import tally

RTTS = st.lists(st.none() | st.floats(0.001, 5000), max_size=60)


def test_an_example_by_hand() -> None:
    found = tally([10.0, None, None, 14.0, 12.0, None])
    assert (found.sent, found.lost, found.burst) == (6, 3, 2)
    assert (found.min_ms, found.median_ms, found.p95_ms, found.max_ms) == (10.0, 12.0, 14.0, 14.0)
    assert found.jitter_ms == 3.0
    assert 0.18 < found.loss_low < 0.5 < found.loss_high < 0.82


def test_nothing_sent_says_nothing() -> None:
    found = tally([])
    assert (found.sent, found.min_ms, found.jitter_ms, found.loss_low, found.loss_high) == (0, None, None, 0.0, 1.0)
    assert not found.enough


@given(RTTS)
def test_figures_are_ordered_and_the_interval_holds_the_share(rtts_ms: list[float | None]) -> None:
    found = tally(rtts_ms)
    assert found.lost == rtts_ms.count(None)
    assert found.burst <= found.lost
    assert (found.burst == 0) == (found.lost == 0)
    if found.sent:
        assert found.loss_low <= found.lost / found.sent <= found.loss_high
    if found.min_ms is not None:
        assert found.median_ms is not None and found.p95_ms is not None and found.max_ms is not None
        assert found.min_ms <= found.median_ms <= found.p95_ms <= found.max_ms
