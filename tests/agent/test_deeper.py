"""When the node looks deeper, what it forgets, and which ways are news."""

import asyncio
from collections.abc import Callable, Iterable

import pytest

from agent import deeper
from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason
from agent.deeper import HOURLY, ON_FAILURE, Deeper
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.looker import LookError
from tests.support.told_line import Outbox, ToldLine


class Looks:
    """Answers looks as the test says, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.path, self.reached = "10.9.0.1>10.9.1.1>10.9.1.2", True
        self.fault = ""
        self.error: LookError | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    async def look(self, names: Iterable[str]) -> tuple[Evidence, ...]:
        self.asked.append(tuple(names))
        self.meanwhile()
        if self.error is not None:
            raise self.error
        reason = Reason.NONE if self.reached else Reason.NO_REPLY
        detail = {"address": "10.9.1.2", "path": self.path, "reached": self.reached, "hops": self.path.count(">") + 1}
        trace = Observation("trace", "center", 5, self.reached, reason, detail=detail)
        internet = Observation("internet", "internet", 5, not self.fault, Reason(self.fault))
        return (Evidence(trace), Evidence(internet))


class Node:
    """A deeper look driven along its own times."""

    def __init__(self) -> None:
        self.clock, self.looks, self.line, self.outbox = FakeClock(), Looks(), ToldLine(), Outbox()
        self.stirred = 0
        events = EventLog(self.outbox, self.clock)
        self.deeper = Deeper(self.looks, self.line, events, self.clock, "kel-3673011001", changed=self._stir)

    def _stir(self) -> None:
        self.stirred += 1

    async def go_on(self, seconds: float) -> None:
        """Let time pass from one due look to the next, as its loop does."""
        end_s = self.clock.mono_s() + seconds
        while (due_s := self.deeper.due_ms / 1000) <= end_s:
            self.clock.advance(max(0.0, due_s - self.clock.mono_s()))
            await self.deeper.turn()
        self.clock.advance(end_s - self.clock.mono_s())

    def live(self, *spells: tuple[str, float]) -> "Node":
        """Spells of being `well` or in `trouble`, in seconds."""

        async def story() -> None:
            for how, seconds in spells:
                getattr(self.deeper, how)()
                await self.go_on(seconds)

        asyncio.run(story())
        return self


@pytest.fixture
def node() -> Node:
    return Node()


def test_it_looks_some_minutes_after_the_start_and_then_by_the_hour(node: Node) -> None:
    node.live(("well", 119))
    assert node.looks.asked == [HOURLY]
    node.live(("well", 6 * 3600))
    assert node.looks.asked[1:] in ([HOURLY] * 6, [HOURLY] * 7)
    assert node.stirred == len(node.looks.asked)
    assert node.outbox.of("path") == []  # the way was the same all the time


def test_trouble_is_looked_into_at_once_again_while_it_lasts_and_once_after_it(node: Node) -> None:
    node.live(("well", 600), ("trouble", 1))
    assert node.looks.asked[-1] == ON_FAILURE
    assert node.line.forgotten == [False]
    looked = len(node.looks.asked)
    node.live(("trouble", 900))
    assert len(node.looks.asked) - looked == 3
    node.live(("well", 60))
    assert node.line.forgotten == [False, True]
    assert node.looks.asked[-1] == HOURLY


def test_a_line_that_comes_and_goes_is_not_looked_at_more_than_once_a_minute(node: Node) -> None:
    node.live(*[("trouble", 5.0), ("well", 5.0)] * 60)
    assert len(node.looks.asked) <= 11


def test_the_way_found_in_trouble_is_told_once(node: Node) -> None:
    node.live(("well", 130))
    node.looks.path, node.looks.reached = "10.9.0.1>*", False
    node.live(("trouble", 700))
    (told,) = node.outbox.of("path")
    assert told["why"] == "failure"
    assert told["reached"] is False
    assert [hop["address"] for hop in told["hops"]] == ["10.9.0.1"]
    traces = [item.seen for item in node.line.learnt if item.seen.probe == "trace"]
    assert traces[-1].detail["known_hops"] == 3
    node.live(("well", 60), ("trouble", 100))
    assert len(node.outbox.of("path")) == 2


def test_another_way_is_told_when_it_is_first_seen(node: Node) -> None:
    node.live(("well", 130))
    node.looks.path = "10.9.0.1>10.9.8.1>10.9.1.2"
    node.live(("well", 3 * 3600))
    (told,) = node.outbox.of("path")
    assert (told.get("why", "hourly"), told["changed"]) == ("hourly", True)
    assert told["hops"][1]["address"] == "10.9.8.1"


def test_a_fault_found_by_the_hour_is_looked_at_again_soon(node: Node) -> None:
    node.looks.fault = "no_reply"
    node.live(("well", 1000))
    assert len(node.looks.asked) >= 3


def test_what_was_found_in_a_trouble_that_is_over_is_not_learnt(node: Node) -> None:
    node.looks.meanwhile = node.deeper.well
    node.live(("trouble", 1))
    assert node.line.learnt == []


def test_a_look_that_fails_is_tried_again_and_ends_nothing(node: Node) -> None:
    node.looks.error = LookError("it cannot be started")
    node.live(("trouble", 700))
    assert len(node.looks.asked) == 3
    assert node.line.learnt == []
    node.looks.error = None
    node.live(("trouble", deeper.AGAIN_S))
    assert node.line.learnt


def test_what_a_box_does_not_have_is_no_fault_to_look_at_again(node: Node) -> None:
    node.looks.fault = "no_target"
    node.live(("well", 6 * 3600))
    assert len(node.looks.asked) <= 8


def test_a_fault_that_stays_the_same_is_looked_at_less_and_less_often(node: Node) -> None:
    node.looks.fault = "no_reply"
    node.live(("well", 24 * 3600))
    assert 24 <= len(node.looks.asked) <= 30
    looked = len(node.looks.asked)
    node.looks.fault = "timeout"
    node.live(("well", 4500))
    assert len(node.looks.asked) - looked >= 4
