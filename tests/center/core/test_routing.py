"""Who is told what, and when: the rules one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from center.core.alert_text import IncidentChange
from center.core.routing import CALM_MS, GATHER_MS, GROW_EVERY_MS, covered, let_go_at, plan, speaks_at
from center.core.routing_facts import Mute, Put, Rewrite, RouteFacts, Standing, Step, Told

AT = 1_764_000_000_000
MIN = 60_000


@dataclass(frozen=True)
class Between:
    """Hours that are on from one moment to another, once."""

    start_ms: int
    end_ms: int

    def contains(self, at_ms: int) -> bool:
        return self.start_ms <= at_ms < self.end_ms

    def next_change_ms(self, at_ms: int) -> int:
        return self.start_ms if at_ms < self.start_ms else self.end_ms if at_ms < self.end_ms else at_ms + 10**12


CHANGE = IncidentChange(
    incident=7, what="opened", severity="critical", kind="node", subject="kel-1", cause="L5b", party="isp",
    nodes=("kel-1",), sites=("kel-1",), kecamatan=("Serang",), started_ms=AT - 90_000, at_ms=AT,
    text_id="Kelurahan Satu tidak terhubung", text_en="Kelurahan Satu is not connected",
)  # fmt: skip
ROUTE = RouteFacts(1, "piket")
NAMES = {"kel-1": "Satu", "kel-2": "Dua"}


def planned(
    change: IncidentChange = CHANGE,
    routes: Sequence[RouteFacts] = (ROUTE,),
    told: Sequence[Told] = (),
    standing: Standing = Standing(),  # noqa: B008 - frozen
) -> tuple[Step, ...]:
    return plan(change, standing, routes, told, NAMES)


def only(steps: tuple[Step, ...]) -> Put:
    (step,) = steps
    assert isinstance(step, Put)
    return step


def told(what: str = "opened", state: str = "sent", at_ms: int = AT, number: int = 0, route: int = 1) -> Told:
    return Told(f"7.{what}.{number}.{route}.", route, "piket", "", what, state, at_ms, int(state != "waiting"))


def at(what: str, after_ms: int = MIN, **changes: object) -> IncidentChange:
    return replace(CHANGE, what=what, at_ms=AT + after_ms, **changes)


def test_an_incident_is_told_at_once_to_the_routes_that_are_about_it() -> None:
    put = only(planned(routes=(ROUTE, RouteFacts(2, "lain", kinds=frozenset({"parent"})))))
    assert (put.channel, put.what, put.due_ms, put.key) == ("piket", "opened", AT, "7.opened.0.1.")


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"least_severity": "critical"}, True),
        ({"kinds": frozenset({"parent"})}, False),
        ({"parties": frozenset({"isp", "pln"})}, True),
        ({"parties": frozenset({"site"})}, False),
        ({"sites": frozenset({"kel-1", "kel-9"})}, True),
        ({"sites": frozenset({"kel-9"})}, False),
        ({"kecamatan": frozenset({"Serang"})}, True),
        ({"kecamatan": frozenset({"Kasemen"})}, False),
    ],
)
def test_each_filter_of_a_route_lets_through_its_own_and_nothing_else(route: dict[str, object], said: bool) -> None:
    assert bool(planned(routes=(replace(ROUTE, **route),))) is said


def test_what_is_less_severe_than_a_route_wants_is_not_told() -> None:
    assert planned(replace(CHANGE, severity="info")) == ()
    assert planned(replace(CHANGE, severity="warning"), (replace(ROUTE, least_severity="critical"),)) == ()


def test_telling_the_same_change_again_adds_nothing() -> None:
    assert planned(told=[told()]) == ()
    assert planned(told=[told(state="waiting")]) == (Rewrite("7.opened.0.1.", only(planned()).text, "critical"),)
    assert planned(at("resolved"), told=[told(), told("resolved", "waiting")]) == ()
    assert planned(at("resolved"), told=[told(), told("resolved", "sent")]) == ()


def test_an_incident_of_many_gathers_its_members_before_it_is_told_once() -> None:
    parent = replace(CHANGE, kind="parent", subject="line-1")
    first = only(planned(parent))
    assert first.due_ms == AT + GATHER_MS
    grown = replace(parent, what="grew", at_ms=AT + 5_000, sites=("kel-1", "kel-2"), nodes=("kel-1", "kel-2"))
    (step,) = planned(grown, told=[told(state="waiting", at_ms=first.due_ms)])
    assert isinstance(step, Rewrite) and "Satu, Dua" in step.text and step.due_ms is None


def test_growth_after_it_was_told_waits_and_is_gathered_too() -> None:
    grown = at("grew", sites=("kel-1", "kel-2"))
    put = only(planned(grown, told=[told()]))
    assert (put.what, put.due_ms) == ("grew", AT + GROW_EVERY_MS)
    more = planned(at("grew", 2 * MIN), told=[told(), told("grew", "waiting", put.due_ms)])
    assert isinstance(more[0], Rewrite) and len(more) == 1


def test_growth_that_makes_an_incident_a_routes_business_is_told_it_as_opened() -> None:
    route = replace(ROUTE, kecamatan=frozenset({"Kasemen"}))
    assert planned(routes=(route,)) == ()
    assert only(planned(at("grew", kecamatan=("Serang", "Kasemen")), (route,))).what == "opened"


def test_a_higher_level_hears_only_when_nobody_acknowledged_in_time() -> None:
    chief = replace(ROUTE, level=1, after_ms=15 * MIN)
    put = only(planned(routes=(chief,)))
    assert (put.what, put.due_ms) == ("escalated", AT + 15 * MIN)
    waiting = [told("escalated", "waiting", put.due_ms)]
    assert planned(at("acknowledged"), (chief,), waiting, Standing(acknowledged=True)) == (Mute(put.key),)
    assert planned(at("grew"), (chief,), [], Standing(acknowledged=True)) == ()


def test_escalating_by_hand_tells_the_next_level_now_and_no_other() -> None:
    chief, head = replace(ROUTE, level=1, after_ms=15 * MIN), replace(ROUTE, id=2, level=2)
    waiting = [told("escalated", "waiting", AT + 15 * MIN)]
    (step,) = planned(at("escalated"), (chief, head), waiting, Standing(level=1))
    assert isinstance(step, Rewrite) and step.due_ms == AT + MIN
    put = only(planned(at("escalated", 2 * MIN), (chief, head), [told("escalated")], Standing(level=2)))
    assert (put.route, put.what, put.due_ms) == (2, "escalated", AT + 2 * MIN)
    assert only(planned(at("escalated"), (head,), [], Standing(2, acknowledged=True))).route == 2


def test_what_becomes_critical_is_told_to_who_only_hears_of_that_and_breaks_the_quiet() -> None:
    night = replace(ROUTE, quiet=Between(AT - MIN, AT + 60 * MIN))
    strict = replace(ROUTE, id=2, least_severity="critical")
    held = told(state="waiting", at_ms=AT + 60 * MIN)
    now, opened = planned(at("escalated"), (night, strict), [held])
    assert now == Rewrite(held.key, opened.text if isinstance(opened, Put) else "", "critical", AT + MIN)
    assert isinstance(opened, Put) and (opened.route, opened.what, opened.due_ms) == (2, "opened", AT + MIN)
    assert planned(at("escalated"), (ROUTE,), [told()]) == (), "who knows already is not told again"


def test_quiet_hours_hold_back_what_is_not_severe_enough() -> None:
    night = replace(ROUTE, quiet=Between(AT - MIN, AT + 60 * MIN))
    assert only(planned(replace(CHANGE, severity="warning"), (night,))).due_ms == AT + 60 * MIN
    assert only(planned(routes=(night,))).due_ms == AT


def test_a_route_on_duty_later_speaks_when_its_hours_begin() -> None:
    day = replace(ROUTE, hours=Between(AT + 30 * MIN, AT + 90 * MIN), quiet=Between(AT, AT + 45 * MIN))
    assert only(planned(replace(CHANGE, severity="warning"), (day,))).due_ms == AT + 45 * MIN


def test_hours_that_leave_no_moment_hold_nothing_for_ever() -> None:
    never = replace(ROUTE, hours=Between(AT, AT + 10), quiet=Between(AT - 10, AT + 20))
    assert speaks_at(never, "warning", AT) >= AT


def test_a_recovery_goes_to_whoever_was_told_at_any_hour_and_to_nobody_else() -> None:
    night = replace(ROUTE, quiet=Between(AT - MIN, AT + 600 * MIN), quiet_severity="critical")
    over = at("resolved", severity="warning")
    put = only(planned(over, (night, replace(ROUTE, id=2)), [told()]))
    assert (put.route, put.what, put.due_ms) == (1, "resolved", over.at_ms)
    assert put.text.startswith("[SELESAI]")


@pytest.mark.parametrize("state", ["claimed", "sending", "sent", "joined"])
def test_whoever_may_have_read_it_counts_as_told(state: str) -> None:
    assert only(planned(at("resolved"), told=[told(state=state)])).what == "resolved"


def test_what_never_went_out_is_withdrawn_with_the_recovery() -> None:
    assert planned(at("resolved"), told=[told(state="waiting")]) == (Mute("7.opened.0.1."),)
    withdrawn, recovery = planned(at("resolved"), told=[told(state="failed")])
    assert withdrawn == Mute("7.opened.0.1.") and isinstance(recovery, Put), "a failed try may have arrived"
    assert planned(at("resolved"), told=[replace(told(state="muted"), attempts=0)]) == ()


def test_a_recovery_is_owed_also_when_the_route_is_gone_or_wants_it_no_more() -> None:
    assert only(planned(at("resolved"), (), [told()])).channel == "piket"
    narrowed = replace(ROUTE, kinds=frozenset({"parent"}))
    assert only(planned(at("resolved"), (narrowed,), [told()])).what == "resolved"


def test_what_comes_back_before_the_recovery_went_out_is_no_news_at_all() -> None:
    history = [told(), told("resolved", "waiting", AT + MIN)]
    assert planned(at("reopened"), told=history) == (Mute("7.resolved.0.1."),)


def test_what_comes_back_after_its_recovery_is_told_again_once_it_stays() -> None:
    history = [told(), told("resolved", "sent", AT + MIN)]
    put = only(planned(at("reopened", 2 * MIN), told=history))
    assert (put.what, put.key, put.due_ms) == ("opened", "7.opened.1.1.", AT + MIN + CALM_MS)
    again = [*history, told("opened", "waiting", put.due_ms, number=1)]
    assert planned(at("resolved", 3 * MIN), told=again) == (Mute(put.key),), "recovered again, and nobody was told"


def test_a_siren_falls_silent_at_the_acknowledgement() -> None:
    siren = replace(ROUTE, stateful=True)
    assert only(planned(at("acknowledged"), (siren,), [told()])).what == "silenced"
    assert planned(at("resolved"), (siren,), [told(), told("silenced", "sent", AT + MIN)]) == ()
    assert planned(at("acknowledged"), (ROUTE,), [told()]) == ()


def test_a_fault_of_the_site_tells_the_sites_own_people_what_to_check() -> None:
    people = {"kel-1": ("person:3", "person:4"), "kel-2": ("person:5",)}
    route = replace(ROUTE, people=people)
    assert planned(routes=(route,)) == (), "an ISP's fault is nothing they could mend"
    puts = planned(replace(CHANGE, party="site", cause="L1"), (route,))
    assert [(put.address, put.key) for put in puts if isinstance(put, Put)] == [
        ("person:3", "7.opened.0.1.person:3"),
        ("person:4", "7.opened.0.1.person:4"),
    ]
    assert isinstance(puts[0], Put) and "Tancapkan ulang kabel LAN" in puts[0].text and "Satu" in puts[0].text


def test_what_waits_about_a_node_is_withdrawn_when_its_parent_explains_it() -> None:
    parent = replace(CHANGE, kind="parent", nodes=("kel-1", "kel-2"), started_ms=AT)
    assert covered(parent, "kel-1", AT - 30_000)
    assert not covered(parent, "kel-9", AT)
    assert not covered(parent, "kel-1", AT - 90_000), "it was down before: a trouble of its own"
    assert not covered(replace(parent, what="resolved"), "kel-1", AT)
    assert not covered(replace(parent, kind="node"), "kel-1", AT)


def test_what_waited_for_nobody_to_take_it_on_waits_again_when_it_is_given_back_and_a_siren_sounds_again() -> None:
    chief = replace(ROUTE, level=1, after_ms=10 * MIN)
    muted = replace(told("escalated", "muted"), attempts=0)
    put = only(planned(at("released"), (chief,), [muted]))
    assert (put.what, put.due_ms, put.key) == ("escalated", AT + 11 * MIN, "7.escalated.1.1.")
    assert planned(at("released"), (ROUTE,), [told()]) == (), "who knows it hears nothing new"
    tried = told("opened", "muted")
    assert only(planned(at("released"), (ROUTE,), [tried])).what == "opened", "it may not have arrived"
    siren = replace(ROUTE, stateful=True)
    put = only(planned(at("released"), (siren,), [told(), told("silenced", "sent", AT)]))
    assert (put.what, put.due_ms) == ("opened", AT + MIN)


def test_of_a_blind_centre_nothing_is_told_twice_and_it_gathers_before_it_is_told() -> None:
    blind = replace(CHANGE, kind="blind", subject="", party="center")
    put = only(planned(blind))
    assert put.due_ms == AT + GATHER_MS
    grown = replace(blind, what="grew", at_ms=AT + 5_000, nodes=("kel-1", "kel-2"))
    (rewritten,) = planned(grown, told=[told("opened", "waiting")])
    assert isinstance(rewritten, Rewrite)
    assert planned(grown, told=[told()]) == ()


def test_a_route_that_was_taken_away_hears_the_end_and_nothing_else() -> None:
    assert planned(at("grew", kind="parent"), (), [told()]) == ()
    assert planned(at("escalated"), (), [told()]) == ()
    assert only(planned(at("resolved"), (), [told()])).what == "resolved"


def test_a_place_that_is_out_alone_is_its_peoples_to_check_but_not_what_was_switched_off_on_purpose() -> None:
    route = replace(ROUTE, people={"kel-1": ("person:3",)})
    alone = replace(CHANGE, party="none", cause="silent")
    put = only(planned(alone, (route,)))
    assert put.address == "person:3" and "Mohon diperiksa di lokasi" in put.text
    assert planned(replace(alone, cause="planned"), (route,)) == ()
    assert planned(replace(alone, kind="parent"), (route,)) == ()


def test_what_was_held_goes_out_neither_in_quiet_hours_nor_before_its_time() -> None:
    quiet = replace(ROUTE, quiet=Between(AT, AT + 60 * MIN))
    assert let_go_at(quiet, "warning", AT, AT + MIN) == AT + 60 * MIN
    assert let_go_at(quiet, "critical", AT, AT + MIN) == AT + MIN
    assert let_go_at(replace(ROUTE, after_ms=10 * MIN), "warning", AT, AT + MIN) == AT + 10 * MIN
    assert let_go_at(None, "warning", AT, AT + MIN) == AT + MIN
