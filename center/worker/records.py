"""What projectors work with: one stored record, the moment derived for it, and what the page has touched so far.

What many records of a page say about the same thing (a boot's clock, what a node holds, its line of epochs) is gathered
and written once, by `finish`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from center.core.times import Moment
from center.ingest.database import execute
from center.ingest.store import Lane, note_head
from center.worker.clocks import BootClocks
from center.worker.facts import Facts
from center.worker.lineage import note_lineage
from center.worker.rollups import Reported


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One row of the raw table."""

    id: int
    node: str
    epoch: str
    stream: str
    seq: int
    hash: str
    boot: str
    run: str
    mono_ms: int
    wall_ms: int
    synced: bool
    kind: str
    body: str
    received_ms: int


@dataclass(slots=True)
class Page:
    """One page of records in one transaction: the clocks of their boots, and the changes to announce at its end."""

    data_dir: Path
    clocks: BootClocks = field(default_factory=BootClocks)
    changes: list[tuple[str, str]] = field(default_factory=list)
    to_audit: set[tuple[str, str]] = field(default_factory=set)
    """(node, epoch) of which the gap audit has news to look at; epoch "" = all of the node's."""
    heads: dict[Lane, tuple[int, int, int]] = field(default_factory=dict)
    lineages: dict[str, int] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    rollups: Reported = field(default_factory=Reported)

    def moment(self, record: StoredRecord) -> Moment:
        """When the record was made, as well as is known now; derived again when more is known."""
        return self.clocks.derive(record.node, record.boot, record)

    def lived(self, record: StoredRecord) -> None:
        """Whatever a record says, the agent lived when it made it."""
        self.facts.lived(run_of(record), record.mono_ms, record.received_ms)
        self.facts.changed(record.node, self.clocks.earliest(record.node, record.boot, self.moment(record)))

    def announce(self, kind: str, node: str) -> None:
        """Live pages should look at this again."""
        self.changes.append((kind, node))

    def held(self, lane: Lane, oldest_held: int, head: int, received_ms: int) -> None:
        """What a node says it holds of a lane; the newest of the page's statements is kept."""
        known = self.heads.get(lane)
        if known is None or (head, oldest_held) > (known[1], known[0]):
            self.heads[lane] = (oldest_held, head, received_ms)

    def lineage(self, node: str, received_ms: int) -> None:
        """A notice of the node about one of its epochs was stored."""
        self.lineages[node] = max(received_ms, self.lineages.get(node, 0))

    def finish(self) -> None:
        """Write what was gathered. Rows in the order of their names, so that no two writers wait for each other."""
        for lane, (oldest_held, head, received_ms) in sorted(self.heads.items()):
            note_head(lane, (oldest_held, head), received_ms)
        for node, received_ms in sorted(self.lineages.items()):
            note_lineage(node, received_ms)
        self.clocks.settle()
        self.facts.finish()
        self.rollups.finish()

    def audit(self, node: str, epoch: str) -> None:
        """Something of this epoch has arrived."""
        self.to_audit.add((node, epoch))

    def audit_node(self, node: str) -> None:
        """Something was learned that may concern any epoch of the node."""
        self.to_audit.add((node, ""))


Projector = Callable[[StoredRecord, Any, Page], None]
"""Takes a record, its decoded body and the page; writes rows. Called again for the same record it changes nothing."""


def insert_once(table: str, identity: tuple[str, ...], **values: object) -> bool:
    """Insert a row unless its identity is there already; whether it was new. NULL and CHECK violations raise.

    ANY_IDENTITY: whichever unique columns the table has.

    JSON may hold a NUL in a text and PostgreSQL may not: it becomes a space, on both databases.
    """
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    conflict = f"ON CONFLICT ({', '.join(identity)})" if identity else "ON CONFLICT"
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict} DO NOTHING"  # noqa: S608
    plain = [value.replace("\x00", " ") if isinstance(value, str) else value for value in values.values()]
    return execute(sql, plain) == 1


def run_of(record: StoredRecord) -> tuple[str, str, str]:
    """Which run of which node's agent made the record."""
    return record.node, record.boot, record.run


IDENTITY = ("node", "epoch", "seq")
ANY_IDENTITY: tuple[str, ...] = ()


def identity_columns(record: StoredRecord) -> dict[str, object]:
    """Columns every projected table names a record by."""
    return {"node": record.node, "epoch": record.epoch, "seq": record.seq}


def time_columns(record: StoredRecord, moment: Moment) -> dict[str, object]:
    """Columns every row with a derived time has."""
    return {
        "boot": record.boot,
        "mono_ms": record.mono_ms,
        "wall_ms": record.wall_ms,
        "at_ms": moment.at_ms,
        "at_quality": moment.quality,
        "received_ms": record.received_ms,
    }


def json_text(value: object) -> str:
    """Compact JSON."""
    return msgspec.json.encode(value).decode()
