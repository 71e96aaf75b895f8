"""Which incidents come first on the wall, which troubles stand beside them, and the load of alarms."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core.wall_incidents import LOAD_BUCKETS, IncidentRow, alarm_load, in_order, load_start, uncovered
from center.core.wall_view import NodeRow

ONE = IncidentRow(1, "node", "a", "critical", "silent", "none", 1000, 1090, None, False, "", ("a",))


def node(name: str, cause: str = "silent") -> NodeRow:
    return NodeRow(name, name, "DOWN", cause, "", 0, 0, 30_000)


def test_what_calls_comes_before_what_is_seen_and_the_many_before_the_few() -> None:
    seen = replace(ONE, id=2, acknowledged=True)
    many = replace(ONE, id=3, kind="parent", subject="line", nodes=("b", "c"))
    mild = replace(ONE, id=4, severity="warning")
    newer = replace(ONE, id=5, started_ms=5000)
    odd = replace(ONE, id=6, severity="later invented")
    assert [one.id for one in in_order([odd, mild, seen, ONE, newer, many])] == [3, 5, 1, 2, 4, 6]


def test_only_an_open_critical_one_that_nobody_acknowledged_calls() -> None:
    assert ONE.calls
    for calm in ({"acknowledged": True}, {"severity": "warning"}, {"resolved_ms": 2000}):
        assert not replace(ONE, **calm).calls  # type: ignore[arg-type]


def test_members_of_an_open_incident_are_not_told_twice_and_everybody_else_is() -> None:
    nodes = [node("a"), node("b"), node("c"), node("d")]
    open_one = replace(ONE, kind="parent", subject="line", nodes=("a", "b"))
    ended = replace(ONE, id=2, subject="c", nodes=("c",), resolved_ms=2000)
    assert [one.node for one in uncovered(nodes, [open_one, ended])] == ["c", "d"]


def test_what_is_wrong_with_a_nodes_records_does_not_hide_that_it_is_out() -> None:
    for kind in ("clone", "integrity", "certificate", "degraded"):
        one = replace(ONE, kind=kind)
        assert [row.node for row in uncovered([node("a")], [one])] == ["a"]
        assert one.fill == "degraded"


def test_while_the_centre_is_blind_what_it_cannot_judge_is_one_incident() -> None:
    blind = replace(ONE, kind="blind", subject="", nodes=())
    assert [one.node for one in uncovered([node("a", "blind"), node("b")], [blind])] == ["b"]
    assert blind.fill == "unknown"


@given(st.lists(st.integers(0, 10**7), max_size=50), st.integers(2 * 10**7, 10**8))
def test_every_alarm_of_the_last_stretches_is_counted_once(ages: list[int], now: int) -> None:
    alarms = [now - age for age in ages]
    load = alarm_load(alarms, now)
    assert len(load) == LOAD_BUCKETS
    assert sum(load) == sum(at_ms >= load_start(now) for at_ms in alarms)
    assert load[-1] == sum(at_ms >= now // 600_000 * 600_000 for at_ms in alarms)
