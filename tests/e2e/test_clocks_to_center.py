"""What the centre makes of boots whose clocks were wrong: records of the real agent, stored and projected."""

import json
import time
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from agent.core.clock import Stamp
from agent.outbox import open_outbox
from tests.support.agent_box import AgentBox, stop
from tests.support.arrivals import project_all, store_records
from tests.support.center import center_database
from tests.support.fake_time import WallClock
from tests.support.processes import wait_until
from wire.messages import Record

RUNNER = str(Path(__file__).parents[1] / "support" / "agent_with_clock.py")
NEVER_US, GOOD_US = 16_000_000, 2_000
BEFORE, BETWEEN, AFTER = (f"0000000{number}-0000-4000-8000-000000000000" for number in (1, 2, 3))
MOST_WRONG_MS = 1500


@pytest.fixture
def center_data(tmp_path: Path) -> Iterator[Path]:
    with center_database(tmp_path / "center") as directory:
        yield directory


class Life:
    """The boots of one box, one after the other, on one disk."""

    def __init__(self, folder: Path) -> None:
        self.box = AgentBox(folder)
        self.wall = WallClock(folder)
        self._facts = folder / "facts.json"
        self._booted_ns: dict[str, int] = {}

    def kernel(self, boot: str, maxerror_us: int) -> None:
        """What the kernel says from now on; a boot's own time counts from when it is first named."""
        booted_ns = self._booted_ns.setdefault(boot, time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        fresh = self._facts.with_suffix(".new")
        fresh.write_text(json.dumps({"boot": boot, "maxerror_us": maxerror_us, "booted_ns": booted_ns}))
        fresh.replace(self._facts)

    def live(self, boot: str, maxerror_us: int, *, wait_for_anchor: bool = False, set_right: bool = False) -> None:
        """One boot, ended in order after its first report (and its anchor, after its clock was set `set_right`)."""
        self.kernel(boot, maxerror_us)
        with self.box.running(RUNNER, str(self._facts), environment=self.wall.environment) as agent:
            wait_until(lambda: self.box.status()["report_age_s"] is not None, "a report", detail=lambda: agent.output)
            if set_right:
                self.wall.set(time.time())
                self.kernel(boot, GOOD_US)
            if wait_for_anchor:
                wait_until(lambda: self.box.status()["clock"]["anchored"], "the anchor", detail=lambda: agent.output)
            stop(agent)

    def records(self, stream: str) -> list[Record]:
        outbox = open_outbox(self.box.data_dir, "", Stamp("test", "test", 0, 0, False))
        try:
            return [each.record for each in outbox.page(stream, 0, 10_000_000, 10_000)]
        finally:
            outbox.close()


def deliver(data: Path, life: Life, received_ms: int) -> None:
    """Everything at once, long after: only then does the centre have to work out when it was."""
    for stream in ("health", "event"):
        records = life.records(stream)
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        store_records(data, records, stream, received_ms=received_ms)
    project_all(data)


@pytest.mark.full
def test_a_boot_that_never_synchronised_is_bounded_and_one_that_did_later_is_right_from_its_beginning(
    tmp_path: Path, center_data: Path
) -> None:
    from center.connectivity.models import NodeEvent, Report

    life = Life(tmp_path)
    marks = [now_ms()]
    life.live(BEFORE, GOOD_US, wait_for_anchor=True)
    marks.append(now_ms())
    life.wall.set(30)  # the battery is empty: 1970, and nobody sets it for the whole boot
    life.live(BETWEEN, NEVER_US)
    marks.append(now_ms())
    life.wall.step(-30 * 86_400)
    life.live(AFTER, NEVER_US, set_right=True, wait_for_anchor=True)
    marks.append(now_ms())
    assert not any(record.synced for record in life.records("health") if record.boot != BEFORE)

    deliver(center_data, life, received_ms=now_ms() + 3_600_000)
    found = list(Report.objects.order_by("seq").values_list("boot", "at_ms", "at_quality"))
    by_boot = {boot: list(rows) for boot, rows in groupby(found, key=lambda row: row[0])}
    assert list(by_boot) == [BEFORE, BETWEEN, AFTER]
    for boot, (began_ms, ended_ms), quality in zip(by_boot, pairwise(marks), ("ntp", "bounded", "ntp"), strict=True):
        for _, at_ms, at_quality in by_boot[boot]:
            assert at_quality == quality
            assert quality == "bounded" or began_ms - MOST_WRONG_MS <= at_ms <= ended_ms + MOST_WRONG_MS
    # Bounded by what is known of the boots around it, although its own clock stood at 1970.
    last_before_ms = max(at_ms for _, at_ms, _ in by_boot[BEFORE])
    for _, at_ms, _ in by_boot[BETWEEN]:
        assert last_before_ms <= at_ms <= marks[2] + MOST_WRONG_MS
    starts = [json.loads(text) for text in NodeEvent.objects.filter(kind="start").values_list("json", flat=True)]
    assert [start["verdict"] for start in starts] == ["first", "stopped", "stopped"]
    assert [start["previous_boot"] for start in starts] == [None, BEFORE, BETWEEN]


def now_ms() -> int:
    return int(time.time() * 1000)
