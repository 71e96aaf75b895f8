"""Bounds, in whatever order things happen: each number is held, stored at the centre, or in the ledger."""

import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.outbox import OutboxConfig
from tests.agent.outbox.conftest import EVERYTHING, Box
from tests.support.torture import often

STREAMS = ("complaint", "attachment", "event", "health", "snapshot")
NEVER = ("complaint", "attachment")


class Bounded(RuleBasedStateMachine):
    """A centre that stores what it acknowledges, and an outbox with the smallest bounds there are."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sandi-bounds-"))
        config = OutboxConfig(
            health_max_mb=1, event_max_mb=1, snapshot_max_mb=1, commit_records=64, ack_commit_count=4, reserve_mb=0
        )
        self.box = Box(self.folder, config)
        self.stored: dict[str, set[int]] = {stream: set() for stream in STREAMS}
        self.entries: dict[int, dict[str, object]] = {}
        self.acked_once_more = 0

    @rule(count=st.integers(50, 300), period_s=st.sampled_from([5, 30, 30, 30, 400, 4000]), size=st.integers(0, 1800))
    def report(self, count: int, period_s: int, size: int) -> None:
        for _ in range(count):
            self.box.clock.advance(period_s)
            self.box.add("health", filler="x" * size)

    @rule(count=st.integers(1, 150), size=st.integers(0, 3000))
    def happen(self, count: int, size: int) -> None:
        for _ in range(count):
            self.box.add("event", filler="x" * size)

    @rule(size=st.integers(0, 3000))
    def complain(self, size: int) -> None:
        self.box.add("complaint", filler="x" * size)
        self.box.add_file("attachment", bytes(size + 1))

    @rule(count=st.integers(1, 6), size=st.integers(1, 300_000))
    def photograph(self, count: int, size: int) -> None:
        for _ in range(count):
            self.box.add_file("snapshot", bytes(size))

    @rule(stream=st.sampled_from(STREAMS), after=st.integers(0, 3000), most=st.integers(1, 300))
    def deliver(self, stream: str, after: int, most: int) -> None:
        """The centre stores a page, wherever in the lane it begins, and says so in ranges without holes."""
        seqs = [held.record.seq for held in self.box.outbox.page(stream, after, EVERYTHING, most)]
        self.stored[stream] |= set(seqs)
        news = self.box.ack(stream, *((seq, seq) for seq in seqs))
        assert news == len(seqs)

    @rule(stream=st.sampled_from(STREAMS), most=st.integers(1, 300))
    def deliver_from_the_front(self, stream: str, most: int) -> None:
        self.deliver(stream, 0, most)

    @rule()
    def maintain(self) -> None:
        self.box.clock.advance(1000)
        self.box.outbox.maintain(self.box.clock.stamp())
        self.box.outbox.keep_reserve()

    @rule()
    def crash(self) -> None:
        self.box.crash()

    @rule()
    def reboot(self) -> None:
        self.box.outbox.close()
        self.box.clock.reboot(f"boot-{self.box.outbox.heads()['health'][1]}", "run")
        self.box.outbox = self.box.open()

    @invariant()
    def each_number_is_held_stored_or_declared(self) -> None:
        self.entries |= {int(str(entry["seq"])): entry for entry in self.box.outbox.ledger(10**6)}
        for stream, (oldest, head, pending) in self.box.outbox.heads().items():
            waiting = self.box.waiting(stream)
            assert pending == len(waiting), stream
            assert oldest == (waiting[0] if waiting else head + 1), stream
            assert self.box.outbox.newest_waiting(stream) == (waiting[-1] if waiting else 0)
            missing = set(range(1, head + 1)) - set(waiting) - self.stored[stream]
            entries = [entry for entry in self.entries.values() if entry["stream"] == stream]
            declared = {n for e in entries for n in range(int(str(e["first"])), int(str(e["last"])) + 1)}
            assert missing <= declared, stream
            assert len(missing) <= sum(int(str(entry["count"])) for entry in entries)
            assert stream not in NEVER or not entries

    @invariant()
    def bounds_hold_and_memory_stays_small(self) -> None:
        lanes = self.box.outbox._opened.memory.lanes
        bounds = self.box.config.bound_bytes
        protected = sum(len(str(entry)) + 240 for entry in self.entries.values())
        for stream, lane in lanes.items():
            assert lane.size_bytes <= bounds.get(stream, EVERYTHING) + 700_000 + protected, stream
            assert lane.absent >= 0

    def teardown(self) -> None:
        self.box.outbox.close()
        shutil.rmtree(self.folder)


TestBounded = Bounded.TestCase
TestBounded.settings = settings(max_examples=often(12, 100), stateful_step_count=30, deadline=None)


def fill(box: Box, count: int, period_s: float = 30, size: int = 1500) -> None:
    for number in range(count):
        box.clock.advance(period_s)
        box.add("health", n=number, filler="x" * size)
    box.outbox.flush()


def test_over_its_bound_health_is_thinned_oldest_first_before_any_is_dropped(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    fill(box, 1200)
    waiting, reasons = box.waiting("health"), {entry["reason"] for entry in box.outbox.ledger(1000)}
    assert reasons == {"thinned_5min"}
    steps = [after - before for before, after in pairwise(waiting)]
    assert waiting[0] == 1
    thick = steps.index(1)
    assert set(steps[1 : thick - 1]) == {10}, "the oldest part, one per five minutes"
    assert set(steps[thick:]) == {1}, "the newest part, all of it"
    assert len(steps) - thick >= 100
    fill(box, 8000)
    assert {entry["reason"] for entry in box.outbox.ledger(1000)} == {"thinned_5min", "thinned_1h"}
    assert box.waiting("health")[0] == 1
    assert len(box.outbox.ledger(1000)) < 8000 * 1700 / (512 * 1024) * 2 + 3, "two entries per half of the bound"


def test_a_thinned_backlog_drains_in_order_with_little_in_memory(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    fill(box, 6000)
    before = len(box.waiting("health"))
    sent = 0
    while page := box.outbox.page("health", 0, EVERYTHING, 50):
        sent += box.ack("health", *((held.record.seq, held.record.seq) for held in page))
        assert len(box.outbox._opened.memory.lanes["health"].done.pairs) <= 2
        box.outbox.maintain(box.clock.stamp())
        box.clock.advance(60)
    assert sent == before
    box.crash()
    assert len(box.waiting("health")) <= 64 * 50, "what the disk did not know yet is offered again"
    box.ack("health", (1, 6000))
    box.reopen()
    assert box.outbox.heads()["health"] == (6001, 6000, 0)
    assert box.outbox.status()["streams"]["health"]["size_bytes"] == 0  # type: ignore[index]


def test_a_restart_in_the_middle_of_thinning_neither_repeats_nor_forgets(make_box: Callable[..., Box]) -> None:
    one, other = make_box(health_max_mb=1, reserve_mb=0), make_box(health_max_mb=1, reserve_mb=0)
    for round_number in range(30):
        for box in (one, other):
            fill(box, 100)
        other.crash() if round_number % 2 else other.reopen()
    assert one.waiting("health") == other.waiting("health")
    facts = [
        [(e["first"], e["last"], e["count"], e["reason"]) for e in box.outbox.ledger(1000)] for box in (one, other)
    ]
    assert facts[0] == facts[1]


def test_a_new_epoch_declares_a_thinned_stretch(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    fill(box, 2000)
    waiting = box.waiting("health")
    box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    assert box.waiting("health") == waiting
    declared = {n for e in box.outbox.ledger(1000) for n in range(int(str(e["first"])), int(str(e["last"])) + 1)
                if e["stream"] == "health" and e["acknowledged"] is False}  # fmt: skip
    assert set(range(1, 2001)) - set(waiting) <= declared


def test_what_is_given_up_is_told_while_it_lasts(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    assert box.outbox.conditions() == {}
    fill(box, 1200)
    assert "health" in box.outbox.conditions()["giving_up"]
    given_up = 1200 - len(box.waiting("health"))
    assert box.outbox.status()["given_up"] == {"health": given_up}
    box.outbox.keep_reserve()
    assert "giving_up" in box.outbox.conditions(), "the bound is still near"
    box.ack("health", (1, 1200))
    box.reopen()
    fill(box, 10)
    box.outbox.keep_reserve()
    assert box.outbox.conditions() == {}


def test_a_damaged_outbox_is_told_for_a_day_of_running_across_restarts(make_box: Callable[..., Box]) -> None:
    box = make_box(reserve_mb=0)
    box.outbox.close()
    (box.directory / "outbox.db").write_bytes(b"rubbish" * 1000)
    box.outbox = box.open()
    for _ in range(23):
        assert "outbox_damaged" in box.outbox.conditions()
        box.clock.advance(3600)
        box.outbox.maintain(box.clock.stamp())
        box.clock.reboot("boot", "run", mono_ms=1000)
        box.reopen()
    damaged = box.outbox.status()["damaged"]
    assert damaged["life_s"] == pytest.approx(23 * 3600, abs=60)  # type: ignore[index]
    box.clock.advance(2 * 3600)
    box.outbox.maintain(box.clock.stamp())
    assert "outbox_damaged" not in box.outbox.conditions()


@pytest.mark.parametrize("period_s", [30, 3600])
def test_what_is_under_way_is_not_given_up_while_the_session_lives(make_box: Callable[..., Box], period_s: int) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    fill(box, 500, period_s)
    box.outbox.next_session()
    under_way = [held.record.seq for held in box.outbox.page("health", 0, EVERYTHING, 60)]
    fill(box, 1000, period_s)
    entries = box.outbox.ledger(1000)
    assert entries, "something was given up"
    assert box.waiting("health")[:60] == under_way
    assert box.ack("health", (1, 60)) == 60
    assert sum(int(str(entry["count"])) for entry in entries) == 1500 - 60 - len(box.waiting("health"))
    box.crash()
    assert len(box.waiting("health")) >= 1500 - sum(int(str(entry["count"])) for entry in entries) - 60


def test_what_a_dead_session_took_is_spared_no_longer(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1, reserve_mb=0)
    fill(box, 500, 3600)
    box.outbox.next_session()
    box.outbox.page("health", 0, EVERYTHING, 60)
    box.outbox._handed_out.clock = lambda: time.monotonic() + 301
    fill(box, 1000, 3600)
    assert box.waiting("health")[0] > 60


def test_what_is_under_way_goes_when_nothing_else_can_make_the_room(make_box: Callable[..., Box]) -> None:
    box = make_box(snapshot_max_mb=1, reserve_mb=0)
    box.outbox.next_session()
    for _ in range(15):
        box.add_file("snapshot", bytes(100_000))
        box.outbox.page("snapshot", 0, EVERYTHING)
    assert len(box.waiting("snapshot")) <= 10
    assert box.outbox.ledger(10)
