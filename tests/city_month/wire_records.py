"""What a node filed, as records of the wire: bodies, sequence numbers and epochs, in the order of their making."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.city_month.evidence import Anchor, Gap, Reports, Row, Start, Stay, Stop, Told, Verdict
from tests.city_month.make import Month
from tests.city_month.truth import NodeTruth, Run
from tests.support.fleet import record
from wire.messages import Record


@dataclass(frozen=True, slots=True)
class Filed:
    """One event record of a node and when it arrived."""

    arrived_ms: int
    node: str
    epoch: str
    record: Record


class Author:
    """Knows the boots and epochs of one node: a new card is a new epoch."""

    def __init__(self, truth: NodeTruth) -> None:
        self.began = {boot.name: boot.start_ms for boot in truth.boots}
        self._synced = {boot.name: boot.synced_ms for boot in truth.boots}
        self.epochs: dict[str, str] = {}
        number = 1
        for boot in truth.boots:
            for run in boot.runs:
                self.epochs[run.name] = f"epoch-{number}"
                number += run.ending == "card"
        self._truth = truth

    def run_at(self, at_ms: int) -> tuple[str, Run]:
        """The boot and run that lived at a moment."""
        lived = ((boot.name, run) for boot in self._truth.boots for run in boot.runs)
        return next((boot, run) for boot, run in lived if run.start_ms <= at_ms <= run.end_ms)

    def wall(self, boot: str, mono_ms: int) -> tuple[int, bool]:
        """What the box's own clock said then, and whether it was set: a Pi without one begins in 1970."""
        synced = self._synced[boot]
        at = self.began[boot] + mono_ms
        return (at, True) if synced is not None and at >= synced else (mono_ms, False)


Written = tuple[str, str, str, int, dict[str, Any]]
"""Kind, boot, run, boot-time and body."""


def filed(month: Month, node: str) -> list[Filed]:
    """All event records of the node that arrived, numbered in the order in which they were made."""
    author = Author(month.truth.nodes[node])
    rows = [row for row in month.evidence[node].rows if type(row) in BODIES and getattr(row, "by", "box") == "box"]
    written = [(row.arrived_ms, *BODIES[type(row)](row, author)) for row in rows]
    found, heads = [], dict[str, int]()
    for arrived, kind, boot, run, mono, body in sorted(written, key=lambda one: author.began[one[2]] + one[4]):
        epoch = author.epochs[run]
        heads[epoch] = seq = heads.get(epoch, 0) + 1
        wall, synced = author.wall(boot, mono)
        made = record(seq, kind, body, boot=boot, run=run, mono_ms=mono, wall_ms=wall, synced=synced)
        found.append(Filed(arrived, node, epoch, made))
    return found


def _start(row: Start, _: Author) -> Written:
    told = row.verdict != "first"
    body = {
        "previous_run": row.previous_run if told else None,
        "previous_boot": row.previous_boot if told else None,
        "verdict": row.verdict,
        "reset_reason": row.reset_reason or None,
        "last_alive_mono_ms": row.last_alive_ms,
    }
    return "start", row.boot, row.run, row.mono_ms, body


def _stop(row: Stop, _: Author) -> Written:
    return "stop", row.boot, row.run, row.mono_ms, {"reason": "request"}


def _anchor(row: Anchor, _: Author) -> Written:
    body = {"boot": row.boot, "offset_ms": row.offset_ms, "error_ms": row.error_ms, "source": "ntp"}
    return "anchor", row.boot, row.run, row.mono_ms, body


def _verdict(row: Verdict, _: Author) -> Written:
    body = {"code": row.code, "since_mono_ms": row.since_ms, "confidence_pct": 90.0}
    return "verdict", row.boot, row.run, row.filed_ms, body


def _told(row: Told, _: Author) -> Written:
    body: dict[str, Any] = {
        "id": row.ident,
        "phase": "begun" if row.end_ms is None else "ended",
        "boot": row.boot,
        "onset_mono_ms": row.onset_ms,
        "found_mono_ms": row.found_ms,
        "code": row.code,
        "confidence_pct": row.confidence_pct,
    }
    if row.end_ms is not None:
        steps = [{"mono_ms": since, "code": code, "confidence_pct": sure} for since, code, sure in row.steps]
        body |= {"end_mono_ms": row.end_ms, "how": row.how, "steps": steps[:64]}
    return "outage", row.by_boot, row.by_run, row.filed_ms, body


def _gap(row: Gap, author: Author) -> Written:
    body = {
        "stream": "health", "first": 1, "last": 10, "count": 10, "reason": "thinned_5min",
        "from_ms": author.wall(row.boot, row.start_ms)[0], "to_ms": author.wall(row.boot, row.end_ms)[0],
    }  # fmt: skip
    return "gap", row.boot, row.run, row.end_ms, body


def _stay(row: Stay, author: Author) -> Written:
    boot, run = author.run_at(row.start_ms)
    since = row.start_ms - author.began[boot]
    until = row.end_ms - author.began[boot]
    body = {"active": True, "since_mono_ms": since, "until_mono_ms": until, "by": "teknisi"}
    return "maintenance", boot, run.name, since, body


BODIES: Mapping[type[Row], Callable[[Any, Author], Written]] = {
    Start: _start, Stop: _stop, Anchor: _anchor, Verdict: _verdict, Told: _told, Gap: _gap, Stay: _stay,
}  # fmt: skip


def report_records(row: Reports, author: Author, first_seq: int, low: frozenset[int]) -> list[Record]:
    """These reports as records; `low`: boot-times of those that tell of too little voltage."""
    from tests.support.fleet import report_body

    found = []
    for number, mono in enumerate(range(row.first_ms, row.last_ms + 1, row.step_ms)):
        wall, synced = author.wall(row.boot, mono)
        system = {"throttled": 1} if mono in low else None
        body = report_body(**({"system": system} if system else {}))
        stamp = {"boot": row.boot, "run": row.run, "mono_ms": mono, "wall_ms": wall, "synced": synced}
        found.append(record(first_seq + number, "report", body, **stamp))
    return found
