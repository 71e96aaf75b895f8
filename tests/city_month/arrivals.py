"""What arrives at the centre in the course of the month, as messages of nodes, in the order of its arrival or in none.

Events are real records. Health reports are real for the nodes named `real`, for the first hours of the month; of all
others, a stretch of reports is one arrival, which goes in by the functions that their projector calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.city_month.contacts import Session, told_ms
from tests.city_month.evidence import Brownout, Reports
from tests.city_month.make import Month
from tests.city_month.wire_records import Author, filed, report_records
from tests.support.torture import often
from wire import codec, topics
from wire.messages import Record, State

REAL_MS = often(5, 20) * 3_600_000
"""So long into the month the reports of a sample node are real ones."""
MOST = 100
"""Records of one batch."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something published by a node."""

    at_ms: int
    node: str
    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Lives:
    """Reports that are not sent one by one: what their arrival proves (`live`), or what they say (`row`)."""

    at_ms: int
    node: str
    epoch: str
    row: Reports | None = None
    low: frozenset[int] = frozenset()


Arrival = Message | Lives


def states(month: Month, node: str, sessions: Sequence[Session], cuts: Sequence[int]) -> Iterator[Arrival]:
    """Births, ends, and the first and last that was heard live in each session, in order; the last before each cut."""
    author = Author(month.truth.nodes[node])
    contacts = {contact.session: contact for contact in month.evidence[node].contacts}
    for number, session in enumerate(sessions, 1):
        epoch = author.epochs[session.run.name]
        told = told_ms(session, month.truth)
        if told is not None:
            yield _state(told, node, session, epoch, number, "birth", retained=told > session.start_ms)
        contact = contacts.get(number)
        if contact is None:
            continue
        yield Lives(contact.born_ms, node, epoch)
        for first, last in contact.lives:
            for cut in [cut for cut in cuts if first <= cut < last]:
                yield Lives(first + (cut - first) // contact.period_ms * contact.period_ms, node, epoch)
            yield Lives(last, node, epoch)
        if contact.ended_ms is not None and contact.end_reason in ("will", "stop"):
            # A goodbye that ingest reads only once it listens again is what the broker retained: no sign of life.
            late = contact.end_reason == "stop" and contact.ended_ms > session.end_ms
            yield _state(contact.ended_ms, node, session, epoch, number, contact.end_reason, retained=late)


def _state(
    at_ms: int, node: str, session: Session, epoch: str, number: int, reason: str, *, retained: bool = False
) -> Message:
    status = "online" if reason == "birth" else "offline"
    said = State(1, node, status, reason, session.boot, session.run.name, epoch, number, f"nonce-{number}", "0.1.0", ())
    return Message(at_ms, node, topics.state(node), codec.encode(said), retained)


def records(month: Month, node: str, cuts: Sequence[int], *, real: bool) -> list[Arrival]:
    """What was filed, in the order of its arrival. What arrives live is in pieces, each of them between two cuts."""
    author = Author(month.truth.nodes[node])
    batches: dict[tuple[int, str], list[Record]] = {}
    for one in filed(month, node):
        batches.setdefault((one.arrived_ms, one.epoch), []).append(one.record)
    found: list[Arrival] = [_batch(node, *key, "event", rows) for key, rows in batches.items()]
    low = {(row.boot, row.mono_ms) for row in month.evidence[node].rows if isinstance(row, Brownout)}
    heads: dict[str, int] = {}
    moments = sorted([*cuts, month.truth.start_ms + REAL_MS])
    whole = [row for row in month.evidence[node].rows if isinstance(row, Reports)]
    for row in [piece for series in whole for piece in _cut(series, author.began[series.boot], moments)]:
        epoch, here = author.epochs[row.run], frozenset(mono for boot, mono in low if boot == row.boot)
        if not real or author.began[row.boot] + row.last_ms > month.truth.start_ms + REAL_MS:
            at = row.arrived_ms + (row.last_ms - row.first_ms if row.live else 0)
            found.append(Lives(at, node, epoch, row, here))
            continue
        made = report_records(row, author, heads.get(epoch, 0) + 1, here)
        heads[epoch] = heads.get(epoch, 0) + len(made)
        if row.live:
            found += [
                _batch(node, row.arrived_ms + at * row.step_ms, epoch, "health", [one]) for at, one in enumerate(made)
            ]
        else:
            pages = [made[at : at + MOST] for at in range(0, len(made), MOST)]
            found += [_batch(node, row.arrived_ms, epoch, "health", page) for page in pages]
    return sorted(found, key=lambda arrival: arrival.at_ms)


def _cut(row: Reports, began_ms: int, moments: Sequence[int]) -> Iterator[Reports]:
    """A series of reports in pieces: cut at these moments (Unix ms, ascending)."""
    for moment in moments:
        last = row.first_ms + (moment - began_ms - row.first_ms) // row.step_ms * row.step_ms
        if row.first_ms <= last < row.last_ms:
            yield replace(row, last_ms=last)
            following = last + row.step_ms
            arrived = row.arrived_ms + (following - row.first_ms if row.live else 0)
            row = replace(row, first_ms=following, arrived_ms=arrived)
    yield row


def _batch(node: str, at_ms: int, epoch: str, stream: str, made: Sequence[Record]) -> Message:
    from tests.support.fleet import batch

    return Message(at_ms, node, topics.up(node, stream), batch(made, stream, node=node, epoch=epoch))


def interleaved(month: Month, real: frozenset[str], shuffle: Random | None, cuts: Sequence[int]) -> list[Arrival]:
    """Everything of all nodes, so that it can be looked at at each of the moments `cuts`.

    Shuffled, sessions come in their order and then the records in none.
    """
    told = sorted(
        (arrival for node in month.truth.nodes for arrival in states(month, node, month.sessions[node], cuts)),
        key=lambda arrival: arrival.at_ms,
    )
    sent = [arrival for node in month.truth.nodes for arrival in records(month, node, cuts, real=node in real)]
    if shuffle is None:
        return sorted([*told, *sent], key=lambda arrival: arrival.at_ms)
    return [*told, *shuffle.sample(sent, len(sent))]
