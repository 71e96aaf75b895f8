"""Which incidents come of which outages: one for one fault, however many nodes it takes along."""

import pytest

from center.core.facts import LinkFact
from tests.support.city_of_views import MIN, City, feeder, line

ISP = [f"kel-{number:03}" for number in range(30)]
REST = [f"kel-{number:03}" for number in range(30, 100)]


def two_isps() -> City:
    """30 nodes on one ISP's line, 70 on another's."""
    return City({node: (line("isp-a" if node in ISP else "isp-b"),) for node in ISP + REST})


def test_a_cut_isp_is_one_incident_with_all_its_members_and_one_page() -> None:
    city = two_isps()
    for node in ISP:  # wills come in over half a minute
        city.run(1, 1)
        city.set("DOWN", node)
    city.run(180)
    assert city.opened() == [("parent", "isp-a")]
    assert city.open() == {("parent", "isp-a"): frozenset(ISP)}
    (decision,) = [one for _at, one in city.told if one.what == "open"]
    assert (decision.severity, decision.cause, decision.party) == ("critical", "line", "isp")


def test_silence_noticed_ninety_seconds_late_and_spread_over_thirty_is_one_incident_too() -> None:
    city = two_isps()
    start_ms = city.now_ms
    for offset, node in enumerate(ISP):
        city.now_ms = start_ms + 90_000 + offset * 1000
        city.set("DOWN", node, cause="silent", since_ms=start_ms + offset * 1000)
        city.step()
    city.run(120)
    assert city.opened() == [("parent", "isp-a")]
    assert city.open()["parent", "isp-a"] == frozenset(ISP)


def test_one_really_broken_node_inside_pages_by_itself_once_its_line_is_back() -> None:
    city = two_isps()
    city.set("DOWN", *ISP)
    city.run(20 * MIN // 1000)
    city.set("UP", *ISP[1:])
    city.run(50)
    assert city.open() == {("parent", "isp-a"): frozenset(ISP)}
    city.run(30)
    assert city.open() == {}
    city.run(180)
    assert city.open() == {("node", ISP[0]): frozenset(ISP[:1])}
    assert city.opened() == [("parent", "isp-a"), ("node", ISP[0])]
    assert [one.why for _at, one in city.told if one.what == "resolve"] == ["recovered"]


def test_nodes_that_find_back_late_do_not_page_after_their_line_is_back() -> None:
    city = two_isps()
    city.set("DOWN", *ISP)
    city.run(10 * MIN // 1000)
    city.set("UP", *ISP[6:])
    city.run(120)  # the line is told as back; six are still trying
    city.set("UP", *ISP[:6])
    city.run(300)
    assert city.open() == {} and city.opened() == [("parent", "isp-a")]


def test_a_node_alone_is_an_incident_after_the_hold_and_is_resolved_once_it_is_heard_for_a_minute() -> None:
    city = two_isps()
    city.set("DOWN", REST[0])
    city.run(85)
    assert city.open() == {}
    city.run(10)
    assert city.open() == {("node", REST[0]): frozenset(REST[:1])}
    city.set("UP", REST[0])
    city.run(55)
    assert city.open() != {}
    city.run(10)
    assert city.open() == {}


def test_a_restart_is_no_incident() -> None:
    city = two_isps()
    city.set("DOWN", REST[0])
    city.run(60)
    city.set("UP", REST[0])
    city.run(300)
    assert city.opened() == []


def test_who_was_down_a_minute_before_the_line_keeps_its_own_incident() -> None:
    city = two_isps()
    city.set("DOWN", ISP[0])
    city.run(300)
    city.set("DOWN", *ISP[1:])
    city.run(180)
    assert city.open() == {("node", ISP[0]): frozenset(ISP[:1]), ("parent", "isp-a"): frozenset(ISP[1:])}


def test_a_node_that_goes_down_later_below_a_cut_line_joins_it_without_a_page() -> None:
    city = two_isps()
    city.set("DOWN", *ISP[:25])
    city.run(300)
    city.set("DOWN", *ISP[25:])
    city.run(10)
    assert city.open() == {("parent", "isp-a"): frozenset(ISP)}
    assert city.opened() == [("parent", "isp-a")]


def test_two_of_many_down_together_are_two_incidents_and_no_line_is_blamed() -> None:
    city = two_isps()
    city.set("DOWN", ISP[0], ISP[1])
    city.run(180)
    assert city.opened() == [("node", ISP[0]), ("node", ISP[1])]


def test_a_feeder_is_named_when_all_on_it_and_nobody_else_are_down() -> None:
    dark = ISP[:3] + REST[:2]
    links = {node: (line("isp-a" if node in ISP else "isp-b"), feeder("gi-2" if node in dark else "gi-1"))
             for node in ISP + REST}  # fmt: skip
    city = City(links)
    city.set("DOWN", *dark)
    city.run(180)
    assert city.open() == {("parent", "gi-2"): frozenset(dark)}
    assert city.told[0][1].party == "pln"


def test_two_cuts_at_once_are_two_incidents_and_nothing_above_is_blamed_for_both() -> None:
    links = {
        node: (line("isp-a" if node in ISP else "isp-b" if node in REST[:20] else "isp-c"),) for node in ISP + REST
    }
    links = {node: (*own, LinkFact("core", "core", "all")) for node, own in links.items()}
    city = City(links)
    city.set("DOWN", *ISP, *REST[:10])
    city.run(180)
    assert ("parent", "isp-a") in city.open() and ("parent", "core") not in city.open()


def test_the_core_is_named_when_lines_that_share_it_fall_together() -> None:
    core = LinkFact("core", "core", "all")
    links = {node: (line("isp-a"), core) if node in ISP[:15] else (line("isp-b"), core) for node in ISP}
    links |= {node: (line("isp-c"),) for node in REST}
    city = City(links)
    city.set("DOWN", *ISP)
    city.run(180)
    assert city.open() == {("parent", "core"): frozenset(ISP)}


@pytest.mark.parametrize("both", [False, True])
def test_a_site_with_two_lines_is_cut_only_by_both(both: bool) -> None:
    double = REST[:5]
    links = {node: (line("isp-a"),) if node in ISP else (line("isp-b"),) for node in ISP + REST[5:40]}
    links |= {node: (line("isp-a"), line("isp-b")) for node in double}
    links |= {f"opd-{number}": (line("isp-c"),) for number in range(90)}
    city = City(links)
    city.set("DOWN", *ISP, *(REST[:40] if both else ()))
    city.run(180)
    open_now = city.open()
    if both:
        assert set(open_now) == {("parent", "isp-a"), ("parent", "isp-b")}
        assert frozenset().union(*open_now.values()) == frozenset(ISP + REST[:40])
        assert sum(map(len, open_now.values())) == 70
    else:
        assert open_now == {("parent", "isp-a"): frozenset(ISP)}


def test_a_site_that_needs_all_its_lines_falls_with_one() -> None:
    links = {node: (line("isp-a", "all"), line("isp-b", "all")) for node in ISP}
    links |= {node: (line("isp-b", "all"),) for node in REST}
    city = City(links)
    city.set("DOWN", *ISP)
    city.run(180)
    assert city.open() == {("parent", "isp-a"): frozenset(ISP)}


def test_a_flapping_node_is_one_incident_and_no_page_for_each_swing() -> None:
    city = two_isps()
    for _ in range(12):
        city.set("DOWN", REST[0])
        city.run(40)
        city.set("UP", REST[0])
        city.run(40)
    assert city.opened() == [("node", REST[0])]
    assert [one.cause for _at, one in city.told if one.what == "open"] == ["flapping"]
    city.run(15 * MIN // 1000)
    assert city.open() == {}


def test_a_flapping_line_is_one_incident_of_the_line() -> None:
    city = two_isps()
    for _ in range(8):
        city.set("DOWN", *ISP)
        city.run(40)
        city.set("UP", *ISP)
        city.run(40)
    assert city.opened() == [("parent", "isp-a")]


def test_what_comes_back_within_ten_minutes_is_the_same_incident() -> None:
    city = two_isps()
    city.set("DOWN", REST[0])
    city.run(180)
    city.set("UP", REST[0])
    city.run(120)
    city.set("DOWN", REST[0])
    city.run(180)
    assert [one.what for _at, one in city.told] == ["open", "resolve", "reopen"]
    assert len(city.incidents) == 1


def test_work_ends_an_incident_without_calling_it_recovered_and_opens_none() -> None:
    city = two_isps()
    city.set("DOWN", REST[0])
    city.run(180)
    city.set("MAINT", REST[0], REST[1])
    city.run(600)
    assert [(one.what, one.why) for _at, one in city.told] == [("open", ""), ("resolve", "maintenance")]
    city.set("DOWN", REST[0])
    city.run(180)
    assert city.open() == {("node", REST[0]): frozenset(REST[:1])}


def test_an_office_people_need_now_is_critical_and_an_open_incident_grows_graver_at_opening_time() -> None:
    city = two_isps()
    city.set("DOWN", REST[0], REST[1])
    city.important = frozenset(REST[:1])
    city.run(180)
    grave = {one.subject: one.severity for one in city.incidents}
    assert grave == {REST[0]: "critical", REST[1]: "warning"}
    city.important = frozenset(REST[:2])
    city.run(5)
    assert {one.severity for one in city.incidents} == {"critical"}
    city.important = frozenset()
    city.run(5)
    assert {one.severity for one in city.incidents} == {"critical"}


def test_switched_off_on_purpose_is_a_warning_and_says_nothing_of_a_line() -> None:
    city = two_isps()
    city.set("DOWN", *ISP[:3], cause="planned")
    city.important = frozenset(ISP[:3])
    city.run(180)
    assert {one.severity for one in city.incidents} == {"warning"}
    assert city.opened() == [("node", node) for node in ISP[:3]]


@pytest.mark.parametrize("kind", ["clone", "integrity", "certificate"])
def test_what_is_found_of_a_node_is_an_incident_as_long_as_it_is_found(kind: str) -> None:
    city = two_isps()
    city.conditions = {(kind, REST[0]): city.now_ms}
    city.run(10)
    assert city.open() == {(kind, REST[0]): frozenset(REST[:1])}
    city.conditions = {}
    city.run(10)
    assert city.open() == {}
