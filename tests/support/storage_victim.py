"""A process that does with its disk what the agent does, until it is killed or the power goes.

Its journal is a file on another disk, one JSON array per line that begins with the time (CLOCK_MONOTONIC in ns). A
promise is written after the product has returned, an intention before it is called:

    opened EPOCH HEADS HELD GAPS    what a start finds: per stream the head and [seq, key] of each waiting record
    accepted EPOCH STREAM SEQ KEY   the caller was told so
    centre EPOCH STREAM HELD GAPS   the centre has committed these; the acknowledgement follows
    renewing, closing               about to begin another epoch, or to close in order
    beat MONO_MS | ticket ID | reply ID TICKET | receipt ID OUTCOME | session N

A key is content: the number and a hash of the whole body.
"""

import hashlib
import json
import os
import random
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.clock import Clock
from agent.heartbeat import Heartbeat
from agent.kiosk.store import KioskStore, StoredReply, Ticket
from agent.outbox import Held, Outbox, OutboxConfig, OutboxError, open_outbox
from tests.support.storage_styles import STYLES
from wire.attachment import AttachmentRecord, pack, unpack
from wire.bodies import Receipt
from wire.errors import WireError
from wire.topics import STREAMS

PAGE_BYTES = 60_000


def main(directory: str, journal: str, seed: int, style: str) -> None:
    """Live until killed; ends by itself with code 3 when the disk refuses to be opened."""
    Victim(Path(directory), Path(journal), seed, style).live()


class Victim:
    """One life. `seed` makes its choices repeatable and its records unlike those of any other life."""

    def __init__(self, directory: Path, journal: Path, seed: int, style: str) -> None:
        self.directory = directory
        self.style = STYLES[style]
        self.chance = random.Random(seed)
        self.clock = Clock()
        self._number = seed * 1_000_000
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._unflushed: list[tuple[int, str]] = []
        self.outbox: Outbox

    def live(self) -> None:
        """Open, tell what is there, then work."""
        self.open()
        self.heartbeat = Heartbeat(self.directory / "heartbeat")
        self.kiosk = KioskStore(self.directory)
        self.say("ready")
        names, weights = zip(*self.style.weights.items(), strict=True)
        while True:
            name = self.chance.choices(names, weights)[0]
            try:
                ACTIONS[name](self)
            except OutboxError as error:
                if error.permanent:
                    raise
                self.say("refused", name, error.code)
                self.forget_unflushed()

    def open(self) -> None:
        """Open the outbox and write down all that waits in it."""
        config = OutboxConfig(**self.style.limits)
        self.outbox = open_outbox(self.directory, "board", self.clock.stamp(), config)
        if self.style.careless:
            self.outbox._opened.db.execute("PRAGMA synchronous=OFF")
        heads = {stream: head for stream, (_, head, _) in self.outbox.heads().items()}
        held: dict[str, list[tuple[int, str]]] = {}
        gaps: list[object] = []
        for stream in STREAMS:
            held[stream] = []
            after = 0
            while page := self.outbox.page(stream, after, PAGE_BYTES):
                after = page[-1].record.seq
                found, more = self._contents(stream, page)
                held[stream] += found
                gaps += more
        self.say("opened", self.outbox.epoch, heads, held, gaps)

    def say(self, *words: object) -> None:
        """One line of the journal."""
        os.write(self._journal, json.dumps((time.monotonic_ns(), *words)).encode() + b"\n")

    def accepted(self, stream: str, seq: int, body: bytes) -> None:
        self.say("accepted", self.outbox.epoch, stream, seq, key_of(body))

    def body(self) -> bytes:
        """A body that no other record has."""
        self._number += 1
        return json.dumps({"n": self._number, "filler": "x" * self.chance.randrange(self.style.filler)}).encode()

    def forget_unflushed(self) -> None:
        """Another commit may have taken waiting reports along: they were not promised."""
        self._unflushed.clear()

    def promise_flushed(self) -> None:
        for seq, body in self._unflushed:
            self.say("accepted", self.outbox.epoch, "health", seq, body)
        self._unflushed.clear()

    def note_unflushed(self, seq: int, body: bytes) -> None:
        self._unflushed.append((seq, key_of(body)))

    def acknowledge(self, stream: str) -> None:
        """The centre takes a page, commits it, and says so."""
        page = self.outbox.page(stream, 0, self.chance.choice((2_000, 20_000)))
        if not page:
            return
        found, gaps = self._contents(stream, page)
        epoch = self.outbox.epoch
        self.say("centre", epoch, stream, found, gaps)
        self.outbox.acknowledge(epoch, stream, [(seq, seq) for seq, _ in found])
        self.outbox.maintain(self.clock.stamp())

    def _contents(self, stream: str, page: list[Held]) -> tuple[list[tuple[int, str]], list[object]]:
        found: list[tuple[int, str]] = []
        gaps: list[object] = []
        for held in page:
            body: bytes | None = bytes(held.record.body)
            if held.path:
                body = self.outbox.read_file(stream, held)
            if body is None:
                continue  # buried with an entry in the ledger
            found.append((held.record.seq, key_of(body)))
            if held.record.kind in ("gap", "epoch"):
                gaps.append([held.record.kind, json.loads(body)])
        return found, gaps


def key_of(content: bytes) -> str:
    """Content in short. A blob's header is rewritten when it moves to another epoch: its sealed part counts."""
    with suppress(WireError):
        content = unpack(content).sealed
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    number = msgspec.json.decode(content).get("n") if content.startswith(b'{"n"') else None
    return f"{number}:{digest}"


def _health(victim: Victim) -> None:
    body = victim.body()
    before = victim.outbox.committed_heads()["health"]
    seq = victim.outbox.append("health", "report", body, victim.clock.stamp())
    victim.note_unflushed(seq, body)
    if victim.outbox.committed_heads()["health"] != before:
        victim.promise_flushed()


def _flush(victim: Victim) -> None:
    victim.outbox.flush()
    victim.promise_flushed()


def _record(stream: str) -> Callable[[Victim], None]:
    def append(victim: Victim) -> None:
        body = victim.body()
        victim.accepted(stream, victim.outbox.append(stream, "note", body, victim.clock.stamp()), body)

    return append


def _snapshot(victim: Victim) -> None:
    body = victim.body()
    seq = victim.outbox.append_file("snapshot", "snapshot", lambda *_: body, victim.clock.stamp())
    victim.accepted("snapshot", seq, body)


def _attachment(victim: Victim) -> None:
    body, at = victim.body(), victim.clock.stamp()

    def build(seq: int, epoch: str) -> bytes:
        record = AttachmentRecord(
            1, "kel-1", epoch, seq, at.boot, at.run, at.mono_ms, at.wall_ms, at.synced, str(uuid.UUID(int=seq)),
            len(body), hashlib.sha256(body).hexdigest(), "0" * 16,
        )  # fmt: skip
        return pack(msgspec.json.encode(record), body)

    victim.accepted("attachment", victim.outbox.append_file("attachment", "attachment", build, at), body)


def _acknowledge(victim: Victim) -> None:
    victim.acknowledge(victim.chance.choice(STREAMS))


def _acknowledge_reports(victim: Victim) -> None:
    victim.acknowledge("health")


def _renew(victim: Victim) -> None:
    victim.outbox.flush()
    victim.promise_flushed()
    victim.say("renewing", victim.outbox.epoch)
    victim.outbox.new_epoch("conflict", victim.clock.stamp())
    victim.say("renewed", victim.outbox.epoch)


def _reopen(victim: Victim) -> None:
    victim.outbox.flush()
    victim.promise_flushed()
    victim.say("closing")
    victim.outbox.close()
    victim.open()


def _receipt(victim: Victim) -> None:
    outcome = victim.chance.choice(("done", "refused"))
    identity = f"d{victim.chance.randrange(10**12)}"
    receipt = Receipt(identity, outcome)
    victim.outbox.append_receipt(receipt, victim.clock.stamp())
    victim.say("receipt", identity, outcome)


def _session(victim: Victim) -> None:
    victim.say("session", victim.outbox.next_session())


def _beat(victim: Victim) -> None:
    stamp = victim.clock.stamp()
    victim.heartbeat.beat(stamp)
    victim.say("beat", stamp.mono_ms)


def _ticket(victim: Victim) -> None:
    body = victim.body()
    name = str(uuid.uuid4())
    victim.kiosk.add(Ticket(name, name, b"mac", b"salt", "aduan", 1, b"stamp", code_index=name.encode(), body=body))
    victim.say("ticket", name)
    if victim.chance.random() < 0.5:
        seq = victim.outbox.append("complaint", "note", body, victim.clock.stamp())
        victim.accepted("complaint", seq, body)
        victim.kiosk.place(name, victim.outbox.epoch, seq)
        victim.say("settled", name)
    if victim.chance.random() < 0.5:
        victim.kiosk.add_reply(f"r-{name}", name, StoredReply("answered", 1, box=b"Sudah."))
        victim.say("reply", f"r-{name}", name)


ACTIONS: dict[str, Callable[[Victim], None]] = {
    "health": _health,
    "flush": _flush,
    "complaint": _record("complaint"),
    "event": _record("event"),
    "snapshot": _snapshot,
    "attachment": _attachment,
    "acknowledge": _acknowledge,
    "acknowledge_reports": _acknowledge_reports,
    "renew": _renew,
    "reopen": _reopen,
    "receipt": _receipt,
    "session": _session,
    "beat": _beat,
    "ticket": _ticket,
    "rest": lambda _: time.sleep(0.05),
}
