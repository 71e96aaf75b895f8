"""What the wall says of nodes."""

from typing import Any

from center.core.wall_view import NodeRow, alarms, problems, site_views

NOW = 1_800_000_000_000


def node(name: str, state: str = "UP", site: str = "", cause: str = "", verdict: str = "OK", **more: Any) -> NodeRow:
    values = {"since_ms": NOW - 60_000, "last_seen_ms": NOW - 1_000, "period_ms": 30_000, **more}
    return NodeRow(name, site or name, state, cause, verdict, **values)


def test_a_site_without_a_node_is_absent_and_no_problem() -> None:
    assert site_views(["a"], [])["a"].fill == "absent"
    assert problems([]) == []


def test_a_site_shows_the_worst_of_its_nodes() -> None:
    views = site_views(["a"], [node("a"), node("a-2", "DOWN", site="a"), node("a-3", "DEGRADED", site="a")])
    assert (views["a"].fill, views["a"].node) == ("down", "a-2")


def test_unreachable_is_shown_as_unknown_and_retired_as_absent() -> None:
    views = site_views(["a", "b"], [node("a", "UNREACHABLE"), node("b", "RETIRED")])
    assert (views["a"].fill, views["b"].fill) == ("unknown", "absent")


def test_problems_are_grouped_by_what_is_wrong_down_first_then_by_reach() -> None:
    rows = [
        node("a", "DEGRADED", cause="verdict", verdict="Q2"),
        node("b", "DEGRADED", cause="verdict", verdict="Q2"),
        node("c", "DOWN", cause="silent"),
        node("d", "UNKNOWN", cause="never_seen"),
        node("e", "MAINT"),
        node("f"),
    ]
    found = problems(rows)
    assert [(problem.fill, problem.what, problem.sites) for problem in found] == [
        ("down", "silent", ("c",)),
        ("degraded", "Q2", ("a", "b")),
        ("unknown", "never_seen", ("d",)),
    ]
    assert found[1].party == "isp"
    assert found[0].party == "none"


def test_what_a_node_said_last_does_not_explain_its_silence() -> None:
    assert problems([node("a", "DOWN", cause="lost", verdict="Q2")])[0].what == "lost"


def test_a_group_began_when_its_first_node_did() -> None:
    rows = [node("a", "DOWN", cause="lost", since_ms=NOW - 5), node("b", "DOWN", cause="lost", since_ms=NOW - 9)]
    assert problems(rows)[0].since_ms == NOW - 9


def test_alarms_are_troubles_of_the_last_ten_minutes_and_not_boxes_still_in_their_carton() -> None:
    rows = [
        node("a", "DOWN"),
        node("b", "DEGRADED", since_ms=NOW - 700_000),
        node("c"),
        node("d", "UNKNOWN", last_seen_ms=None),
    ]
    assert alarms(rows, NOW) == 1
