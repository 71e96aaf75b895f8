"""What stands behind the boxes: a small centre that only keeps what arrives, or the real one with all its processes."""

import base64
import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from msgspec import Raw
from nacl.public import PublicKey, SealedBox

from tests.support.broker import RunningBroker, running_broker
from tests.support.city import City, running_city, wait_until
from tests.support.small_center import SmallCenter
from tests.support.voice_desk import Desk, of_city, of_records
from wire.attachment import Attachment
from wire.bodies import Reply, encode_body
from wire.messages import Batch, Downlink
from wire.seal import make_box
from wire.snapshot import Snapshot

PARTS = ("broker", "ingest-1", "ingest-2", "worker")


class Town(Protocol):
    """A centre: where boxes connect, what it holds, and its answers."""

    port: int

    def credentials(self, node: str) -> Path: ...
    def desk(self) -> Desk: ...
    def answer(self, request_ids: dict[str, str]) -> None: ...
    def offer_again(self, request_ids: dict[str, str]) -> None: ...
    def kill(self, part: str) -> bool: ...


class KeepingCenter(SmallCenter):
    """It keeps the photographs, too."""

    def _take(self, node: str, decoded: Batch | Snapshot | Attachment) -> None:
        if isinstance(decoded, Attachment):
            with self._lock:
                self._journal.execute(
                    "CREATE TABLE IF NOT EXISTS blob (request_id, sealed, UNIQUE (request_id, sealed))"
                )
                row = (decoded.record.service_request_id, decoded.sealed)
                self._journal.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", row)
        super()._take(node, decoded)


class SmallTown:
    """A real broker and a small centre. `kill` knows the broker."""

    def __init__(self, broker: RunningBroker, center: KeepingCenter, journal: Path) -> None:
        self.port = broker.port
        self._broker, self._center, self._journal = broker, center, journal

    def credentials(self, node: str) -> Path:
        """A node's, made now."""
        return self._broker.issue_node(node)

    def desk(self) -> Desk:
        """What has arrived, opened."""
        rows, blobs = self._rows()
        return of_records(
            ((stream, kind, body) for stream, kind, body, _ in rows), blobs, self._broker.seal_private_key
        )

    def answer(self, request_ids: dict[str, str]) -> None:
        """One answer (by request id) to each, sealed to the ticket where it brought a key."""
        rows, _ = self._rows()
        for _, kind, body, node in rows:
            fields = json.loads(body)
            request_id = fields.get("service_request_id", "")
            if kind == "survey" or request_id not in request_ids:
                continue
            text, key = request_ids[request_id], fields.get("reply_key", "")
            sealed = make_box(_raw(key), SealedBox(PublicKey(_raw(key))).encrypt(text.encode())) if key else None
            now_ms = int(time.time() * 1000)
            reply = Reply(request_id, "answered", "" if key else text, now_ms, step="answered", sealed=sealed)
            self._center.send(node, "reply", Downlink(1, f"d-{request_id}", "g1", now_ms, Raw(encode_body(reply))))

    def offer_again(self, request_ids: dict[str, str]) -> None:
        """The same answers once more, as a centre does that has no receipt."""
        self.answer(request_ids)

    def kill(self, part: str) -> bool:
        """The broker dies and comes back; there is nothing else."""
        if part != "broker":
            return False
        self._broker.kill()
        self._broker.start()
        return True

    def _rows(self) -> tuple[list[tuple[str, str, bytes, str]], list[tuple[str, bytes]]]:
        with closing(sqlite3.connect(self._journal, timeout=30)) as database:
            rows = database.execute("SELECT stream, kind, body, node FROM record ORDER BY rowid").fetchall()
            there = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'blob'").fetchone()[0]
            blobs = database.execute("SELECT request_id, sealed FROM blob").fetchall() if there else []
        return [(row[0], row[1], bytes(row[2]), row[3]) for row in rows], [(row[0], bytes(row[1])) for row in blobs]


class RealTown:
    """The whole centre as an operator runs it; everything of it can be killed."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.port = city.mqtt_port

    def credentials(self, node: str) -> Path:
        """A node's, enrolled as an operator does."""
        return self.city.credentials(node)

    def desk(self) -> Desk:
        """The desk's own tables, once the worker has brought everything into them."""
        newest = "SELECT coalesce(max(id), 0) FROM ingest_rawrecord WHERE stream = 'complaint'"
        last = self.city.query(newest)[0][0]
        missing = (
            "SELECT count(*) FROM ingest_rawrecord r WHERE stream = 'complaint' AND rejected = '' AND id <= ? AND "
            "kind IN ('complaint', 'ppid') AND json_extract(body, '$.service_request_id') NOT IN "
            "(SELECT service_request_id FROM complaints_complaint)"
        )
        wait_until(lambda: not self.city.query(missing, last)[0][0], "the projection of every complaint", 120)
        return of_city(self.city)

    def answer(self, request_ids: dict[str, str]) -> None:
        """Each is answered at the desk, step by step."""
        self.city.django(
            "import json\n"
            "from center.complaints.services import advance\n"
            f"for request_id, text in json.loads({json.dumps(request_ids)!r}).items():\n"
            "    advance(request_id, 'verified', actor='admin')\n"
            "    advance(request_id, 'in_progress', actor='admin')\n"
            "    advance(request_id, 'answered', actor='admin', text=text)\n"
        )

    def offer_again(self, request_ids: dict[str, str]) -> None:
        """It does so by itself."""

    def kill(self, part: str) -> bool:
        """kill -9 one of its processes as its supervisor knows them; False when it was down."""
        try:
            children = json.loads((self.city.data / "run" / "supervisor.json").read_text())["children"]
            os.kill(int(children[part]["pid"]), signal.SIGKILL)
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True


@contextmanager
def small_town(folder: Path) -> Iterator[SmallTown]:
    """Started, and gone at the end."""
    with running_broker(folder) as broker:
        tls = broker.tls_context(broker.issue_center())
        with KeepingCenter(broker.port, tls, folder / "centre.db") as center:
            yield SmallTown(broker, center, folder / "centre.db")


@contextmanager
def real_town(folder: Path) -> Iterator[RealTown]:
    """Started, and gone at the end."""
    with running_city(folder, workers=2) as city:
        yield RealTown(city)


def _raw(key: str) -> bytes:
    return base64.b64decode(key)
