"""A report divided among the lines of the time: whatever changes, the parts are the whole, and nobody pays twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from center.core import days as calendar
from center.core import hours, monthly, stakes, sweep, terms
from center.core.facts import Concluded, ContactFact, NodeFacts, Span, When
from center.core.sla import Promise
from center.core.terms import Line, Term, TermHours

FIRST, LAST = 20261104, 20261106
WINDOW = Span(calendar.bounds(FIRST).start_ms, calendar.bounds(LAST).end_ms)
LINES = (Line("a", "A-1"), Line("a", "A-2"), Line("b", "B-1"), Line())
OFFICE = hours.parse("Mon-Fri 07:30-16:00")
PLACES = {"a": OFFICE, "b": hours.ALWAYS, "": hours.ALWAYS}
moments = st.integers(WINDOW.start_ms - 3_600_000, WINDOW.end_ms + 3_600_000)
SUMS = ("up_s", "down_s", "unknown_s", "maintenance_s")


@st.composite
def histories(draw: st.DrawFn) -> terms.Terms:
    """Up to four changes, some of them at midnight."""
    found: terms.Terms = (Term(0, draw(st.sampled_from(LINES))),)
    for at_ms in sorted(draw(st.lists(moments, max_size=4))):
        at = calendar.bounds(calendar.day_of(at_ms)).start_ms if draw(st.booleans()) else at_ms
        found = terms.dated(found, max(at, found[-1].from_ms + 1000), draw(st.sampled_from(LINES))) or found
    return found if len(found) > 1 else ()


@st.composite
def outages(draw: st.DrawFn) -> Concluded:
    at = sorted(draw(st.tuples(moments, moments)))
    cause, party, counts = draw(
        st.sampled_from((("L5b", "isp", "down"), ("N0", "pln", "down"), ("B1", "center", "up")))
    )
    end = None if draw(st.integers(0, 6)) == 0 else When(at[1], at[1] + draw(st.sampled_from((0, 30_000))))
    return Concluded("n", When(at[0], at[0] + draw(st.sampled_from((0, 20_000)))), end, cause, party, counts)


def documented(known: terms.Terms, concluded: list[Concluded], lost: int) -> monthly.Facts:
    """The facts of a report, as the worker leaves them; of the parts `lost` are not there yet."""
    now_ms = WINDOW.end_ms
    contract = TermHours(tuple((one.from_ms, PLACES[one.line.provider], ()) for one in known)) if known else OFFICE
    heard = ContactFact(WINDOW.start_ms + 7_000, WINDOW.end_ms - 7_000, WINDOW.end_ms, "stop", "b", "r")
    facts = NodeFacts("n", WINDOW.start_ms, contacts=(heard,))
    days = sweep.seconds(facts, concluded, calendar.days(FIRST, LAST), now_ms, contract)
    parts = sweep.day_parts(facts, concluded, terms.cuts_by_day(known, WINDOW), now_ms, contract)[lost:]
    settled, _waiting = stakes.settled(known, WINDOW, days, parts)
    spans = [span for span, _line in terms.stretches(settled, WINDOW)] if terms.cuts(settled, WINDOW) else []
    whole = {id(loss.outage): loss for loss in sweep.losses(facts, concluded, WINDOW, now_ms, contract)}
    pieces = [
        (span, {id(loss.outage): loss for loss in sweep.losses(facts, concluded, span, now_ms, contract)})
        for span in spans
    ]
    lines = [
        monthly.OutageLine(
            number, "n", one.start.lo_ms, one.start.hi_ms, one.end and one.end.lo_ms, one.end and one.end.hi_ms,
            one.cause, one.party, one.counts, "", True, whole[id(one)].lost_s if id(one) in whole else 0,
            whole[id(one)].isp_s if id(one) in whole else 0, 1,
            pieces=tuple(stakes.Piece(span.start_ms, mine[id(one)].lost_s, mine[id(one)].isp_s)
                         for span, mine in pieces if id(one) in mine),
        )
        for number, one in enumerate(concluded)
    ]  # fmt: skip
    promises = [Promise(code, code, "", True, 99.5, ()) for code in ("a", "b")]
    place = monthly.Place("n", "s", "n", "kel", provider="a", circuit="A-1")
    named = {"n": known} if known else {}
    return monthly.Facts(monthly.Period(FIRST, LAST, now_ms), [place], days, lines, promises, {}, named, parts)


@settings(max_examples=120, deadline=None)
@given(histories(), st.lists(outages(), max_size=5), st.integers(0, 2))
def test_sheets_groups_and_outages_are_the_whole_divided(
    known: terms.Terms, concluded: list[Concluded], lost: int
) -> None:
    facts = documented(known, concluded, lost)
    document = monthly.document(facts)
    every = [*document["groups"]["provider"], *nobodys(document, facts)]
    for name in SUMS:
        assert sum(row[name] for row in every) == document["city"][name], name
    for row in document["outages"]:
        if "parts" in row:
            assert sum(part["lost_s"] for part in row["parts"]) == row["lost_s"]
            assert sum(part["isp_s"] for part in row["parts"]) == row["isp_s"]
    for sheet in document["sla"]:
        held = 0
        for row in document["outages"]:
            mine = row.get("parts", [row])
            held += sum(part["isp_s"] for part in mine if part["provider"] == sheet["provider"])
        assert held == sheet["down_s"] == sum(line["down_s"] for line in sheet["lines"])
        assert sum(sheet["exclusions"].values()) == sheet["excluded_s"]
        waiting = {day for _node, day in document["unsettled"]}
        counted = [calendar.bounds(day) for day in calendar.days(FIRST, LAST) if day not in waiting]
        assert sum(sheet[name] for name in ("up_s", "down_s", "excluded_s", "unknown_s")) == sum(
            (piece.end_ms - piece.start_ms) // 1000
            for day in counted
            for span, line in terms.stretches(known or (Term(0, Line("a")),), day)
            if line.provider == sheet["provider"]
            for piece in PLACES[line.provider].spans(span)
        ), "its contract hours while the line was its own"
    days = {(row[0], row[1]): row[2:] for row in document["days"]}
    divided: dict[tuple[str, int], list[list[int]]] = {}
    for node, day, _from_ms, _provider, _circuit, *seconds in document["day_parts"]:
        divided.setdefault((node, day), []).append(seconds)
    assert all([sum(column) for column in zip(*rows, strict=True)] == days[key] for key, rows in divided.items())


def nobodys(document: dict[str, object], facts: monthly.Facts) -> list[dict[str, int]]:
    """The seconds of time without a line, and of days that wait: they are no provider's."""
    known, _waiting = stakes.settled(facts.terms.get("n", ()), WINDOW, facts.days, facts.parts)
    own = stakes.stakes(facts.places[0], known, WINDOW, facts.days, facts.parts, outages=facts.outages)
    return [
        {name: sum(getattr(day, name) for day in stake.seconds) for name in SUMS}
        for stake in own if not stake.place.provider
    ]  # fmt: skip
