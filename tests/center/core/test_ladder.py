"""Every rung in order, the failing one marked, what lies beyond it unjudged."""

import pytest

from center.core.ladder import STATES, ladder, rung_of
from wire.verdicts import RUNGS, VERDICTS


def test_every_verdict_but_those_without_a_place_lies_on_a_rung() -> None:
    assert {code for code in VERDICTS if not rung_of(code)} == {"OK", "U0", "A1", "A2"}
    assert {rung_of(code) for code in VERDICTS} - {""} == set(RUNGS)
    assert rung_of("Z9") == ""


def test_verdicts_and_rungs_are_in_the_same_order() -> None:
    order = list(RUNGS)
    places = [order.index(rung_of(code)) for code in VERDICTS if rung_of(code) and code[0] in "NLBQWT"]
    assert places == sorted(places)


@pytest.mark.parametrize("code", [*VERDICTS, "Z9", ""])
def test_every_verdict_makes_a_whole_ladder(code: str) -> None:
    rungs = ladder(code)
    assert [rung.name for rung in rungs] == list(RUNGS)
    assert [rung.code for rung in rungs if rung.state == "failed"] == ([code] if rung_of(code) else [])
    assert {rung.state for rung in rungs} <= set(STATES)


def test_without_the_nodes_own_rungs_the_inside_has_passed_and_the_outside_is_unjudged() -> None:
    states = [rung.state for rung in ladder("L5d")]
    assert states == ["ok"] * 5 + ["failed"] + ["unjudged"] * 9


def test_the_nodes_own_rungs_stand_and_those_of_a_newer_agent_come_last() -> None:
    rungs = ladder("Q2", [("satellite", "ok", ""), ("link", "ok", ""), ("quality", "failed", "Q2"), ("mtu", "odd", "")])
    told = {rung.name: rung.state for rung in rungs}
    assert (told["link"], told["quality"], told["mtu"], told["power"]) == ("ok", "failed", "unknown", "unjudged")
    assert rungs[-1].name == "satellite"
    assert [rung.name for rung in rungs if rung.named] == ["quality"]


def test_a_fault_beside_the_verdict_marks_its_own_rung_and_covers_no_other() -> None:
    rungs = {rung.name: rung for rung in ladder("L5d", also=["N1", "I2", "L5a", "Z9"])}
    assert (rungs["power"].state, rungs["power"].code) == ("failed", "N1")
    assert (rungs["internet"].state, rungs["internet"].code) == ("note", "I2")
    assert (rungs["isp"].state, rungs["isp"].code) == ("failed", "L5d")


def test_a_verdict_lies_on_the_rung_where_the_agent_judges_it() -> None:
    from agent.core.diagnosis import _RUNG_OF

    assert {code: rung for code, rung in _RUNG_OF.items() if code not in ("A1", "A2")} == {
        code: rung_of(code) for code in VERDICTS if rung_of(code)
    }
