"""Ways as traces find them: circles, changes, what is learnt and forgotten, and the words they travel in."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation, Reason
from agent.core.path import (
    REMEMBERED,
    Path,
    PathHop,
    PathMemory,
    differing,
    from_observation,
    last_router,
    learn,
    loop_at,
    notice,
    trimmed,
)
from agent.probes.trace import judge, told
from wire.bodies import PathNotice

TARGET = "10.9.9.9"


def way(text: str, *, reached: bool = False, target: str = TARGET) -> Path:
    """`a>*>b` as a path."""
    names = text.split(">") if text else []
    hops = (PathHop(ttl, "" if name == "*" else name, float(ttl)) for ttl, name in enumerate(names, 1))
    return Path(target, trimmed(hops), reached)


def test_silent_hops_are_kept_between_and_dropped_behind_the_last_that_answered() -> None:
    path = way("a>*>b>*>*")
    assert path.text == "a>*>b"
    assert path.last == PathHop(3, "b", 3.0)
    assert [hop.ttl for hop in path.hops] == [1, 2, 3]
    assert (way("").text, way("").last, way("*>*").hops) == ("", None, ())


def test_a_router_that_comes_again_is_a_circle() -> None:
    assert loop_at(way("a>b>c>b>c")) == "b"
    assert loop_at(way("a>b>*>c>*>c>*>c")) == "c"
    assert loop_at(way("a>b>b>b")) == "b"
    assert loop_at(way("a>b>c>*>*>c>*>d>c")) == "c"  # a router of the circle that was heard late


def test_no_circle_where_there_is_another_reason() -> None:
    assert loop_at(way("a>b>c")) == ""
    assert loop_at(way("a>b>b>c")) == ""  # a router that passes on packets whose time is up shows the next one twice
    assert loop_at(way("a>b>*>b")) == ""  # nobody else was seen between
    assert loop_at(way("a>b>a>10.9.9.9", reached=True)) == ""
    assert loop_at(way("")) == ""


def test_one_private_address_for_two_routers_is_no_circle() -> None:
    assert loop_at(way("10.0.0.1>192.168.1.1>10.0.0.1>100.64.0.1>180.250.0.1")) == ""
    assert loop_at(way("10.0.0.1>192.168.1.1>10.0.0.1>*>180.250.0.1>*")) == ""


def test_the_last_router_stands_before_the_target() -> None:
    assert last_router(way("a>b>*>10.9.9.9", reached=True)) == 2
    assert last_router(way("10.9.9.9", reached=True)) == last_router(way("")) == 0


def test_only_hops_that_answered_both_times_can_differ() -> None:
    before = way("a>b>*>d")
    assert differing(before, way("a>*>c>d")) == ()
    assert differing(before, way("a>x>c>y>z")) == (2, 4)


def test_the_first_trace_is_no_change_and_silence_never_is() -> None:
    memory, changed = learn(PathMemory(), way("a>b>10.9.9.9", reached=True))
    assert changed == ()
    memory, changed = learn(memory, way("a"))
    assert changed == ()
    memory, changed = learn(memory, way("a>b>10.9.9.9", reached=True))
    assert changed == ()


def test_load_balancing_is_news_once_and_then_known() -> None:
    memory, _ = learn(PathMemory(), way("a>b1>c"))
    memory, changed = learn(memory, way("a>b2>c"))
    assert changed == (2,)
    for text in ("a>b1>c", "a>b2>c", "a>b2>c", "a>b1>c"):
        memory, changed = learn(memory, way(text))
        assert changed == ()


def test_a_way_that_comes_back_after_a_long_detour_is_news_again() -> None:
    memory, _ = learn(PathMemory(), way("a>b"))
    for number in range(REMEMBERED + 1):
        memory, changed = learn(memory, way("a>detour"))
        assert changed == (() if number else (2,))
    memory, changed = learn(memory, way("a>b"))
    assert changed == (2,)


def test_a_router_more_on_the_way_moves_everything_behind_it() -> None:
    memory, _ = learn(PathMemory(), way("a>b>10.9.9.9", reached=True))
    memory, changed = learn(memory, way("a>new>b>10.9.9.9", reached=True))
    assert changed == (2, 3)


def test_a_target_that_moved_is_another_target() -> None:
    memory, _ = learn(PathMemory(), way("a>b"))
    memory, changed = learn(memory, way("a>c", target="10.8.8.8"))
    assert (changed, memory.target, memory.traces) == ((), "10.8.8.8", 1)


names = st.sampled_from(["*", "a", "b", "c", "d"])
ways = st.lists(names, max_size=8).map(lambda found: way(">".join(found)))


@given(st.lists(ways, max_size=30))
def test_any_traces_are_learnt_within_bounds_and_a_repeated_one_is_no_news(paths: list[Path]) -> None:
    memory = PathMemory()
    for path in paths:
        memory, changed = learn(memory, path)
        assert all(path.hops[ttl - 1].address for ttl in changed)
        _, changed = learn(memory, path)
        assert changed == ()
    assert len(memory.known) <= 8
    assert all(len(row) <= 5 for row in memory.known)


@given(ways, st.booleans())
def test_what_the_probe_tells_is_read_back_as_the_same_path(path: Path, reached: bool) -> None:
    whole = Path(path.address, path.hops, reached)
    assert from_observation(told("center", 5, whole, 16)).hops == whole.hops
    assert from_observation(told("center", 5, whole, 16)).reached == reached


def test_the_refusal_is_read_back_too() -> None:
    path = Path(TARGET, way("a>b").hops, False, Reason.PROHIBITED, "b", 13)
    assert from_observation(told("center", 5, path, 16)) == path


def test_a_foreign_observation_gives_an_empty_path() -> None:
    seen = Observation("trace", "center", 1, False, Reason.NO_TARGET, detail={"hint": "x"})
    assert from_observation(seen).hops == ()
    assert from_observation(Observation("x", "y", 1, True, detail={"path": ">>*>" * 500})).hops == ()


def test_the_notice_fits_the_wire() -> None:
    body = notice("center", way("a>*>10.9.9.9", reached=True), "hourly", changed=True)
    again = msgspec.json.decode(msgspec.json.encode(body), type=PathNotice)
    assert (again, again.changed, again.why, [hop.address for hop in again.hops]) == (
        body,
        True,
        "hourly",
        ["a", "", "10.9.9.9"],
    )


def test_why_a_target_was_not_reached() -> None:
    assert judge(way("a>10.9.9.9", reached=True), 16) is Reason.NONE
    assert judge(way("a>b>a>b"), 16) is Reason.LOOP
    assert judge(Path(TARGET, way("a>b").hops, False, Reason.PROHIBITED, "b", 13), 16) is Reason.PROHIBITED
    assert judge(way("a>b>c>d"), 4) is Reason.TTL_EXCEEDED
    assert judge(way("a>b>c"), 4) is Reason.NO_REPLY
    assert judge(way(""), 4) is Reason.NO_REPLY
