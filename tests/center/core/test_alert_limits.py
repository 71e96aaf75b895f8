"""The limit of a channel per minute, digests, and how often a message is tried."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.alert_limits import GIVE_UP_MS, LONGEST_RETRY_MS, Due, gives_up, next_out, retry_at_ms
from center.core.alert_text import MAX_CHARS, MAX_NAMES, digest

DUE = st.builds(Due, st.integers(1, 999), st.sampled_from(["", "person:1"]), st.sampled_from(["critical", "warning"]))


def test_the_worst_goes_first_then_the_oldest() -> None:
    due = [Due(1, "", "warning"), Due(3, "", "critical"), Due(2, "", "critical")]
    assert next_out(due, 0, 10) == (2,)


def test_the_last_message_of_a_minute_takes_all_others_along() -> None:
    due = [Due(number, "", "warning") for number in range(1, 14)]
    assert next_out(due, 8, 10) == (1,)
    assert next_out(due, 9, 10) == tuple(range(1, 14))
    assert next_out(due, 10, 10) == ()


def test_a_test_message_is_never_put_together_with_alarms() -> None:
    due = [Due(1, "", "critical", alone=True), Due(2, "", "warning")]
    assert next_out(due, 9, 10) == (1,)
    assert next_out([*due, Due(3, "", "critical")], 9, 10) == (1,)


@given(st.lists(DUE, unique_by=lambda one: one.id), st.integers(1, 20))
def test_a_channel_says_no_more_than_its_limit_and_leaves_nobody_out(due: list[Due], per_minute: int) -> None:
    left, used, told = list(due), 0, set()
    while chosen := next_out(left, used, per_minute):
        assert len({one.address for one in left if one.id in chosen}) == 1
        told |= set(chosen)
        left = [one for one in left if one.id not in chosen]
        used += 1
    assert used <= per_minute
    assert told | {one.id for one in left} == {one.id for one in due}
    if len({one.address for one in due}) == 1:
        assert not left, "one address alone always fits into one minute"


def test_a_digest_says_how_many_and_fits_into_one_message() -> None:
    text = digest([f"[KRITIS] kabar {number}\nbaris kedua" for number in range(30)], "critical", "id")
    assert text.startswith("[KRITIS] 30 kabar sekaligus: 30 gangguan, 0 selesai.\n")
    assert text.count("\n- ") == MAX_NAMES and f"dan {30 - MAX_NAMES} lagi" in text and "kedua" not in text
    assert len(digest(["x" * 5_000] * 40, "critical", "id")) <= MAX_CHARS


def test_tries_come_further_apart_and_end_after_a_day() -> None:
    waits = [retry_at_ms(attempts, 0) for attempts in range(1, 12)]
    assert waits[:3] == [10_000, 20_000, 40_000] and waits == sorted(waits) and waits[-1] == LONGEST_RETRY_MS
    assert retry_at_ms(1, 0, permanent=True) == LONGEST_RETRY_MS
    assert not gives_up(None, GIVE_UP_MS) and not gives_up(0, GIVE_UP_MS - 1) and gives_up(0, GIVE_UP_MS)
