"""A box dies with its card; another takes its place: real outboxes of the device, the centre's real ingest and audit.

History goes on under the node, what the lost card is known to have held is a gap, what nobody can know is said as a
stretch of time, nothing counts twice, and the old certificate is taken back. That a broker turns such a one away is
tested in `tests/center/test_rotation.py`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.outbox import OutboxConfig
from tests.agent.outbox.conftest import Box
from tests.support.center import center_database
from tests.support.fleet import NODE, report_body, state
from wire import topics
from wire.codec import encode_batch
from wire.messages import Batch

STREAMS = ("complaint", "event", "health")
BEGIN_MS = 1_800_000_000_000


class Kelurahan:
    """One node at a centre; its boxes change."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.data = data
        self.now_ms = BEGIN_MS
        self.boxes = 0
        self.box = self.fresh("")

    def fresh(self, predecessor: str) -> Box:
        """A spare box as its first run leaves it, switched on."""
        self.boxes += 1
        directory = self.folder / f"box-{self.boxes}"
        directory.mkdir(parents=True)
        if predecessor:
            (directory / "epoch.json").write_text(predecessor)
        self.box = Box(directory, OutboxConfig(reserve_mb=0))
        return self.box

    def born(self, session: int = 1) -> None:
        run = f"run-{self.boxes}"
        self._arrive(topics.state(NODE), state(session=session, epoch=self.box.outbox.epoch, boot=run))

    def work(self) -> None:
        """An event, a complaint and a report that says what the outbox holds."""
        self.now_ms += 30_000
        self.box.clock.advance(30_000)
        self.box.add("event", n=self.now_ms)
        self.box.add("complaint", n=self.now_ms)
        body = report_body(outbox=self.box.outbox.heads(), epoch=self.box.outbox.epoch)
        self.box.outbox.append("health", "report", json.dumps(body).encode(), self.box.clock.stamp())
        self.box.outbox.flush()

    def send(self, *streams: str) -> None:
        """Everything these streams hold arrives and is acknowledged."""
        for stream in streams or STREAMS:
            found = self.box.outbox.page(stream, 0, 10**6, 1000)
            oldest, head, _pending = self.box.outbox.heads()[stream]
            records = tuple(held.record for held in found)
            batch = Batch(1, NODE, self.box.outbox.epoch, stream, oldest, head, records)  # type: ignore[arg-type]
            for one in self._arrive(topics.up(NODE, stream), encode_batch(batch)):
                pairs = [(seq, seq) for seq in one.stored]
                self.box.outbox.acknowledge(one.epoch, one.stream, pairs, one.rejected)

    def _arrive(self, topic: str, payload: bytes) -> list[Any]:
        from center.ingest.commit import commit
        from center.ingest.decode import CenterNews, decode

        self.now_ms += 1
        news = decode(topic, payload, retained=False, received_ms=self.now_ms)
        assert news is not None and not isinstance(news, CenterNews)
        return list(commit([news], self.data))


@pytest.fixture
def data(in_memory: Path) -> Iterator[Path]:
    with center_database(in_memory / "center") as directory:
        from center.pki import create_authority
        from center.sealing import make_key_pair
        from center.sites.seed_data import seed

        create_authority(directory / "pki")
        make_key_pair(directory / "keys")
        seed()
        yield directory


def a_life_until_the_card_died(place: Kelurahan) -> int:
    """When the centre heard the first box last."""
    place.born()
    place.work()
    place.send()
    place.work()
    place.send("health")  # its report names an event and a complaint that never come
    heard_ms = place.now_ms
    place.work()  # nobody hears of these
    return heard_ms


def what_the_time_between_counts_as(place: Kelurahan, heard_ms: int, born_ms: int) -> tuple[str, str]:
    """Cause and counting of the one outage there is, which lies between the two boxes."""
    from center.availability.models import Outage
    from center.ingest.hearing import heard
    from tests.support.arithmetic import work_out_due

    heard(BEGIN_MS, place.now_ms)
    work_out_due(place.now_ms)
    (between,) = Outage.objects.filter(node=NODE)
    assert heard_ms <= between.start_hi_ms and between.end_hi_ms == born_ms
    return between.cause, between.counts


def work_through(data: Path, now_ms: int) -> None:
    """What the worker makes of all that arrived."""
    from center.worker.audit import Auditor
    from center.worker.projection import project_page

    auditor = Auditor()
    while project_page(data, auditor):
        pass
    auditor.run(now_ms)


def test_another_box_continues_the_history_and_says_what_the_lost_card_held(data: Path, in_memory: Path) -> None:
    from center.complaints.models import Complaint
    from center.connectivity.findings import findings
    from center.connectivity.tails import tails
    from center.enrolment import replacing
    from center.ingest.models import Epoch, RawRecord
    from center.sites.enrolment import enroll_node
    from center.sites.models import Node

    old_keys, new_keys = in_memory / "old-keys", in_memory / "new-keys"
    enroll_node(NODE, old_keys, data)
    place = Kelurahan(in_memory / "boxes", data)
    heard_ms = a_life_until_the_card_died(place)
    old = place.box.outbox
    lost_heads = {stream: old.heads()[stream][1] for stream in STREAMS}
    old.close()

    plan = replacing.plan(NODE, role="kelurahan-kiosk", model="pi-4b")
    assert plan.before is not None
    assert (plan.before.epoch, plan.unknown_since_ms) == (old.epoch, heard_ms)
    assert all(plan.before.heads[stream] < lost_heads[stream] for stream in STREAMS)
    assert replacing.take_back(NODE, data) == 1
    assert Node.objects.get(pk=NODE).retired
    enroll_node(NODE, new_keys, data, replace=True)  # what the enrolment of the new box does

    place.now_ms += 3_600_000
    place.fresh(plan.sidecar)
    born_ms = place.now_ms + 1
    place.born()
    place.work()
    place.send()
    work_through(data, place.now_ms)

    new = Epoch.objects.get(node=NODE, epoch=place.box.outbox.epoch)
    assert (new.predecessor, new.reason) == (old.epoch, "card_replaced")
    rows = {(row.epoch, row.stream): (row.kind, row.ranges) for row in findings(NODE)}
    assert rows == {
        (old.epoch, "event"): ("card", [(3, 3)]),
        (old.epoch, "complaint"): ("card", [(2, 2)]),
    }
    (tail,) = tails(NODE)
    assert (tail.epoch, tail.heard_ms, tail.born_ms) == (old.epoch, heard_ms, born_ms)
    assert not Node.objects.get(pk=NODE).retired
    records = RawRecord.objects.filter(node=NODE)
    assert records.values("epoch", "stream", "seq").distinct().count() == records.count()
    assert records.filter(stream="complaint").count() == 2
    assert Complaint.objects.count() <= 2
    assert what_the_time_between_counts_as(place, heard_ms, born_ms) == ("silent", "unknown")
    place.box.outbox.close()
