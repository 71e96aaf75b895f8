"""In whatever order it happens: nothing accepted vanishes, nothing acknowledged returns, every gap is declared."""

import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.outbox import OutboxConfig
from tests.agent.outbox.conftest import EVERYTHING, Box
from tests.support.torture import often

RECORDS = ("complaint", "event", "health")


class AnyOrder(RuleBasedStateMachine):
    """A model of each stream: what was promised, what was acknowledged, what the disk knows as acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sandi-outbox-"))
        self.box = Box(self.folder, OutboxConfig(commit_records=20, ack_commit_count=3, event_max_mb=1))
        self.promised: dict[str, dict[int, int]] = {stream: {} for stream in RECORDS}
        self.unflushed: dict[int, int] = {}
        self.acked: dict[str, set[int]] = {stream: set() for stream in RECORDS}
        self.crashed_since_ack = False
        self.counter = 0

    @rule(stream=st.sampled_from(("complaint", "event")), size=st.integers(0, 2000))
    def append(self, stream: str, size: int) -> None:
        self.counter += 1
        seq = self.box.add(stream, n=self.counter, filler="x" * size)
        self._flushed()
        assert seq not in self.promised[stream]
        self.promised[stream][seq] = self.counter

    @rule(count=st.integers(1, 30), size=st.integers(0, 1500))
    def report(self, count: int, size: int) -> None:
        for _ in range(count):
            self.counter += 1
            seq = self.box.add("health", n=self.counter, filler="x" * size)
            self.unflushed[seq] = self.counter
            if len(self.unflushed) >= 20:
                self._flushed()

    @rule()
    def flush(self) -> None:
        self.box.outbox.flush()
        self._flushed()

    @rule(stream=st.sampled_from(RECORDS), first=st.integers(1, 60), length=st.integers(0, 40))
    def acknowledge(self, stream: str, first: int, length: int) -> None:
        self.box.ack(stream, (first, first + length))
        self.acked[stream] |= {seq for seq in self.promised[stream] if first <= seq <= first + length}

    @rule()
    def maintain(self) -> None:
        self.box.clock.advance(1000)
        self.box.outbox.maintain(self.box.clock.stamp())

    @rule()
    def crash(self) -> None:
        self.box.crash()
        self.unflushed.clear()
        # Acknowledgements the disk did not know yet may be offered once more: take over what it knows.
        for stream in RECORDS:
            waiting = set(self.box.waiting(stream))
            assert waiting <= set(self.promised[stream]) | self._own_events(stream)
            self.acked[stream] -= waiting

    @rule()
    def restart(self) -> None:
        self.box.reopen()
        self._flushed()

    @rule(stream=st.sampled_from(RECORDS), index=st.integers(0, 50))
    def refuse(self, stream: str, index: int) -> None:
        waiting = [seq for seq in self.box.waiting(stream) if seq in self.promised[stream]]
        if waiting:
            seq = waiting[index % len(waiting)]
            self.box.outbox.refuse(stream, seq, "schema", self.box.clock.stamp())
            assert self._declared(stream, seq)
            del self.promised[stream][seq]

    @precondition(lambda self: self.counter > 0)
    @rule()
    def reoffer(self) -> None:
        known = self.box.outbox.reoffer(f"g-{self.counter}-{len(self.acked['complaint'])}-{self.box.outbox.epoch}")
        if known:
            for stream in ("complaint", "event"):
                self.acked[stream] -= set(self.box.waiting(stream))

    @rule()
    def new_epoch(self) -> None:
        waiting = {s: self.box.bodies(s) for s in ("event", "health")}
        self.box.outbox.new_epoch("epoch_conflict", self.box.clock.stamp())
        self._flushed()
        events = self.box.outbox.page("event", 0, EVERYTHING, 10**6)
        assert events[0].record.kind == "epoch"
        after = [json.loads(bytes(held.record.body)) for held in events]
        assert [body for body in after if "n" in body] == [body for body in waiting["event"] if "n" in body]
        numbers = {held.record.seq: json.loads(bytes(held.record.body)).get("n") for held in events}
        self.promised["event"] = {seq: n for seq, n in numbers.items() if n is not None}
        self.acked["event"] = set()
        complaints = set(self.box.waiting("complaint"))
        self.acked["complaint"] -= complaints
        waiting_n = [body["n"] for body in waiting["health"]]
        assert [body["n"] for body in self.box.bodies("health")][: len(waiting_n)] == waiting_n

    @invariant()
    def everything_promised_waits_or_was_acknowledged(self) -> None:
        for stream in RECORDS:
            page = self.box.outbox.page(stream, 0, EVERYTHING, 10**6)
            waiting = {held.record.seq: json.loads(bytes(held.record.body)).get("n") for held in page}
            expected = {s: n for s, n in self.promised[stream].items() if s not in self.acked[stream]}
            assert {s: n for s, n in waiting.items() if n is not None} == expected, stream
            assert list(waiting) == sorted(waiting)

    @invariant()
    def heads_agree_with_pages(self) -> None:
        for stream, (oldest, head, pending) in self.box.outbox.heads().items():
            waiting = self.box.waiting(stream)
            assert pending == len(waiting)
            assert oldest == (waiting[0] if waiting else head + 1)
            assert not waiting or waiting[-1] <= head

    def teardown(self) -> None:
        self.box.outbox.close()
        shutil.rmtree(self.folder)

    def _flushed(self) -> None:
        self.promised["health"].update(self.unflushed)
        self.unflushed.clear()

    def _own_events(self, stream: str) -> set[int]:
        """Events the outbox files by itself."""
        if stream != "event":
            return set()
        page = self.box.outbox.page("event", 0, EVERYTHING, 10**6)
        return {held.record.seq for held in page if held.record.kind in ("gap", "epoch")}

    def _declared(self, stream: str, seq: int) -> bool:
        return any(gap["stream"] == stream and gap["first"] <= seq <= gap["last"] for gap in self.box.ledger())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=often(25, 200), stateful_step_count=40, deadline=None)
