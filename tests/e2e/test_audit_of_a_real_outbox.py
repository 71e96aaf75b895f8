"""The gap audit over the device's real outbox: whatever befalls it, what it gives up is declared, so no fault is found.

No network: payloads are built as the uplink builds them, and wait, get lost, come twice or late by a seeded hand; the
centre stores, projects and audits them with its real code. Then the outbox is made to forget a record in silence.
"""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.outbox import OutboxConfig
from tests.agent.outbox.conftest import Box
from tests.support.center import center_database
from tests.support.fleet import NODE, report_body, state
from tests.support.torture import often
from wire import topics
from wire.codec import encode_batch
from wire.messages import Batch

RECORDS = ("complaint", "event", "health")
FILLER = "x" * 12_000


class Way:
    """A node, the way and the centre, in one thread."""

    def __init__(self, folder: Path, data: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.data = data
        self.now_ms = 1_800_000_000_000
        config = OutboxConfig(commit_records=8, ack_commit_count=5, health_max_mb=1, event_max_mb=1, reserve_mb=0)
        self.box = Box(folder, config)
        self.on_the_way: list[tuple[str, bytes]] = []
        self.session = 0
        self.boards = 1
        self.saved: Path | None = None
        self.born()

    def born(self) -> None:
        """The node's birth, as at each connect; it is told the centre's generation."""
        from center.ingest.generation import current_generation

        self.session += 1
        birth = state(session=self.session, epoch=self.box.outbox.epoch)
        self._arrive(topics.state(NODE), birth)
        self.box.outbox.reoffer(current_generation())

    def work(self, reports: int = 3) -> None:
        """Events, complaints, reports with what the outbox says of itself, upkeep."""
        for _ in range(self.chance.randrange(reports)):
            self.box.add("event", n=self.chance.random())
            self.box.add("complaint", n=self.chance.random())
        for _ in range(reports):
            self.box.clock.advance(30_000)
            self.now_ms += 30_000
            body = report_body(outbox=self.box.outbox.heads(), epoch=self.box.outbox.epoch, filler=FILLER)
            self.box.outbox.append("health", "report", json.dumps(body).encode(), self.box.clock.stamp())
        self.box.outbox.flush()
        self.box.outbox.maintain(self.box.clock.stamp())

    def send(self) -> None:
        """Put some batches on the way: of any stream, from any place in it, the newest reports first now and then."""
        outbox = self.box.outbox
        for stream in self.chance.choices(RECORDS, k=3):
            after = self.chance.choice([0, 0, max(0, outbox.heads()[stream][1] - 3)])
            found = tuple(held.record for held in outbox.page(stream, after, 200_000, self.chance.randrange(1, 12)))
            oldest, head, _pending = outbox.heads()[stream]
            payload = encode_batch(Batch(1, NODE, outbox.epoch, stream, oldest, head, found))  # type: ignore[arg-type]
            self.on_the_way.append((topics.up(NODE, stream), payload))

    def deliver(self) -> None:
        """A waiting payload arrives, is lost, or arrives and stays to come again; its answer may be lost too."""
        if not self.on_the_way:
            return
        topic, payload = self.on_the_way.pop(self.chance.randrange(len(self.on_the_way)))
        fate = self.chance.random()
        if fate < 0.1:
            return
        if fate < 0.2:
            self.on_the_way.append((topic, payload))
        answers = self._arrive(topic, payload)
        if self.chance.random() < 0.9:
            self._answer(answers)

    def all_arrives(self) -> None:
        """Everything held is sent and acknowledged, then two reports follow, as on a good day."""
        self.on_the_way.clear()
        for _ in range(3):
            for stream in RECORDS:
                while found := self.box.outbox.page(stream, 0, 200_000, 50):
                    oldest, head, _pending = self.box.outbox.heads()[stream]
                    records = tuple(held.record for held in found)
                    batch = Batch(1, NODE, self.box.outbox.epoch, stream, oldest, head, records)  # type: ignore[arg-type]
                    self._answer(self._arrive(topics.up(NODE, stream), encode_batch(batch)))
            self.work(1)

    def trouble(self) -> None:
        """What happens to boxes."""
        kind = self.chance.choice(("crash", "restart", "board", "conflict", "corrupt", "evict", "evict", "refuse"))
        if kind == "crash":
            self.box.crash()
        elif kind == "restart":
            self.box.reopen()
        elif kind == "board":
            self.boards += 1
            self.box.board = f"board-{self.boards}"
            self.box.reopen()
        elif kind == "conflict":
            self.box.outbox.new_epoch("epoch_conflict", self.box.clock.stamp())
        elif kind == "corrupt":
            self.box.outbox.close()
            damage(self.box.directory / "outbox.db", self.chance)
            self.box.outbox = self.box.open()
        elif kind == "evict":
            self.work(60)
        else:
            stream = self.chance.choice(RECORDS)
            for held in self.box.outbox.page(stream, 0, 10_000, 1):
                if held.record.kind == "gap":
                    continue  # a centre that cannot read the ledger itself is told of it as a fault, on purpose
                self.box.outbox.refuse(stream, held.record.seq, "schema", self.box.clock.stamp())
        self.born()

    def back_up(self) -> None:
        """A copy of the centre's database as it is now."""
        self.saved = self.data / "saved.db"
        self.saved.unlink(missing_ok=True)
        source, target = sqlite3.connect(self.data / "center.db"), sqlite3.connect(self.saved)
        source.backup(target)
        source.close()
        target.close()

    def restore(self) -> None:
        """The copy takes the database's place."""
        from django.db import connections

        from center.ingest.generation import renew_generation
        from center.ingest.models import Restore

        if self.saved is None:
            return
        connections.close_all()
        for name in ("center.db-wal", "center.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        shutil.copy(self.saved, self.data / "center.db")
        renew_generation()
        self.now_ms += 1000
        Restore.objects.update(at_ms=self.now_ms)  # this test's clock is its own
        self.now_ms += 1000
        self.on_the_way.clear()
        self.born()

    def audit(self, auditor: Any) -> dict[tuple[str, str], int]:
        """Project and audit; (epoch, kind) -> how many numbers."""
        from center.connectivity.models import Integrity
        from center.worker.projection import project_page

        while project_page(self.data, auditor):
            pass
        auditor.run(self.now_ms)
        found: dict[tuple[str, str], int] = {}
        for epoch, kind, count in Integrity.objects.values_list("epoch", "kind", "count"):
            found[epoch, kind] = found.get((epoch, kind), 0) + count
        return found

    def _arrive(self, topic: str, payload: bytes) -> list[Any]:
        from center.ingest.commit import commit
        from center.ingest.decode import CenterNews, decode

        self.now_ms += 1
        news = decode(topic, payload, retained=False, received_ms=self.now_ms)
        assert news is not None and not isinstance(news, CenterNews)
        return list(commit([news], self.data))

    def _answer(self, outcomes: list[Any]) -> None:
        for result in outcomes:
            pairs = [(seq, seq) for seq in result.stored]
            self.box.outbox.acknowledge(result.epoch, result.stream, pairs, result.rejected)


def damage(path: Path, chance: random.Random) -> None:
    """Some pages of the file become noise."""
    content = bytearray(path.read_bytes())
    for _ in range(3):
        at = chance.randrange(100, len(content) - 600)
        content[at : at + 500] = chance.randbytes(500)
    path.write_bytes(content)


def kinds(found: dict[tuple[str, str], int], kind: str) -> int:
    return sum(count for (_epoch, one), count in found.items() if one == kind)


@pytest.fixture
def data(in_memory: Path) -> Iterator[Path]:
    with center_database(in_memory / "center") as directory:
        yield directory


SOME = [*range(3), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, often(12, 60)))]


@pytest.mark.parametrize("seed", SOME)
def test_whatever_happens_to_the_box_and_on_the_way_no_fault_is_found(data: Path, in_memory: Path, seed: int) -> None:
    from center.worker.audit import Auditor

    way, auditor = Way(in_memory / "outbox", data, seed), Auditor()
    for _ in range(120):
        choice = way.chance.random()
        if choice < 0.3:
            way.work()
        elif choice < 0.55:
            way.send()
        elif choice < 0.95:
            way.deliver()
        else:
            way.trouble()
        assert kinds(way.audit(auditor), "fault") == 0
    way.all_arrives()
    found = way.audit(auditor)
    assert kinds(found, "fault") == 0
    assert (way.box.outbox.epoch, "checking") not in found
    assert (way.box.outbox.epoch, "card") not in found
    anew = way.audit(Auditor())
    assert anew == found
    way.box.outbox.close()


@pytest.mark.parametrize("seed", SOME)
def test_restores_of_older_databases_are_told_as_restores(data: Path, in_memory: Path, seed: int) -> None:
    from center.worker.audit import Auditor

    way, auditor = Way(in_memory / "outbox", data, 100 + seed), Auditor()
    way.work()
    way.all_arrives()
    restores = 0
    for number in range(120):
        choice = way.chance.random()
        if number in {20, 70}:
            way.back_up()
        elif number in {50, 90}:
            way.restore()
            restores += 1
        elif choice < 0.3:
            way.work()
        elif choice < 0.6:
            way.send()
        elif choice < 0.98:
            way.deliver()
        else:
            way.box.crash()
            way.born()
        assert kinds(way.audit(auditor), "fault") == 0
    way.all_arrives()
    found = way.audit(auditor)
    assert restores == 2
    assert (kinds(found, "fault"), kinds(found, "checking")) == (0, 0)
    assert kinds(found, "restore") > 0 or seed > 3  # reports acknowledged by the lost database are gone
    way.box.outbox.close()


def test_a_record_forgotten_in_silence_is_found(data: Path, in_memory: Path) -> None:
    from center.connectivity.findings import findings
    from center.worker.audit import Auditor

    way, auditor = Way(in_memory / "outbox", data, 1), Auditor()
    way.work()
    way.all_arrives()
    seq = way.box.add("event", n=1)
    way.box.ack("event", (seq, seq))  # nobody stored it
    report = way.box.outbox.heads()["health"][1] + 1
    way.work(1)
    way.box.ack("health", (report, report))
    way.all_arrives()
    way.audit(auditor)
    assert [(row.kind, row.stream, row.ranges) for row in findings(NODE)] == [
        ("fault", "event", [(seq, seq)]),
        ("fault", "health", [(report, report)]),
    ]
    way.box.outbox.close()
