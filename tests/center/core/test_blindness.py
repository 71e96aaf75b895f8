"""A centre that does not hear says so once, and calls no node dead."""

from tests.support.city_of_views import MIN, City, line

NODES = [f"kel-{number:03}" for number in range(40)]
NODE_KINDS = {"node", "parent"}


def town(isp_of=lambda number: "isp-a" if number < 22 else "isp-b") -> City:
    return City({node: (line(isp_of(number)),) for number, node in enumerate(NODES)})


def test_when_the_whole_fleet_falls_silent_one_incident_says_blind_and_no_node_pages() -> None:
    city = town()
    for node in NODES:
        city.run(1, 1)
        city.set("DOWN", node)
    city.run(300)
    assert city.opened() == [("blind", "")]
    assert city.open() == {("blind", ""): frozenset(NODES)}
    city.set("UNKNOWN", *NODES, cause="blind")
    city.run(300)
    assert city.opened() == [("blind", "")]
    (decision,) = [one for _at, one in city.told if one.what == "open"]
    assert (decision.severity, decision.party) == ("critical", "center")


def test_blindness_ends_when_half_of_the_nodes_are_heard_and_the_others_get_time_to_find_back() -> None:
    city = town()
    city.set("DOWN", *NODES)
    city.run(60)
    city.set("UNKNOWN", *NODES, cause="blind")
    city.run(600)
    city.set("UP", *NODES[:19])
    city.run(10)
    assert ("blind", "") in city.open()
    city.set("UP", NODES[19])
    city.run(10)
    assert city.open() == {}
    city.listening_ms = city.now_ms  # as the worker takes it: judging begins anew with the end of blindness
    city.set("DOWN", *NODES[20:], since_ms=city.now_ms - 11 * MIN)
    city.run(90)
    assert city.opened() == [("blind", "")]
    city.set("UP", *NODES[21:])
    city.run(240)
    assert city.opened() == [("blind", ""), ("node", NODES[20])]


def test_without_an_ingest_worker_the_centre_is_blind_after_a_minute() -> None:
    city = town()
    city.listening_ms = None
    city.run(50)
    assert city.opened() == []
    city.run(600)
    assert city.opened() == [("blind", "")]
    city.listening_ms = city.now_ms
    city.run(10)
    assert city.open() == {}


def test_a_centre_that_is_blind_again_within_ten_minutes_is_the_same_incident() -> None:
    city = town()
    for _ in range(3):
        city.set("DOWN", *NODES)
        city.run(60)
        city.set("UP", *NODES)
        city.run(120)
    assert [one.what for _at, one in city.told if one.kind == "blind"] == [
        "open", "resolve", "reopen", "resolve", "reopen", "resolve",
    ]  # fmt: skip
    assert len([one for one in city.incidents if one.kind == "blind"]) == 1


def test_an_ingest_worker_that_restarts_is_no_blindness() -> None:
    city = town()
    city.listening_ms = None
    city.run(20)
    city.listening_ms = city.now_ms
    city.run(60)
    assert city.opened() == []


def test_a_line_that_carries_more_than_half_is_told_as_the_line_when_all_others_are_heard() -> None:
    city = town(lambda number: "isp-a" if number < 30 else "isp-b")
    city.set("DOWN", *NODES[:30])
    city.run(300)
    assert city.opened() == [("parent", "isp-a")]


def test_a_line_that_carries_all_cannot_be_told_from_a_blind_centre() -> None:
    city = town(lambda _number: "isp-a")
    city.set("DOWN", *NODES[:30])
    city.run(300)
    assert city.opened() == [("blind", "")]


def test_half_of_the_fleet_and_not_more_is_judged() -> None:
    city = town(lambda number: f"isp-{number % 2}")
    city.set("DOWN", *NODES[::2])
    city.run(300)
    assert city.opened() == [("parent", "isp-0")]


def test_what_fell_silent_over_an_hour_is_no_blindness() -> None:
    city = City(dict.fromkeys(NODES, ()))
    for node in NODES[:30]:
        city.set("DOWN", node)
        city.run(3 * MIN // 1000, 30)
    assert ("blind", "") not in city.opened()
    assert {kind for kind, _subject in city.opened()} == {"node"}


def test_a_blind_centre_still_resolves_what_it_hears_of() -> None:
    city = town()
    city.set("DOWN", NODES[0])
    city.run(1200)
    city.set("DOWN", *NODES[1:])
    city.run(120)
    assert set(city.open()) == {("node", NODES[0]), ("blind", "")}
    city.set("UP", NODES[0])
    city.run(120)
    assert set(city.open()) == {("blind", "")}


def test_nodes_under_maintenance_count_for_nothing() -> None:
    city = town()
    city.set("MAINT", *NODES[10:])
    city.set("DOWN", *NODES[:6])
    city.run(300)
    assert city.opened() == [("blind", "")]
    assert city.open()["blind", ""] == frozenset(NODES[:6])


def test_of_a_handful_of_nodes_no_majority_is_taken() -> None:
    city = City(dict.fromkeys(NODES[:3], ()))
    city.set("DOWN", *NODES[:3])
    city.run(180)
    assert city.opened() == [("node", node) for node in NODES[:3]]
