"""Terms of a site's line: what a change makes of them, and parts that add up to the whole to the second."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from center.core import days as calendar
from center.core import hours, sweep, terms
from center.core.facts import Concluded, ContactFact, NodeFacts, Span, When
from center.core.terms import ALWAYS, Line, Term, TermHours

A, B, C = Line("isp-a", "A-1"), Line("isp-b", "B-1"), Line("isp-c", "C-1")
FIRST, LAST = 20261104, 20261107
WINDOW = Span(calendar.bounds(FIRST).start_ms, calendar.bounds(LAST).end_ms)
NOW_MS = calendar.bounds(20261120).start_ms
CAUSES = (("L5b", "isp", "down"), ("N0", "pln", "down"), ("B1", "center", "up"), ("silent", "none", "down"))
moments = st.integers(WINDOW.start_ms - 3_600_000, WINDOW.end_ms + 3_600_000)
seconds = moments.map(lambda at_ms: at_ms - at_ms % 1000)


def test_a_change_holds_from_now_on_unless_only_what_was_missing_was_entered() -> None:
    changed = terms.told((), A, B, NOW_MS + 999)
    assert changed == (Term(ALWAYS, A), Term(NOW_MS, B))
    assert terms.told((), Line(), B, NOW_MS) == (), "the first line of a site was there before it was entered"
    assert terms.told((), Line("isp-a"), A, NOW_MS) == ()
    assert terms.told((Term(0, A), Term(5_000, Line("isp-b"))), Line("isp-b"), B, NOW_MS) == (
        Term(0, A), Term(5_000, B),
    )  # fmt: skip
    gone = terms.told(changed, B, Line(), NOW_MS + 60_000)
    assert gone == (*changed, Term(NOW_MS + 60_000, Line()))


def test_a_dated_change_takes_the_place_of_what_was_entered_for_later() -> None:
    changed = (Term(ALWAYS, A), Term(NOW_MS, B))
    assert terms.dated(changed, NOW_MS - 5_000, B) == (Term(ALWAYS, A), Term(NOW_MS - 5_000, B)), "its beginning moves"
    assert terms.dated(changed, NOW_MS + 5_000, B) == (Term(ALWAYS, A), Term(NOW_MS + 5_000, B))
    assert terms.dated(changed, ALWAYS, B) == (), "it always was B"
    assert terms.dated(changed, NOW_MS - 5_000, C) == (Term(ALWAYS, A), Term(NOW_MS - 5_000, C))
    assert terms.dated((), NOW_MS, B) == (Term(ALWAYS, Line()), Term(NOW_MS, B)), "before it there was none"
    back = (*changed, Term(NOW_MS + 9_000, A))
    assert terms.dated(back, NOW_MS - 1_000, A) == (), "what lies between two equal terms is gone"


def test_two_histories_differ_from_the_first_moment_they_disagree() -> None:
    old, new = (Term(0, A), Term(9_000, B)), (Term(0, A), Term(7_000, B))
    assert terms.first_difference_ms(old, old) is None
    assert terms.first_difference_ms(old, new) == 7_000
    assert terms.first_difference_ms((Term(0, A),), new) == 7_000
    assert terms.first_difference_ms((Term(0, B),), old) == ALWAYS


def test_the_primary_line_with_a_provider_is_the_sites() -> None:
    upstreams = {
        "a": {"kind": "line", "provider": "isp-a"},
        "b": {"kind": "line", "provider": "isp-b"},
        "n": {"kind": "line", "provider": ""},
        "f": {"kind": "feeder", "provider": ""},
    }
    links = [("s1", "b", "1", True), ("s1", "a", "2", False), ("s2", "b", "3", False), ("s2", "a", "4", False),
             ("s3", "n", "5", True), ("s3", "b", "6", False), ("s4", "f", "7", True), ("s5", "x", "8", True),
             ]  # fmt: skip
    rows = {
        f"{site}/{code}": {"site": site, "upstream": code, "circuit": circuit, "primary": primary}
        for site, code, circuit, primary in links
    }
    assert terms.lines({"links": rows, "upstreams": upstreams}) == {
        "s1": Line("isp-b", "1"), "s2": Line("isp-a", "4"), "s3": Line("isp-b", "6"),
    }  # fmt: skip


@given(st.lists(st.tuples(st.booleans(), seconds, st.sampled_from((A, B, C, Line()))), max_size=8))
def test_whatever_is_told_and_dated_terms_stay_terms_and_end_with_what_was_said_last(
    said: list[tuple[bool, int, Line]],
) -> None:
    found: terms.Terms = ()
    line = A
    for at, (is_dated, at_ms, wished) in enumerate(said):
        now_ms = WINDOW.end_ms + 3_600_000 + at * 1000
        found = terms.dated(found or (Term(0, line),), at_ms, wished) if is_dated else (
            terms.told(found, line, wished, now_ms) if wished != line else found
        )  # fmt: skip
        line = wished
        assert not found or (found[0].from_ms == ALWAYS and found[-1].line == line and len(found) > 1)
        assert all(one.from_ms < two.from_ms and one.line != two.line for one, two in pairwise(found))
    spans = [span for span, _line in terms.stretches(found or (Term(0, line),), WINDOW)]
    assert spans[0].start_ms == WINDOW.start_ms and spans[-1].end_ms == WINDOW.end_ms
    assert all(one.end_ms == two.start_ms for one, two in pairwise(spans))


@st.composite
def outages(draw: st.DrawFn) -> Concluded:
    at = sorted(draw(st.tuples(moments, moments, moments, moments)))
    cause, party, counts = draw(st.sampled_from(CAUSES))
    end = None if draw(st.integers(0, 5)) == 0 else When(at[2], at[3])
    return Concluded("n", When(at[0], at[1]), end, cause, party, counts)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(outages(), max_size=6), st.lists(seconds, min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(moments, st.integers(1, 90_000_000)), max_size=4), st.booleans(),
)  # fmt: skip
def test_parts_add_up_to_the_whole_to_the_second(
    concluded: list[Concluded], changes: list[int], heard: list[tuple[int, int]], resting: bool
) -> None:
    """Days and outages divided at the changes of the line, each part within its own provider's contract hours."""
    contacts = tuple(ContactFact(at, at + lasts, at + lasts, "stop", "b", "r") for at, lasts in sorted(heard))
    stays = (Span(WINDOW.start_ms + 7_200_000, WINDOW.start_ms + 9_000_500),) if resting else ()
    facts = NodeFacts("n", WINDOW.start_ms + 1_000_300, contacts=contacts, stays=stays)
    office = hours.parse("Mon-Fri 07:30-16:00; Sat 22:00-06:00")
    lines = [A, *(B if at % 2 == 0 else C for at in range(len(changes)))]
    known = tuple(Term(at, line) for at, line in zip([0, *sorted(changes)], lines, strict=True))
    contract = TermHours(tuple((one.from_ms, None if one.line == B else office, (20261105,)) for one in known))
    now_ms = WINDOW.end_ms - 1_800_000
    days = {day.day: day for day in sweep.seconds(facts, concluded, calendar.days(FIRST, LAST), now_ms, contract)}
    parts = sweep.day_parts(facts, concluded, terms.cuts_by_day(known, WINDOW), now_ms, contract)
    for day in {part.seconds.day for part in parts}:
        mine = [part.seconds for part in parts if part.seconds.day == day]
        assert len(mine) > 1
        for name in ("up_s", "down_s", "maintenance_s", "unknown_s", "isp_up_s", "isp_down_s", "isp_excluded_s",
                     "isp_unknown_s"):  # fmt: skip
            assert sum(getattr(one, name) for one in mine) == getattr(days[day], name), name
        causes = {cause for one in mine for cause in one.causes}
        assert {cause: sum(one.causes.get(cause, 0) for one in mine) for cause in causes} == days[day].causes
    whole = {loss.outage: loss for loss in sweep.losses(facts, concluded, WINDOW, now_ms, contract)}
    lost: dict[Concluded, list[int]] = {}
    for span, _line in terms.stretches(known, WINDOW):
        for loss in sweep.losses(facts, concluded, span, now_ms, contract):
            sums = lost.setdefault(loss.outage, [0, 0])
            sums[0] += loss.lost_s
            sums[1] += loss.isp_s
    if len(set(concluded)) == len(concluded):
        assert lost == {one: [loss.lost_s, loss.isp_s] for one, loss in whole.items()}
    assert sum(one[0] for one in lost.values()) == sum(day.down_s for day in days.values())
