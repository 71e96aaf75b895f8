"""Every row of the table of causes, one time line each. `=` heard or alive, `x` outage, `|` a birth, `v` a will."""

import pytest

from center.core.facts import NodeFacts
from tests.support.node_facts import alive, concluded, contact, life, lines, node, span, told, verdict


def of(facts: NodeFacts, **more: object) -> list[str]:
    return lines(concluded(facts, **more)["n"])  # type: ignore[arg-type]


def test_a_silence_nobody_explains_is_silent_from_the_last_message_to_the_birth() -> None:
    """contact ====10:00    v10:00:35            |11:00===="""
    found = of(node(contacts=(contact("09:00", "10:00", "10:00:35"), contact("11:00", "23:59:59"))))
    assert found == ["10:00:00~10:00:35-10:55:00~11:00:00 silent none down"]


@pytest.mark.parametrize("before_contact", [False, True], ids=["at once", "after a run nobody heard"])
def test_another_box_for_a_lost_one_leaves_a_time_nobody_can_tell_of(before_contact: bool) -> None:
    """lost box ====10:00    v10:00:35            |11:00==== another box"""
    seen = (contact("09:00", "10:00", "10:00:35"), contact("11:00", "23:59:59", boot="new", run="n2"))
    first = (life("10:50", "10:52", boot="new", run="n1", verdict="first"),) if before_contact else ()
    second = life("10:58", "23:59", boot="new", run="n2", before=("new", "n1") if before_contact else ("", ""),
                  verdict="stopped" if before_contact else "first")  # fmt: skip
    lives = (life("09:00", "09:59:50"), *first, second)
    lost = of(node(contacts=seen, lives=lives, lost=(span("10:00", "11:00"),)))
    assert {line.split()[-1] for line in lost if "silent" in line} == {"unknown"}
    assert not [line for line in lost if "restart none down" in line]
    kept = of(node(contacts=seen, lives=lives))
    assert "unknown" not in " ".join(kept)


def test_what_a_lost_box_had_told_of_its_line_stays_told() -> None:
    seen = (contact("09:00", "10:00", "10:00:35"), contact("11:00", "23:59:59", boot="new", run="n1"))
    found = of(node(contacts=seen, outages=(told("09:30", "09:40"),), lost=(span("10:00", "11:00"),)))
    assert found == ["09:30:00-09:40:00 L5b isp down", "10:00:00~10:00:35-10:55:00~11:00:00 silent none unknown"]


def test_a_silence_that_lasts_has_no_end() -> None:
    """contact ====10:00    v10:00:35 ..........................now"""
    assert of(node(contacts=(contact("09:00", "10:00", "10:00:35"),)), now="10:20") == [
        "10:00:00~10:00:35- silent none down"
    ]


def test_a_session_that_ended_unnoticed_counts_after_the_silence_window() -> None:
    """contact ====10:00 (no will)  window 90 s   |11:00===="""
    found = of(node(contacts=(contact("09:00", "10:00"), contact("11:00", "23:59:59"))))
    assert found == ["10:00:00~10:01:30-10:55:00~11:00:00 silent none down"]


def test_a_pause_shorter_than_the_window_is_no_outage() -> None:
    """contact ====10:00  |10:01===="""
    assert of(node(contacts=(contact("09:00", "10:00"), contact("10:01", "23:59:59")))) == []


def test_a_told_outage_explains_the_silence_with_its_own_bounds() -> None:
    """
    contact ====10:00:20   v10:00:50         |10:30:08====
    told       10:00:10 xxxxxxx L5b xxxxxx 10:30:00
    """
    found = of(
        node(
            contacts=(contact("09:00", "10:00:20", "10:00:50"), contact("10:30:08", "23:59:59")),
            lives=(life("09:00", "23:59:50"),),
            alive=(alive("09:00", "23:59:50"),),
            outages=(told("10:00:10", "10:30:00"),),
        )
    )
    assert found == ["10:00:10-10:30:00 L5b isp down"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("L1", "L1 site down"),
        ("L6c", "L6c isp down"),
        ("L7", "L7 center unknown"),
        ("B1", "B1 center up"),
        ("B2", "B2 isp down"),
        ("B5", "B5 center up"),
        ("U0", "U0 none down"),
        ("OK", "U0 none down"),
        ("Z9", "Z9 none down"),
    ],
)
def test_a_told_outage_counts_by_its_code(code: str, says: str) -> None:
    """told 10:00 xxxx code xxxx 10:30, nobody at the centre listening"""
    assert of(node(outages=(told("10:00", "10:30", code),)), hearing=()) == [f"10:00:00-10:30:00 {says}"]


@pytest.mark.parametrize(("code", "counts"), [("B1", "unknown"), ("B3", "unknown"), ("B4", "up"), ("B5", "up")])
def test_a_broker_that_the_centre_hears_through_is_not_simply_believed_to_be_down(code: str, counts: str) -> None:
    """told 10:00 xxxx B1 xxxx 10:30, the centre listening all the while"""
    assert of(node(outages=(told("10:00", "10:30", code),))) == [f"10:00:00-10:30:00 {code} center {counts}"]


def test_an_agent_that_crashed_is_the_citys_matter() -> None:
    """run r1 ====10:00:00 (last sign)      run r2 |10:04===="""
    found = of(
        node(
            contacts=(
                contact("09:00", "10:00:05", "10:00:05"),
                contact("10:04:02", "23:59:59", run="r2"),
            ),
            lives=(
                life("09:00", "10:00:00"),
                life("10:04", "23:59", run="r2", before=("b1", "r1"), verdict="agent_crashed", alive="10:00:00"),
            ),
        )
    )
    assert found == ["10:00:05~10:00:45-10:04:00 A1 city down"]


@pytest.mark.parametrize("reset", ["watchdog", "panic", "warm_reset"])
def test_a_box_that_reset_itself_is_the_citys_matter(reset: str) -> None:
    """boot b1 ====10:00      boot b2 |10:04===="""
    found = of(
        node(
            lives=(
                life("09:00", "10:00:00"),
                life(
                    "10:04", "23:59", boot="b2", run="r2", before=("b1", "r1"), verdict="box_reset", reset=reset,
                    alive="10:00:00",
                ),
            ),
        )
    )  # fmt: skip
    assert found == ["10:00:00~10:00:45-10:04:00 A2 city down"]


def test_a_stop_is_planned_until_the_next_start() -> None:
    """run r1 ====stop 10:00:02      run r2 |10:04===="""
    found = of(
        node(
            contacts=(contact("09:00", "10:00:02", stop="10:00:02"), contact("10:04:02", "23:59:59", run="r2")),
            lives=(
                life("09:00", "10:00:01", stopped="10:00:01"),
                life("10:04", "23:59", run="r2", before=("b1", "r1"), verdict="stopped", alive="10:00:02"),
            ),
        )
    )
    assert found == ["10:00:01~10:00:02-10:04:00 planned none down"]


def test_a_stop_that_only_the_session_tells_of_is_planned_too() -> None:
    """contact ====stop 10:00:02 ............................now"""
    assert of(node(contacts=(contact("09:00", "10:00:02", stop="10:00:02"),)), now="11:00") == [
        "10:00:02- planned none down"
    ]


def test_a_box_without_power_is_a_restart_of_unknown_cause() -> None:
    """boot b1 ====10:00:20 (beat)   v10:01:10      boot b2 |10:30===="""
    found = of(_powerless())
    assert found == ["10:00:25~10:01:05-10:30:00 restart none down"]


def test_too_little_voltage_just_before_makes_it_the_matter_of_pln() -> None:
    """boot b1 ====brownout 09:59:30 ==10:00:20     boot b2 |10:30===="""
    assert of(_powerless(brownout="09:59:30")) == ["10:00:25~10:01:05-10:30:00 N0 pln down"]


def test_too_little_voltage_long_before_proves_nothing() -> None:
    """boot b1 ====brownout 09:50 =========10:00:20     boot b2 |10:30===="""
    assert of(_powerless(brownout="09:50:00")) == ["10:00:25~10:01:05-10:30:00 restart none down"]


def test_without_its_start_notice_a_restart_is_only_a_restart() -> None:
    """boot b1 ====10:00:25       boot b2 (no record yet) |10:30:08===="""
    found = of(
        node(
            contacts=(contact("09:00", "10:00:25", "10:01:10"), contact("10:30:08", "23:59:59", boot="b2", run="r2")),
            lives=(life("09:00", "10:00:20", brownout="10:00:20"),),
        )
    )
    assert found == ["10:00:25~10:01:10-10:25:08~10:30:08 restart none down"]


def test_a_silence_the_node_reported_through_is_unknown_unless_its_verdict_names_the_centre() -> None:
    """
    contact ====10:00  v10:00:35          |11:00====
    reports ========================================   none of them tells of an outage
    """
    facts = {
        "contacts": (contact("09:00", "10:00", "10:00:35"), contact("11:00", "23:59:59")),
        "alive": (alive("09:00", "23:59"),),
    }
    assert of(node(**facts)) == ["10:00:00~10:00:35-10:55:00~11:00:00 silent none unknown"]
    blamed = of(node(**facts, verdicts=(verdict("10:00:30", "B3"), verdict("10:59:58", "OK"))))
    assert blamed == ["10:00:00~10:00:35-10:55:00~11:00:00 B3 center up"]
    passing = of(node(**facts, verdicts=(verdict("10:00:30", "B3"), verdict("10:10:00", "OK"))))
    assert passing == ["10:00:00~10:00:35-10:55:00~11:00:00 silent none unknown"]


def _powerless(**more: str) -> NodeFacts:
    return node(
        contacts=(contact("09:00", "10:00:25", "10:01:10"), contact("10:30:08", "23:59:59", boot="b2", run="r2")),
        lives=(
            life("09:00", "10:00:15", **more),  # type: ignore[arg-type]
            life(
                "10:30", "23:59", boot="b2", run="r2", before=("b1", "r1"), verdict="power_or_unknown",
                alive="10:00:20",
            ),
        ),
    )  # fmt: skip
