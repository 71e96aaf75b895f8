"""Outages in which several things went wrong at once, or the evidence is late, doubled or missing."""

from dataclasses import replace

from center.core.facts import LifeFact, NodeFacts, When
from center.core.sweep import seconds
from tests.support.node_facts import (
    DAY,
    NOW,
    alive,
    at,
    concluded,
    contact,
    life,
    lines,
    ms,
    node,
    span,
    told,
)

AFTER_POWER = ("b1", "r1")


def of(facts: NodeFacts, **more: object) -> list[str]:
    return lines(concluded(facts, **more)["n"])  # type: ignore[arg-type]


def plug_pulled_while_the_isp_was_cut(**more: object) -> NodeFacts:
    return node(
        contacts=(contact("09:00", "10:00:20", "10:00:50"), contact("11:20:05", "23:59:59", boot="b2", run="r2")),
        lives=(
            life("09:00", "10:29:40"),
            life("11:00", "23:59", boot="b2", run="r2", before=AFTER_POWER, verdict="power_or_unknown", alive="10:30"),
        ),
        outages=(
            told("10:00:10", "10:30", how="restart"),
            told("11:00:03", "11:20", boot="b2"),
        ),
        **more,
    )


def test_a_plug_pulled_during_an_isp_cut_is_three_outages_and_only_two_are_the_isps() -> None:
    """
    contact ===10:00:20 v                                        |11:20:05===
    told       10:00:10 xx L5b xx 10:30         11:00:03 x L5b x 11:20   (no ping of b2 was ever answered)
    box                 b1 ======10:30   (off)    b2 |11:00=========
    """
    assert of(plug_pulled_while_the_isp_was_cut()) == [
        "10:00:10-10:30:00 L5b isp down",
        "10:30:00~10:30:45-11:00:00 restart none down",
        "11:00:00-11:20:00 L5b isp down",
    ]


def test_an_agent_killed_during_an_isp_cut_is_the_citys_matter_only_while_it_was_gone() -> None:
    found = of(
        node(
            contacts=(contact("09:00", "10:00:20", "10:00:50"), contact("11:20:05", "23:59:59", run="r2")),
            lives=(
                life("09:00", "10:29:40"),
                life("10:40", "23:59", run="r2", before=AFTER_POWER, verdict="agent_crashed", alive="10:30"),
            ),
            outages=(told("10:00:10", "10:30", how="restart"), told("10:40:03", "11:20")),
        )
    )
    assert found == [
        "10:00:10-10:30:00 L5b isp down",
        "10:30:00~10:30:45-10:40:00 A1 city down",
        "10:40:00-11:20:00 L5b isp down",
    ]


def test_what_the_dead_run_did_not_tell_stays_open_to_its_end_at_most() -> None:
    """The outage of r1 has begun, no end was told; r2 came after it: it lasted at latest until r1 was over."""
    facts = plug_pulled_while_the_isp_was_cut()
    begun = replace(facts, outages=(told("10:00:10"), facts.outages[1]))
    assert of(begun)[0] == "10:00:10-10:30:00~10:30:45 L5b isp down"


def test_two_boots_with_a_clock_that_was_never_set_between_blame_nobody() -> None:
    """
    contact ===10:00 v                                     |13:00===
    boot b2 was somewhere between 10:00 and 13:00, told of an outage, and went without a word
    """
    wide = When(ms("10:00"), ms("12:59:30"))
    lost = life("10:00", "10:00", boot="b2", run="r2", before=AFTER_POWER, verdict="power_or_unknown")
    lost = replace(lost, first=wide, last=wide, started=wide, last_alive=at("10:00:00"))
    facts = node(
        contacts=(contact("09:00", "10:00", "10:00:35"), contact("13:00", "23:59:59", boot="b3", run="r3")),
        lives=(
            life("09:00", "09:59:50"),
            lost,
            replace(
                life("12:59:30", "23:59", boot="b3", run="r3", before=("b2", "r2"), verdict="power_or_unknown"),
                last_alive=wide,
            ),
        ),
        outages=(replace(told("10:00", "10:00", boot="b2", how="restart"), onset=wide, end=wide),),
    )
    found = concluded(facts)["n"]
    assert {outage.party for outage in found if outage.start.hi_ms < (outage.end or wide).lo_ms} == {"none"}
    certain = sum(max(0, (one.end or wide).lo_ms - one.start.hi_ms) for one in found)
    assert certain >= (2 * 60 + 50) * 60_000, "the silence itself is certain, whatever it was"


def test_a_boot_of_which_only_its_name_is_known_lies_behind_all_others_of_the_box() -> None:
    """
    b1 ====09:00 .. 10:00     b2: clock never set, never heard, told of an outage       b3 |12:00=== "b2 was before me"
    """
    ever = When(0, ms("12:00"))
    unknown = LifeFact("b2", "r2", ever, ever, ever, verdict="first")
    facts = node(
        contacts=(contact("09:00", "10:00", "10:00:35"), contact("12:00:05", "23:59:59", boot="b3", run="r3")),
        lives=(
            life("09:00", "10:00"),
            unknown,
            replace(
                life("12:00", "23:59", boot="b3", run="r3", before=("b2", "r2"), verdict="power_or_unknown"),
                last_alive=ever,
            ),
        ),
        alive=(alive("09:00", "10:00"), alive("12:00", "23:59", boot="b3", run="r3")),
        outages=(replace(told("10:00", "10:10", boot="b2", how="restart"), onset=ever, end=ever),),
    )
    found = concluded(facts)["n"]
    assert min(outage.start.lo_ms for outage in found) >= ms("10:00")
    day = seconds(facts, found, [DAY], ms(NOW))[0]
    assert day.up_s == 3600 + 12 * 3600 - 1
    assert {outage.cause for outage in found if outage.end and outage.end.lo_ms > outage.start.hi_ms} <= {"silent"}


def test_an_outage_told_twice_keeps_the_end_that_was_seen() -> None:
    seen, guessed = told("10:00", "10:20", name="o"), told("10:00", "10:40", name="o", how="restart")
    begun = told("10:00", name="o")
    for outages in ((seen, guessed, begun), (begun, guessed, seen), (guessed, seen, seen, begun)):
        assert of(node(outages=outages)) == ["10:00:00-10:20:00 L5b isp down"]


def test_an_outage_without_an_end_ends_at_the_next_birth_though_the_node_is_silent_again() -> None:
    """
    told    10:00:10 x L5b ...(no end)
    contact ===10:00:20 v      |10:30==10:50  v10:50:35 .......now
    """
    facts = node(
        contacts=(contact("09:00", "10:00:20", "10:00:50"), contact("10:30", "10:50", "10:50:35")),
        lives=(life("09:00", "10:50"),),
        outages=(told("10:00:10"),),
    )
    assert of(facts, now="12:00") == [
        "10:00:10-10:25:00~10:30:00 L5b isp down",
        "10:50:00~10:50:35- silent none down",
    ]


def test_an_outage_that_is_told_of_in_a_session_that_survived_it_ended_before_the_last_word() -> None:
    facts = node(contacts=(contact("09:00", "10:05"),), outages=(told("10:00"),))
    assert of(facts, now="10:06") == ["10:00:00-10:00:00~10:05:00 L5b isp down"]


def test_a_will_that_came_late_does_not_lengthen_the_outage() -> None:
    """The broker gave the session up 45 s after the last word; the node says what was in between."""
    facts = node(
        contacts=(contact("09:00", "10:00", "10:00:45"), contact("10:01:30", "23:59:59")),
        lives=(life("09:00", "23:59"),),
        outages=(told("10:00:05", "10:00:35"),),
    )
    assert of(facts) == ["10:00:05-10:00:35 L5b isp down"]


def test_records_lost_with_the_card_leave_a_restart_without_blame() -> None:
    """b1 never sent a record; b2 begins on a new card and knows of nothing before it."""
    facts = node(
        contacts=(contact("09:00", "10:00", "10:00:35"), contact("12:00:05", "23:59:59", boot="b2", run="r2")),
        lives=(life("12:00", "23:59", boot="b2", run="r2", verdict="first"),),
    )
    assert of(facts) == ["10:00:00~10:00:35-12:00:00 restart none down"]


def test_a_copied_card_takes_the_session_over_and_nobody_restarted() -> None:
    """
    b1/r1 ===10:00          |10:10=====     |10:30====   records all the time
    b9/r9         |10:00:05=10:10  |10:20=10:30
    """
    facts = node(
        contacts=(
            contact("09:00", "10:00"),
            contact("10:00:05", "10:10", boot="b9", run="r9"),
            contact("10:10:02", "10:20"),
            contact("10:20:02", "10:30", boot="b9", run="r9"),
            contact("10:30:02", "23:59:59"),
        ),
        lives=(
            life("09:00", "23:59"),
            life("10:00:02", "10:31", boot="b9", run="r9", before=("b0", "r0"), verdict="power_or_unknown",
                 alive="08:00"),
            life("07:00", "08:00", boot="b0", run="r0"),
        ),
    )  # fmt: skip
    assert of(facts) == ["08:00:00~09:00:00-08:00:00~09:00:00 restart none down"], "b0 to b1, and nothing of the copy"


def test_the_centre_away_in_the_middle_leaves_a_told_outage_whole() -> None:
    facts = node(
        contacts=(contact("09:00", "10:00:20", "10:00:50"), contact("11:00:05", "23:59:59")),
        lives=(life("09:00", "23:59"),),
        outages=(told("10:00:10", "11:00"),),
    )
    deaf = (span("00:00", "10:20"), span("10:40", "+1 00:00"))
    assert of(facts, hearing=deaf) == ["10:00:10-11:00:00 L5b isp down"]


def test_a_silence_is_concluded_only_from_where_the_centre_listened() -> None:
    """Node heard last at 09:59:50; the centre was away from 10:00 to 11:00 and has heard it since 11:00:40."""
    facts = node(contacts=(contact("09:00", "09:59:50"), contact("11:00:40", "23:59:59")))
    assert of(facts, hearing=(span("00:00", "10:00"), span("11:00", "+1 00:00"))) == []


def test_a_long_absence_of_the_centre_cuts_a_silence_in_two_and_a_short_one_does_not() -> None:
    facts = node(contacts=(contact("09:00", "10:00", "10:00:35"), contact("12:00", "23:59:59")))
    long = (span("00:00", "10:30"), span("11:00", "+1 00:00"))
    assert of(facts, hearing=long) == [
        "10:00:00~10:00:35-10:30:00~11:05:00 silent none down",
        "10:30:00~11:05:00-11:55:00~12:00:00 silent none down",
    ]
    short = (span("00:00", "10:30"), span("10:32", "+1 00:00"))
    assert of(facts, hearing=short) == ["10:00:00~10:00:35-11:55:00~12:00:00 silent none down"]


def test_the_line_that_worked_between_two_told_outages_is_not_down() -> None:
    """told 10:00 x 10:03   10:06 x 10:10, the session came back only at 10:10:05"""
    facts = node(
        contacts=(contact("09:00", "10:00:05", "10:00:40"), contact("10:10:05", "23:59:59")),
        lives=(life("09:00", "23:59"),),
        outages=(told("10:00", "10:03"), told("10:06", "10:10")),
    )
    assert [line for line in of(facts) if line.endswith("down")] == [
        "10:00:00-10:03:00 L5b isp down",
        "10:06:00-10:10:00 L5b isp down",
    ]


def test_a_pause_of_the_uplink_after_an_outage_is_none_and_a_longer_one_is_unknown() -> None:
    """told 10:00 x 10:03, reports all the time, the session came back after 8 minutes or after an hour"""

    def back(clock: str) -> list[str]:
        return of(
            node(
                contacts=(contact("09:00", "10:00", "10:00:40"), contact(clock, "23:59:59")),
                lives=(life("09:00", "23:59"),),
                alive=(alive("09:00", "23:59"),),
                outages=(told("10:00", "10:03"),),
            )
        )

    assert back("10:11") == ["10:00:00-10:03:00 L5b isp down"]
    assert back("11:03") == ["10:00:00-10:03:00 L5b isp down", "10:03:00-10:58:00~11:03:00 silent none unknown"]


def test_a_node_that_was_retired_has_no_outage_after_it() -> None:
    facts = replace(node(contacts=(contact("09:00", "10:00", "10:00:35"),)), retired_ms=ms("10:30"))
    assert of(facts) == ["10:00:00~10:00:35-10:30:00 silent none down"]


def test_nothing_is_concluded_before_a_node_was_known() -> None:
    facts = replace(node(outages=(told("08:00", "08:30"), told("08:50", "09:10"))), known_since_ms=ms("09:00"))
    assert of(facts) == ["09:00:00-09:10:00 L5b isp down"]


def test_a_lost_card_with_reports_through_a_planned_stop_stays_planned() -> None:
    facts = node(
        contacts=(contact("09:00", "10:00:02", stop="10:00:02"), contact("12:00:05", "23:59:59", boot="b2", run="r2")),
        lives=(life("12:00", "23:59", boot="b2", run="r2", verdict="first"),),
    )
    assert of(facts) == ["10:00:02-12:00:00 planned none down"]


def test_a_session_that_said_stop_while_its_run_went_on_was_not_planned_away() -> None:
    facts = node(
        contacts=(contact("09:00", "10:00", stop="10:00"), contact("11:00", "23:59:59")),
        lives=(life("09:00", "23:59"),),
    )
    assert of(facts) == ["10:00:00-10:55:00~11:00:00 silent none down"]


def test_stays_change_no_outage() -> None:
    facts = node(contacts=(contact("09:00", "10:00", "10:00:35"), contact("11:00", "23:59:59")))
    assert of(replace(facts, stays=(span("10:00", "10:30"),))) == of(facts)


def test_an_outage_across_midnight_is_one() -> None:
    facts = node(
        contacts=(contact("09:00", "23:50", "23:50:35"), contact("+1 01:00", "+1 02:00")),
        outages=(told("23:50:10", "+1 00:59:30"),),
        alive=(alive("09:00", "23:50"),),
    )
    assert of(facts, now="+1 02:00") == ["23:50:10-24:59:30 L5b isp down"]
