"""When a run of pings is over: nothing is given up that may still come, and nobody waits for what will not."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pingwait import LEAST_MS, Sent, over
from wire.shape import replace

GAP_MS = 10.0


def pings(*rtts_ms: float | None) -> list[Sent]:
    return [Sent(number * GAP_MS, rtt_ms) for number, rtt_ms in enumerate(rtts_ms)]


def test_a_run_with_all_its_answers_is_over_at_once() -> None:
    assert over(pings(1.0, 2.0, 1.0), 20.0, proven=False)
    assert over([Sent(0.0, refused=True), Sent(10.0, 1.0)], 10.0, proven=False)


def test_a_packet_that_three_later_ones_overtook_is_lost_but_not_before_its_time() -> None:
    sent = pings(1.0, None, 1.0, 1.0, 1.0)
    assert not over(sent, 10.0 + LEAST_MS - 1, proven=False)
    assert over(sent, 10.0 + LEAST_MS, proven=False)
    assert not over(pings(1.0, None, 1.0, 1.0), 10_000.0, proven=False)  # by two: they may have changed places


def test_a_slow_line_gets_three_of_its_slowest_round_trips() -> None:
    sent = pings(None, 400.0, 500.0, 400.0)
    assert not over(sent, 1499.0, proven=False)
    assert over(sent, 1500.0, proven=False)


def test_a_line_that_stands_still_at_the_end_is_waited_for() -> None:
    standing = pings(*[1.0] * 150, *[None] * 50)
    assert not over(standing, 10_000.0, proven=False)
    assert not over(standing, 10_000.0, proven=True)


def test_a_mute_or_rationing_host_is_waited_for_only_where_nothing_proves_the_way() -> None:
    for silent in (pings(*[None] * 20), pings(*[1.0] * 5, *[None] * 15)):
        end_ms = 19 * GAP_MS + LEAST_MS
        assert over(silent, end_ms, proven=True)
        assert not over(silent, end_ms - 1, proven=True)
        assert not over(silent, end_ms, proven=False)


@given(
    st.lists(st.none() | st.floats(0.1, 3000.0), min_size=1, max_size=60).map(lambda rtts: pings(*rtts)),
    st.floats(0.0, 20_000.0),
    st.floats(0.0, 5000.0),
    st.booleans(),
)
def test_what_is_over_stays_over_and_no_ping_is_given_up_early(
    sent: list[Sent], now_ms: float, more_ms: float, proven: bool
) -> None:
    if not over(sent, now_ms, proven=proven):
        return
    missing = [ping for ping in sent if ping.rtt_ms is None]
    assert all(now_ms - ping.sent_ms >= LEAST_MS for ping in missing)
    assert over(sent, now_ms + more_ms, proven=True)
    assert over([replace(ping, rtt_ms=ping.rtt_ms or 0.1) for ping in sent], now_ms, proven=proven)
