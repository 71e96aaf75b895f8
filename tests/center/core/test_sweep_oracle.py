"""The sweep against a judge that looks at every second by itself, and knows nothing of spans."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from center.core import days
from center.core.facts import AliveFact, Concluded, ContactFact, NodeFacts, Span, When
from center.core.sweep import seconds
from tests.support.node_facts import DAY

MIDNIGHT_S = days.bounds(DAY).end_ms // 1000
"""Everything happens around the midnight after DAY."""
MOST_S = 40

moments = st.integers(-MOST_S * 1000, MOST_S * 1000).map(lambda at: MIDNIGHT_S * 1000 + at)
pairs = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))
fours = st.lists(moments, min_size=4, max_size=4).map(sorted)
outages = st.builds(
    lambda at, is_open, what: Concluded(
        "n", When(at[0], at[1]), None if is_open else When(at[2], at[3]), *what
    ),
    fours,
    st.booleans(),
    st.sampled_from(
        [("L5b", "isp", "down"), ("N0", "pln", "down"), ("B1", "center", "up"), ("L7", "center", "unknown")]
    ),
)  # fmt: skip
nodes = st.builds(
    lambda known, contacts, alive, stays: NodeFacts(
        "n", known, None, 90_000,
        tuple(ContactFact(born, heard, None, "", "b", "r") for born, heard in contacts), (),
        tuple(AliveFact("b", "r", When(at[0], at[1]), When(at[2], at[3])) for at in alive), (), (), (),
        tuple(Span(*stay) for stay in stays),
    ),
    moments, st.lists(pairs, max_size=3), st.lists(fours, max_size=3), st.lists(pairs, max_size=2),
)  # fmt: skip


def judged(facts: NodeFacts, found: Sequence[Concluded], now_ms: int) -> dict[int, list[int]]:
    """Per day up, down, maintenance, unknown, ISP's down, second by second."""
    rows = {day: [0, 0, 0, 0, 0] for day in (DAY, 20261124)}
    for second in range(facts.known_since_ms // 1000, now_ms // 1000):
        row = rows[DAY if second < MIDNIGHT_S else 20261124]

        def within(start_ms: int, end_ms: int, at: int = second) -> bool:
            return start_ms // 1000 <= at < end_ms // 1000

        lasting = [
            one for one in found if within(one.start.hi_ms, now_ms if one.end is None else one.end.lo_ms)
        ]  # fmt: skip
        maybe = [one for one in found if within(one.start.lo_ms, now_ms if one.end is None else one.end.hi_ms)]
        proven = any(within(one.born_ms, one.heard_ms) for one in facts.contacts) or any(
            within(one.start.hi_ms, one.end.lo_ms) for one in facts.alive
        )
        proven = proven or any(one.counts == "up" for one in lasting)
        down = sorted((one.start, one.cause, one.party) for one in lasting if one.counts == "down")
        if any(within(stay.start_ms, stay.end_ms) for stay in facts.stays):
            row[2] += 1
        elif down:
            row[1] += 1
            row[4] += down[0][2] == "isp"
        elif proven and all(one.counts == "up" for one in maybe):
            row[0] += 1
        else:
            row[3] += 1
    return rows


@given(nodes, st.lists(outages, max_size=4), moments)
def test_the_sweep_and_the_judge_of_single_seconds_agree(facts: NodeFacts, found: list[Concluded], now_ms: int) -> None:
    wanted = judged(facts, found, now_ms)
    for row in seconds(facts, found, list(wanted), now_ms):
        assert [row.up_s, row.down_s, row.maintenance_s, row.unknown_s, row.isp_down_s] == wanted[row.day]


@given(nodes, st.lists(outages, max_size=3), st.data())
def test_knowing_the_bounds_of_an_outage_better_never_widens_what_is_published(
    facts: NodeFacts, found: list[Concluded], data: st.DataObject
) -> None:
    def narrowed(moment: When) -> When:
        lo, hi = sorted(data.draw(st.tuples(*2 * [st.integers(moment.lo_ms, moment.hi_ms)])))
        return When(lo, hi)

    better = [
        Concluded(one.node, narrowed(one.start), None if one.end is None else narrowed(one.end), one.cause, one.party,
                  one.counts)
        for one in found
    ]  # fmt: skip
    now_ms = (MIDNIGHT_S + MOST_S) * 1000
    for wide, narrow in zip(
        seconds(facts, found, [DAY, 20261124], now_ms), seconds(facts, better, [DAY, 20261124], now_ms), strict=True
    ):
        assert narrow.up_s >= wide.up_s
        assert narrow.up_s + narrow.unknown_s <= wide.up_s + wide.unknown_s
