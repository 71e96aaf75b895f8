"""What a live diagnosis asks next, and that it comes to an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason, Scalar
from agent.core.questions import Question, proven, questions, refusal_distance
from wire.histogram import wilson_interval
from wire.shape import replace


def seen(probe: str, target: str, reason: Reason, rtts_ms: tuple[float | None, ...] = (), **detail: Scalar) -> Evidence:
    ok = reason is Reason.NONE
    return Evidence(Observation(probe, target, 0, ok, reason, rtts_ms, detail=detail), failed_runs=0 if ok else 1)


GOOD = seen("icmp", "center", Reason.NONE, (1.0,) * 200)


def asked(*items: Evidence, **runs: int) -> set[str]:
    return {f"{one.key}{':calm' if one.mode == 'calm' else ''}" for one in questions(items, runs)}


def test_a_line_that_is_fine_raises_no_question() -> None:
    assert asked(GOOD, seen("tcp", "center", Reason.NONE, (1.0,)), seen("broker", "center", Reason.NONE)) == set()


def test_one_lost_connection_is_tried_again() -> None:
    assert "tcp:center" in asked(GOOD, seen("tcp", "center", Reason.TIMEOUT, (None,)))


def test_a_name_that_was_lost_once_is_asked_for_again() -> None:
    nameless = seen("icmp", "center", Reason.RESOLVE_FAILED)
    assert "icmp:center" in asked(nameless, seen("tcp", "center", Reason.NONE, (1.0,)))
    assert "icmp:center" in asked(nameless, seen("dns", "resolver-1", Reason.NONE, (1.0,)))
    assert "icmp:center" not in asked(nameless, seen("dns", "resolver-1", Reason.TIMEOUT, (None,)))


def test_silence_is_traced_and_the_neighbour_of_the_centre_asked() -> None:
    silent = seen("icmp", "center", Reason.NO_REPLY, (None,) * 5)
    refused = seen("tcp", "center", Reason.TIMEOUT, (None,))
    assert {"trace:center", "icmp:beside"} <= asked(silent, refused)
    for answers in ((1.0,) * 5, (None,) * 5):
        known = seen("icmp", "beside", Reason.NONE if answers[0] else Reason.NO_REPLY, answers)
        assert "icmp:beside" not in asked(silent, refused, known)
    assert "icmp:beside" in asked(silent, refused, seen("icmp", "beside", Reason.NO_REPLY, (None,)))


def test_a_loss_that_may_be_chance_is_measured_calmly() -> None:
    some = seen("icmp", "center", Reason.NONE, (1.0,) * 195 + (None,) * 5)
    assert asked(some) == {"icmp:center:calm"}
    assert asked(seen("icmp", "center", Reason.NONE, (1.0,) * 198 + (None,) * 2)) == set()
    assert questions([some], {"icmp:center:calm": 1}) == ()


def test_of_few_pings_a_single_lost_one_has_all_of_them_sent_once() -> None:
    one = seen("icmp", "center", Reason.NONE, (1.0,) * 59 + (None,))
    runs = {"icmp:center": 1}
    assert questions([one], runs) == ()
    assert questions([one], runs, brisk=True) == (Question("icmp", "center"),)
    assert questions([one], {"icmp:center": 2}, brisk=True) == ()
    assert questions([GOOD], runs, brisk=True) == ()
    mute = seen("icmp", "center", Reason.NO_REPLY, (None,) * 60)
    assert Question("icmp", "center") not in questions([mute], runs, brisk=True)


def test_a_long_silence_is_looked_at_twice_and_then_calmly() -> None:
    once = seen("icmp", "center", Reason.NONE, (1.0,) * 20 + (None,) * 99 + (1.0,) + (None,) * 80)
    assert asked(once) == {"icmp:center"}
    assert asked(once, **{"icmp:center": 2}) == {"icmp:center:calm"}
    twice = seen("icmp", "center", Reason.NONE, ((1.0,) * 20 + (None,) * 80) * 2)
    assert asked(twice, **{"icmp:center": 2}) == set()


TCP = seen("tcp", "center", Reason.NONE, (1.0,))
BROKER = seen("broker", "center", Reason.NONE, (5.0,))
SMOOTH = (TCP, BROKER)


def losing(*rtts_ms: float | None) -> Evidence:
    ping = seen("icmp", "center", Reason.NONE, rtts_ms)
    low = wilson_interval(rtts_ms.count(None), len(rtts_ms))[0]
    return replace(ping, sent=len(rtts_ms), loss_low=low)


# a burst of twenty, then one answer a second, as a firewall with a limit gives them
RATIONED = losing(*(1.0,) * 20, *(None,) * 79, 1.0, *(None,) * 99, 1.0)


def test_rationed_pings_are_no_reason_to_look_longer_once_a_second_connection_went_through() -> None:
    assert asked(RATIONED, *SMOOTH, **{"tcp:center": 1}) == {"tcp:center"}
    assert asked(RATIONED, *SMOOTH, **{"tcp:center": 2}) == set()


def test_pings_that_look_rationed_are_measured_again_when_tcp_is_not_smooth() -> None:
    failed = seen("tcp", "center", Reason.TIMEOUT, (None,))
    sent_again = seen("broker", "center", Reason.NONE, (1200.0,))
    for others in ((failed, BROKER), (TCP, sent_again), (TCP,)):
        assert "icmp:center" in asked(RATIONED, *others, **{"tcp:center": 2})


def test_a_line_that_comes_and_goes_is_not_taken_for_a_ration() -> None:
    flapping = losing(*(1.0,) * 30, *(None,) * 80, *(1.0,) * 12, *(None,) * 78)
    gone = losing(*(1.0,) * 30, *(None,) * 170)
    back = losing(*(1.0,) * 30, *(None,) * 60, 1.0, *(None,) * 97, *(1.0,) * 12)
    for line in (flapping, gone, back):
        assert {"icmp:center", "icmp:center:calm"} & asked(line, *SMOOTH)


def test_a_mute_host_that_takes_connections_is_not_traced() -> None:
    mute = seen("icmp", "center", Reason.NO_REPLY, (None,) * 200)
    assert asked(mute, *SMOOTH) == set()
    assert "trace:center" in asked(mute, seen("tcp", "center", Reason.TIMEOUT, (None,)))
    assert "trace:center" in asked(mute)


def test_with_no_address_of_the_centre_and_a_silent_internet_the_way_out_is_traced() -> None:
    nameless = [seen(probe, "center", Reason.RESOLVE_FAILED) for probe in ("icmp", "tcp", "broker")]
    silent = seen("internet", "internet", Reason.NO_REPLY, (None,) * 9)
    assert "trace:internet" in asked(*nameless, silent)
    assert "trace:internet" not in asked(*nameless, silent, **{"trace:internet": 1})
    assert "trace:internet" not in asked(*nameless, seen("internet", "internet", Reason.NONE, (1.0,)))
    assert "trace:internet" not in asked(*nameless[1:], GOOD, silent)


@pytest.mark.parametrize("broken", ["tcp", "broker"])
def test_only_connections_that_went_through_smoothly_prove_the_way(broken: str) -> None:
    assert all(proven(SMOOTH, target) for target in ("center", "gateway"))
    assert not proven(SMOOTH, "beside")
    others = [item for item in SMOOTH if item.seen.probe != broken]
    assert not proven(others, "center")
    assert not proven([*others, seen(broken, "center", Reason.TIMEOUT, (None,))], "center")
    assert not proven([*others, seen(broken, "center", Reason.NONE, (1500.0,))], "gateway")


def test_a_refusal_is_asked_for_its_place_of_birth_once_the_distance_is_known() -> None:
    refused = seen("broker", "center", Reason.REFUSED, (None,))
    assert asked(GOOD, refused) == {"trace:center"}
    reached = seen("trace", "center", Reason.NONE, reached=True, hops=3)
    assert asked(GOOD, refused, reached) == {"refusal:center"}


@pytest.mark.parametrize(
    ("hops", "reached", "distance"),
    [(5, True, 5), (2, True, 2), (1, True, 0), (4, False, 5), (1, False, 2), (0, False, 0), (None, False, 0)],
)
def test_a_host_is_at_least_behind_the_last_router_that_answered(hops: object, reached: bool, distance: int) -> None:
    assert refusal_distance(hops, reached) == distance


def test_a_silent_resolver_is_asked_again_but_not_when_another_answers() -> None:
    silent = seen("dns", "resolver-1", Reason.TIMEOUT, (None,))
    assert "dns:resolver-1" in asked(GOOD, silent)
    assert asked(GOOD, silent, seen("dns", "resolver-2", Reason.NONE, (1.0,))) == set()


PROBES = st.sampled_from(["icmp", "tcp", "broker", "dns", "gateway", "internet", "trace", "refusal", "site", "http"])
ITEMS = st.lists(
    st.builds(
        seen,
        PROBES,
        st.sampled_from(["center", "gateway", "internet", "resolver-1"]),
        st.sampled_from(list(Reason)),
        st.lists(st.none() | st.just(1.0), max_size=30).map(tuple),
        reached=st.booleans(),
    ),
    max_size=12,
)


@given(ITEMS)
def test_whatever_is_known_the_questions_end(items: list[Evidence]) -> None:
    runs: dict[str, int] = {}
    for _ in range(100):
        wanted = questions(items, runs)
        if not wanted:
            return
        for one in wanted:
            key = f"{one.key}:calm" if one.mode == "calm" else one.key
            runs[key] = runs.get(key, 0) + 1
    raise AssertionError(f"still asks after 100 rounds: {wanted}")


def test_a_question_says_what_it_is_about() -> None:
    assert Question("icmp", "center", "calm").key == "icmp:center"
