"""What happened around a moment at one node, in the order of time: truth, evidence, and what was published."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.city_month.evidence import Anchor, Reports
from tests.city_month.make import Month
from tests.city_month.published import Published
from tests.city_month.truth import NodeTruth

AROUND_MS = 40 * 60_000
JAKARTA = timedelta(hours=7)
MOMENTS = ("mono_ms", "onset_ms", "since_ms", "first_ms", "start_ms")
Line = tuple[int, str, str]


def timeline(month: Month, published: Published, node: str, at_ms: int, around_ms: int = AROUND_MS) -> str:
    """Lines `time  who  what`; records stand at their true moment, with how long they took to arrive."""
    truth = month.truth.nodes[node]
    lines = sorted([*_truth(month, truth), *_evidence(month, truth), *_said(published, node)])
    near = [line for line in lines if abs(line[0] - at_ms) <= around_ms]
    return "\n".join(f"  {clock(at)}  {who:<9} {what}" for at, who, what in near)


def clock(at_ms: int) -> str:
    """A moment in Jakarta, to the millisecond."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC) + JAKARTA:%d %H:%M:%S.%f}"[:-3]


def _truth(month: Month, truth: NodeTruth) -> Iterator[Line]:
    for spells, word in ((truth.trouble, "trouble"), (truth.dead, "no agent")):
        for start, end, code in spells:
            yield start, "truth", f"{word} {code} until {clock(end)}"
            yield end, "truth", f"end of {word} {code}"
    for start, end in truth.maintenance:
        yield start, "truth", f"maintenance until {clock(end)}"
    for start, end in (*month.truth.host, *month.truth.broker):
        yield start, "centre", f"host or broker away until {clock(end)}"
    for start, end in month.truth.line:
        yield start, "centre", f"its line is cut until {clock(end)}"
    for start, end in month.truth.short:
        yield start, "centre", f"its line is cut for moments, until {clock(end)}"
    for start, end in month.truth.blind:
        yield start, "centre", f"said to be blind until {clock(end)}"
    for start, end in month.truth.hearing:
        yield start, "centre", "ingest listens"
        yield end, "centre", "ingest does not listen"


def _evidence(month: Month, truth: NodeTruth) -> Iterator[Line]:
    begun = {boot.name: boot.start_ms for boot in truth.boots}
    known = month.evidence[truth.place.node]
    for contact in known.contacts:
        heard = clock(contact.heard_ms(month.truth.until_ms))
        yield contact.born_ms, "contact", f"born {contact.boot}/{contact.run}, heard until {heard}"
        if contact.ended_ms is not None:
            yield contact.ended_ms, "contact", f"ended: {contact.end_reason}"
    for row in known.rows:
        if isinstance(row, Anchor):
            continue
        boot = getattr(row, "boot", "")
        mono = next(getattr(row, name) for name in MOMENTS if hasattr(row, name))
        at = begun[boot] + mono if boot else mono
        late = f"+{(row.arrived_ms - at) // 1000} s"
        yield at, "row", f"{row} {late}"
        if isinstance(row, Reports):
            yield begun[boot] + row.last_ms, "row", f"last of reports from {row.first_ms} on"


def _said(published: Published, node: str) -> Iterator[Line]:
    for one in published.outages:
        if one.node == node:
            end = "lasts" if one.end_ms is None else f"{clock(one.end_ms[0])} .. {clock(one.end_ms[1])}"
            what = f"{one.cause} {one.party} counts {one.counts} told {one.told} parent {one.parent or '-'}"
            yield one.start_ms[1], "PUBLISHED", f"{clock(one.start_ms[0])} .. {clock(one.start_ms[1])} to {end}: {what}"
            if one.end_ms is not None:
                yield one.end_ms[0], "PUBLISHED", f"end of {one.cause}"
