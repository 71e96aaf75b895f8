"""Lasting changes of the verdict are told, once; nothing makes a storm of them."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.news import HOLD_MS, UNSURE_MS, News


def told(verdicts: list[tuple[int, str]], until_ms: int, every_ms: int = 1000) -> list[tuple[int, str, int]]:
    """(when told, code, since) for verdicts that hold from their time on, looked at every second."""
    news, found, code = News(), [], ""
    for now_ms in range(0, until_ms, every_ms):
        code = next((name for at_ms, name in reversed(verdicts) if at_ms <= now_ms), "U0")
        since_ms = news.take(now_ms, code, ())
        if since_ms is not None:
            found.append((now_ms, code, since_ms))
    return found


def test_a_verdict_that_lasts_is_told_once_with_its_beginning() -> None:
    assert told([(0, "OK"), (20_000, "L5d")], 120_000) == [(HOLD_MS, "OK", 0), (20_000 + HOLD_MS, "L5d", 20_000)]


def test_a_moment_between_two_findings_is_not_told() -> None:
    assert [code for _, code, _ in told([(0, "OK"), (20_000, "U0"), (40_000, "OK")], 90_000)] == ["OK"]
    assert told([(0, "U0")], 60_000) == [(UNSURE_MS, "U0", 0)]


def test_what_comes_beside_the_verdict_must_last_longer() -> None:
    news = News()
    assert news.take(0, "OK", ()) is None
    assert news.take(HOLD_MS, "OK", ()) == 0
    assert news.take(10_000, "OK", ("I2",)) is None
    assert news.due_ms(10_000) == 10_000 + UNSURE_MS
    assert news.take(10_000 + UNSURE_MS, "OK", ("I2",)) == 10_000


def test_what_comes_and_goes_beside_a_verdict_does_not_keep_it_from_being_told() -> None:
    news = News()
    told = [news.take(1000 * second, "L5d", ("D1",) if second % 2 else ()) for second in range(40)]
    assert [since_ms for since_ms in told if since_ms is not None] == [0]


def test_a_line_that_flaps_for_hours_is_told_a_few_times_and_then_when_it_settles() -> None:
    verdicts = [(20_000 * number, "L5d" if number % 2 else "OK") for number in range(1000)]
    found = told(verdicts, 20_000_000 + 1_200_000)
    assert len(found) <= 40 * 6  # six hours
    per_ten_minutes = max(sum(abs(at_ms - other) < 600_000 for other, _, _ in found) for at_ms, _, _ in found)
    assert per_ten_minutes <= 12
    assert found[-1][1] == "L5d"


@given(st.lists(st.tuples(st.integers(0, 30_000), st.sampled_from(["OK", "L4", "L5d", "U0"])), max_size=60))
def test_what_is_told_held_and_is_news(changes: list[tuple[int, str]]) -> None:
    news, now_ms, last, since = News(), 0, "", 0
    shown: list[str] = []
    for wait_ms, code in changes:
        now_ms += wait_ms
        since = now_ms if code != last else since
        last = code
        found_ms = news.take(now_ms, code, ())
        if found_ms is not None:
            assert found_ms == since
            assert now_ms - found_ms >= HOLD_MS
            assert not shown or shown[-1] != code
            shown.append(code)
