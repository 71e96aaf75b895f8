"""Searching where planted words could have been kept: the line, processes, the box's disk, the centre's files."""

import contextlib
import os
import sqlite3
from collections import defaultdict

from tests.support.voice_planted import Trip
from tests.support.voice_spy import Spy, Watcher
from wire import topics
from wire.codec import decode_up
from wire.messages import Batch

DESK_COLUMNS = {
    ("complaints_event", "detail"): ("reply", "note", "hold", "question"),
    ("complaints_disclosure", "reason"): ("reason",),
}
"""Where the centre keeps what its officers typed. What citizens typed is in no column at all."""


SPOKEN = frozenset(("complaint", "attachment", "ack", "reply"))
"""What goes over the line on such a trip, by the last part of its topic."""


def search_the_line(trip: Trip, spy: Spy) -> None:
    """Everything published, unpacked by the wire's own rules as well."""
    assert spy.leaves >= SPOKEN, spy.leaves
    read = b""
    for topic, payload, _ in spy.seen:
        trip.look(f"line: {topic}", topic.encode() + b"\n" + payload)
        if topics.parse(topic).leaf in ("complaint", "event", "health"):
            decoded = decode_up(topic, payload)
            assert isinstance(decoded, Batch)
            bodies = b"\n".join(bytes(record.body) for record in decoded.records)
            trip.look(f"line: {topic}", bodies)
            read += bodies
    for ticket in trip.tickets:
        assert str(ticket["service_request_id"]).encode() in read, "the spy read every complaint"


def search_processes(trip: Trip, watcher: Watcher) -> None:
    """Arguments and environment of every process that ran."""
    for program in ("agent.cli", "mosquitto", "center"):
        assert any(program in words for words in watcher.programs), program
    for (process, what), content in watcher.seen.items():
        trip.look(f"{what} of {process.partition(' ')[0]}", content)


def search_the_disk(trip: Trip) -> None:
    """The box's files one by one, then the raw image: freed blocks, the file system's own journal, slack."""
    for path in sorted(trip.disk.path.rglob("*")):
        if path.is_file():
            trip.look(f"box: {path.relative_to(trip.disk.path)}", path.read_bytes())
    deleted = trip.disk.path / "deleted"
    with deleted.open("w") as file:
        file.write(trip.markers.plant("deleted file"))
        file.flush()
        os.fsync(file.fileno())
    deleted.unlink()
    os.sync()
    trip.look("box: raw image", trip.disk.image.read_bytes(), within=False)
    assert "deleted file (text)" in trip.found["box: raw image"], "what was deleted is still found"
    trip.found["box: raw image"].discard("deleted file (text)")


def search_the_centre(trip: Trip) -> None:
    """Every file of the centre: in the database only in the columns of the desk, and of what citizens typed nothing."""
    data = trip.city.data
    for path in sorted((*data.rglob("*"), trip.city.up.log)):
        if path.is_file() and not path.name.startswith("center.db"):
            trip.look(f"centre: {path.name}", path.read_bytes())
    with contextlib.closing(sqlite3.connect(data / "center.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = database.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    _search_cell(trip, table, column, value)


def _search_cell(trip: Trip, table: str, column: str, value: object) -> None:
    content = value if isinstance(value, bytes) else str(value).encode()
    allowed = {f"{name} (text)" for name in DESK_COLUMNS.get((table, column), ())}
    if hits := trip.markers.hits_within(content) - allowed:
        trip.found[f"centre: {table}.{column}"] |= hits


def the_desk_has_them(trip: Trip) -> None:
    """What officers typed is where the desk keeps it: else nothing would have been found as nothing was planted."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table, column in DESK_COLUMNS:
        for (value,) in trip.city.query(f"SELECT {column} FROM {table}"):
            seen[table, column] |= trip.markers.hits(str(value).encode())
    for place, names in DESK_COLUMNS.items():
        assert {f"{name} (text)" for name in names} <= seen[place], place
