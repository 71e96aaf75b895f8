"""Since when something fails, and when the trouble on the way to the centre began."""

from agent.core.observation import Observation
from agent.core.past import Past, back_ms, onset_ms


def past(letters: str, began_ms: int = 0, every_ms: int = 1000) -> Past:
    """Runs of one ping each, one a second."""
    found = Past()
    for number, letter in enumerate(letters):
        ok = letter == "+"
        at_ms = began_ms + every_ms * number
        found.add(Observation("icmp", "center", at_ms, ok, rtts_ms=(1.0 if ok else None,)))
    return found


def test_a_streak_dates_from_its_first_run() -> None:
    seen = past("++---")
    assert (seen.failing, seen.since_ms, seen.good_ms) == (True, 2000, 1000)
    assert (seen.sent, seen.lost, seen.before) == (5, 3, (2, 0))
    assert seen.counts_from_failure == (2, 0)
    assert past("--+").counts_from_failure == (3, 2)


def test_the_trouble_began_with_the_first_probe_that_failed() -> None:
    assert onset_ms([past("++--"), past("+--", 500)], [], [], 9000) == 1500


def test_pings_the_centre_mutes_say_nothing_about_when_it_was_lost() -> None:
    mute, tcp = past("-" * 60), past("+-", 10_000, 20_000)
    assert onset_ms([mute, tcp], [], [], 90_000) == 30_000


def test_a_broker_that_fails_while_its_host_answers_dates_the_trouble() -> None:
    assert onset_ms([past("++++++")], [past("+-", 2000, 2000)], [past("-")], 9000) == 4000


def test_a_cable_that_fails_first_dates_the_trouble() -> None:
    assert onset_ms([past("+++-")], [], [past("+-", 2000, 700)], 9000) == 2700


def test_without_any_run_the_trouble_begins_now() -> None:
    assert onset_ms([], [], [], 77) == 77
    assert back_ms([]) is None
    assert back_ms([past("--"), past("--+", 100)]) == 2100
