"""Two days of three nodes as raw records and sessions: a cut line, a power cut, a restart, a stay, thinned reports.

Everything is said by boot-time; anchors put the boots onto the calendar. Sessions are what the centre heard in its own
time; records are what the nodes kept, and deliver whenever they can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.arrivals import register_node, store_records, store_state
from tests.support.fleet import record, report_body
from wire.messages import Record

DAY_MS = 86_400_000
FIRST_MS = 1_760_029_200_000 - 10 * DAY_MS
"""A midnight of Asia/Jakarta: 30 September 2025."""
END_MS = FIRST_MS + 2 * DAY_MS
NODES = ("kel-3673011001", "kel-3673011002", "kec-367301")
PERIOD_MS = 15 * 60_000
HOUR_MS = 3_600_000
DELIVERED_MS = END_MS + 2_000
"""When whatever they kept is delivered."""


@dataclass(slots=True)
class Box:
    """One node's records, filed as its agent would; times are minutes since FIRST_MS."""

    node: str
    seqs: dict[str, int] = field(default_factory=dict)
    records: list[tuple[str, Record]] = field(default_factory=list)
    boot: str = ""
    run: str = ""
    began_ms: int = 0
    anchored: bool = True

    def file(self, at_ms: int, kind: str, body: Any, stream: str = "event") -> None:
        """One record at this moment."""
        seq = self.seqs[stream] = self.seqs.get(stream, 0) + 1
        stamp = {"boot": self.boot, "run": self.run, "mono_ms": at_ms - self.began_ms, "wall_ms": at_ms}
        self.records.append((stream, record(seq, kind, body, synced=False, **stamp)))

    def start(self, at_ms: int, boot: str, run: str, **told: Any) -> None:
        """The agent starts in this boot; `told` of the run before."""
        if boot != self.boot:
            self.began_ms = at_ms - 20_000
        before = {"previous_boot": self.boot or None, "previous_run": self.run or None}
        self.boot, self.run = boot, run
        self.file(at_ms, "start", {**before, "verdict": "first", **told})
        if not self.anchored:
            return
        anchor = {"boot": boot, "offset_ms": self.began_ms, "error_ms": 40, "source": "ntp"}
        self.file(at_ms + 1_000, "anchor", anchor)

    def report(self, from_ms: int, until_ms: int, without: tuple[int, int] = (0, 0)) -> None:
        """Health reports, one each period; none of those in `without` was kept."""
        for at_ms in range(from_ms, until_ms, PERIOD_MS):
            if not without[0] <= at_ms < without[1]:
                self.file(at_ms, "report", report_body(period_s=PERIOD_MS / 1000), "health")
            else:
                self.seqs["health"] = self.seqs.get("health", 0) + 1

    def outage(self, name: str, onset_ms: int, end_ms: int, code: str) -> None:
        """The journal's two notices of a cut line."""
        seen = {
            "id": name, "boot": self.boot, "onset_mono_ms": onset_ms - self.began_ms, "code": code,
            "found_mono_ms": onset_ms + 30_000 - self.began_ms, "confidence_pct": 90.0,
        }  # fmt: skip
        self.file(onset_ms + 30_000, "outage", {**seen, "phase": "begun"})
        self.file(end_ms + 5_000, "outage", {**seen, "phase": "ended", "end_mono_ms": end_ms - self.began_ms})


def at(hours: float) -> int:
    """Unix ms of so many hours after the first midnight."""
    return FIRST_MS + int(hours * HOUR_MS)


def boxes(anchored: bool = True) -> list[Box]:
    """The three of them; not `anchored`: their clocks were never synchronised, and nobody knows by how much."""
    found = [Box(node, anchored=anchored) for node in NODES]
    for box, story in zip(found, (_cut_line, _power_cut, _restarts), strict=True):
        story(box)
    return found


def _cut_line(box: Box) -> None:
    box.start(at(1), "boot-a", "run-1")
    box.report(at(1.1), at(40))
    box.outage("outage-1", at(23.8), at(24.4), "L5b")
    box.outage("outage-2", at(30), at(30.5), "L2")
    _blackout(box, "boot-a2")


def _power_cut(box: Box) -> None:
    box.start(at(1), "boot-b", "run-1")
    box.report(at(1.1), at(20))
    last_ms = at(20) - box.began_ms
    box.start(at(22), "boot-c", "run-2", verdict="power_or_unknown", last_alive_mono_ms=last_ms)
    box.report(at(22.1), at(40))
    _blackout(box, "boot-c2")


def _restarts(box: Box) -> None:
    box.start(at(1), "boot-d", "run-1")
    box.report(at(1.1), at(8))
    box.file(at(8), "stop", {"reason": "sigterm"})
    box.start(at(9), "boot-d", "run-2", verdict="stopped")
    working = {"active": True, "since_mono_ms": at(12) - box.began_ms, "until_mono_ms": at(14) - box.began_ms}
    box.file(at(12), "maintenance", {**working, "by": "teknisi"})
    box.report(at(9.1), at(40), without=(at(32), at(35)))
    thin = {"stream": "health", "first": 1, "last": 2, "count": 2, "reason": "thinned_1h"}
    box.file(at(36), "gap", {**thin, "from_ms": at(32.1), "to_ms": at(34.85)})
    _blackout(box, "boot-d2")
    return box


def _blackout(box: Box, boot: str) -> None:
    """The feeder of all three fails at hour 40, for an hour."""
    last_ms = at(40) - box.began_ms
    box.start(at(41), boot, "run-9", verdict="power_or_unknown", last_alive_mono_ms=last_ms)
    box.report(at(41.1), at(47.9))
    box.report(END_MS, END_MS + 1)  # delivered live, so that the clock is known to be right


def store_sessions(data: Path) -> None:
    """What the centre heard, in the order of its clock: births and wills, and that it listened all the time."""
    from center.ingest import hearing

    heard = [
        (NODES[0], 1, "birth", at(1.01)), (NODES[0], 1, "will", at(23.83)), (NODES[0], 2, "birth", at(24.41)),
        (NODES[0], 2, "will", at(30.04)), (NODES[0], 7, "birth", at(30.51)),
        (NODES[1], 1, "birth", at(1.01)), (NODES[1], 1, "will", at(20.03)), (NODES[1], 7, "birth", at(22.01)),
        (NODES[2], 1, "birth", at(1.01)), (NODES[2], 1, "stop", at(8.001)), (NODES[2], 7, "birth", at(9.01)),
    ]  # fmt: skip
    for place, node in enumerate(NODES):
        heard += [(node, 7, "will", at(40.01)), (node, 8, "birth", at(41.01) + place)]
    hearing.heard(FIRST_MS, END_MS)
    boots = {(NODES[0], n): "boot-a" for n in (1, 2, 7)} | {(NODES[2], n): "boot-d" for n in (1, 7)}
    boots |= {(NODES[1], 1): "boot-b", (NODES[1], 7): "boot-c"}
    boots |= {(node, 8): boot for node, boot in zip(NODES, ("boot-a2", "boot-c2", "boot-d2"), strict=True)}
    for node, session, reason, at_ms in sorted(heard, key=lambda one: one[3]):
        status = "online" if reason == "birth" else "offline"
        said = {"node": node, "session": session, "status": status, "reason": reason, "boot": boots[node, session]}
        store_state(data, at_ms, **said)


def register() -> None:
    """The three boxes in the registry, all of them on one feeder."""
    from center.sites.models import Link, Site, Upstream

    feeder, _made = Upstream.objects.get_or_create(code="feeder-1", defaults={"name": "Penyulang", "kind": "feeder"})
    for node in NODES:
        register_node(node=node)
        Link.objects.get_or_create(site=Site.objects.get(code=node), upstream=feeder)


def deliveries(size: int = 24, anchored: bool = True) -> list[tuple[str, str, Sequence[Record]]]:
    """(node, stream, records) as batches in the order of filing."""
    return [batch for box in boxes(anchored) for batch in _batches(box, size)]


def _batches(box: Box, size: int) -> Iterator[tuple[str, str, Sequence[Record]]]:
    for stream in sorted(box.seqs):
        lane = [one for name, one in box.records if name == stream]
        for begin in range(0, len(lane), size):
            yield box.node, stream, lane[begin : begin + size]


def deliver(data: Path, batch: tuple[str, str, Sequence[Record]], received_ms: int) -> None:
    """One batch arrives."""
    node, stream, records = batch
    store_records(data, records, stream, received_ms, node=node)
