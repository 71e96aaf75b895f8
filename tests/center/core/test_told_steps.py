"""One told outage in which something else broke on the way."""

from center.core.facts import ToldStep
from tests.support.node_facts import at, concluded, lines, node, told


def of(code: str, *steps: tuple[str, str, float], end: str = "11:00") -> list[str]:
    outage = told("10:00", end, code)
    whole = type(outage)(
        outage.id, outage.boot, outage.onset, outage.end, outage.how, outage.code, 95.0, "",
        tuple(ToldStep(at(since), name, confidence) for since, name, confidence in steps),
    )  # fmt: skip
    return lines(concluded(node(outages=(whole,)), hearing=())["n"])


def test_steps_that_count_alike_leave_the_outage_and_its_name_whole() -> None:
    """L4 10:00 ... L5b 10:20 ... 11:00: down all the while, named by the node."""
    assert of("L5b", ("10:00", "L4", 60.0), ("10:20", "L5b", 95.0)) == ["10:00:00-11:00:00 L5b isp down"]


def test_a_cable_that_came_out_while_the_broker_was_down_is_down_from_then_on() -> None:
    """B1 10:00 (line good) ... L2 10:20 ... 11:00; the node names the whole L2, or B1."""
    for name in ("L2", "B1"):
        assert of(name, ("10:00:15", "B1", 98.0), ("10:20", "L2", 95.0)) == [
            "10:00:00-10:19:30~10:20:00 B1 center up",
            "10:19:30~10:20:00-11:00:00 L2 site down",
        ]


def test_each_part_has_the_name_of_its_surest_step_of_equals_the_inner_one() -> None:
    found = of("B1", ("10:00:15", "B1", 98.0), ("10:20", "L5b", 95.0), ("10:30", "L4", 95.0), ("10:40", "L6a", 60.0))
    assert found[1] == "10:19:30~10:20:00-11:00:00 L4 site down"


def test_a_pause_in_which_the_line_worked_is_no_outage() -> None:
    assert of("L5b", ("10:00:15", "L5b", 95.0), ("10:20", "OK", 95.0), ("10:30", "L5b", 95.0)) == [
        "10:00:00-10:19:30~10:20:00 L5b isp down",
        "10:29:30~10:30:00-11:00:00 L5b isp down",
    ]


def test_a_step_that_concludes_nothing_beside_one_of_the_centre_is_unknown() -> None:
    assert of("B1", ("10:00:15", "B1", 98.0), ("10:20", "U0", 0.0), ("10:30", "L5b", 95.0)) == [
        "10:00:00-10:19:30~10:20:00 B1 center up",
        "10:19:30~10:20:00-10:29:30~10:30:00 U0 none unknown",
        "10:29:30~10:30:00-11:00:00 L5b isp down",
    ]
