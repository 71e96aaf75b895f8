"""The month through the centre's own doors into its database: messages are committed as ingest does.

What stretches of reports prove is written by the functions that ingest and the projector of reports call for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.city_month.arrivals import Arrival, Lives, Message
from tests.city_month.evidence import Reports

TOGETHER = 100
"""Messages of one commit."""


def deliver(data: Path, arrivals: Sequence[Arrival]) -> None:
    """Through the doors; of each node in this order, of different nodes many at once."""
    messages: list[Message] = []
    lives: list[Lives] = []
    for arrival in arrivals:
        is_message = isinstance(arrival, Message)
        if len(messages) >= TOGETHER or (not is_message and any(one.node == arrival.node for one in messages)):
            _commit(data, messages)
            messages = []
        if len(lives) >= TOGETHER or (is_message and any(one.node == arrival.node for one in lives)):
            _live(lives)
            lives = []
        if isinstance(arrival, Message):
            messages.append(arrival)
        else:
            lives.append(arrival)
    _commit(data, messages)
    _live(lives)


def _commit(data: Path, messages: Sequence[Message]) -> None:
    from center.ingest.commit import commit
    from center.ingest.decode import CenterNews, decode

    news = [decode(one.topic, one.payload, retained=one.retained, received_ms=one.at_ms) for one in messages]
    commit([one for one in news if one is not None and not isinstance(one, CenterNews)], data)


def _live(lives: Sequence[Lives]) -> None:
    from center.ingest.database import writing
    from center.ingest.presence import note_life

    with writing():
        for one in lives:
            if one.row is None:
                note_life(one.node, one.epoch, one.at_ms)
            else:
                _report(one, one.row)


def _report(arrival: Lives, row: Reports) -> None:
    """What the projector of reports notes down for each, for all of them at once."""
    from center.worker.clocks import BootClocks
    from center.worker.facts import Facts, unite

    run = (arrival.node, row.boot, row.run)
    facts, clocks = Facts(), BootClocks()
    told = sorted({row.first_ms, row.last_ms} | {mono for mono in arrival.low if row.first_ms <= mono <= row.last_ms})
    for mono in told:
        received = row.arrived_ms + (mono - row.first_ms if row.live else 0)
        stamp = _Stamp(mono, mono, False, received)
        moment = clocks.derive(arrival.node, row.boot, stamp)
        facts.lived(run, mono, received)
        facts.reported(run, mono, row.period_ms / 1000, brownout=mono in arrival.low)
        facts.changed(arrival.node, moment.at_ms)
    facts.finish()
    clocks.settle()
    if row.step_ms <= row.covers_ms:
        unite(run, [(row.first_ms, row.last_ms)])
    else:
        unite(run, [(mono - row.covers_ms, mono) for mono in range(row.first_ms, row.last_ms + 1, row.step_ms)])


@dataclass(frozen=True, slots=True)
class _Stamp:
    mono_ms: int
    wall_ms: int
    synced: bool
    received_ms: int
