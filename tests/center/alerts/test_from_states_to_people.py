"""From states of nodes to what a telephone receives, all parts real: incidents, queue, outbox, process, receiver.

The worker's rounds are run as it runs them; time of the town is set, an hour ago, so that whatever is due is due now.
Who counts is the receiver.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from center.pki import create_authority
from tests.support.alerts import Receiver, alerts_command, drain
from tests.support.incident_town import HOUR_MS, Town
from tests.support.processes import Program, program, wait_until

ISP = [f"kel-a{number:02}" for number in range(30)]
REST = [f"kel-b{number:02}" for number in range(40)]
BROKEN = ISP[7]
Make = Callable[[], Any]


@pytest.fixture
def town(hooked: Path) -> Town:
    """70 nodes: 30 on one ISP's line, 40 on another's; whoever is told anything is told through the webhook."""
    town = Town(now_ms=time.time_ns() // 1_000_000 - HOUR_MS)
    town.nodes(ISP, ["line:isp-a"])
    town.nodes(REST, ["line:isp-b"])
    town.look()
    return town


@pytest.fixture
def alerts(hooked: Path) -> Iterator[Callable[[], Any]]:
    """Starts the alerts as a process of its own."""
    create_authority(hooked / "pki")
    yield lambda: program(*alerts_command(hooked))


class MortalTown(Town):
    """A town whose worker is killed by -9 in the middle of every round, each time at another statement, and then
    started again."""

    deaths: int = 0

    def look(self) -> int:
        if self._dies_at(3 + 5 * self.deaths % 61):
            self.deaths += 1
        return super().look()

    def _dies_at(self, statement: int) -> bool:
        from django.db import connection, connections

        connections.close_all()
        child = os.fork()
        if child:
            return os.WIFSIGNALED(os.waitpid(child, 0)[1])
        count = 0

        def counted(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            if (count := count + 1) > statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*arguments)

        try:
            with connection.execute_wrapper(counted):
                super().look()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing of this process may go on in the test's name
            os._exit(3)


def told(receiver: Receiver) -> list[tuple[str, bool]]:
    """(first line of the text, whether it is marked as a repeat) of everything that arrived."""
    return [(body["text"].partition("\n")[0], body["repeat"]) for body in receiver.bodies]


def cut_and_mended(town: Town, between: Callable[[], None]) -> None:
    """One line falls with its 30 nodes; ten minutes later it is back, and all of its nodes but one."""
    town.cut(ISP)
    town.run(150)
    between()
    town.run(450, 30)
    town.back([node for node in ISP if node != BROKEN])
    town.run(80)
    between()
    town.run(120, 20)
    between()
    town.back([BROKEN])
    town.run(90, 30)
    between()


def check_story(receiver: Receiver, repeats: int) -> None:
    """One page for thirty, the recovery, one for the broken one, and its recovery: nothing else was ever made."""
    from center.alerts.models import Delivery

    first = {body["key"]: body for body in receiver.bodies}
    said = [body["text"].partition("\n")[0] for body in first.values()]
    assert [line.partition("]")[0][1:] for line in said] == ["KRITIS", "PULIH", "PERINGATAN", "PULIH"], said
    assert "Jalur isp-a putus" in said[0] and "30 node" in said[0]
    assert "Jalur isp-a pulih" in said[1]
    assert BROKEN in said[2] and BROKEN in said[3] and "pulih" in said[3]
    page = next(iter(first.values()))["text"]
    assert "Lokasi (30): Tempat kel-a00, " in page and page.count("Tempat kel-a") == 12 and "dan 18 lagi" in page
    assert sum(repeat for _line, repeat in told(receiver)) == repeats
    assert len(receiver.seen) == 4 + repeats
    assert list(Delivery.objects.order_by("id").values_list("what", "state")) == [
        ("opened", "sent"), ("resolved", "sent"), ("opened", "sent"), ("resolved", "sent"),
    ]  # fmt: skip


def test_one_cut_line_is_one_page_for_thirty_and_the_broken_node_inside_pages_when_the_line_is_back(
    town: Town, receiver: Receiver, service: Make
) -> None:
    process = service()
    cut_and_mended(town, lambda: drain(process))
    check_story(receiver, repeats=0)
    assert len({body["key"] for body in receiver.bodies}) == 4


def test_a_centre_that_is_cut_off_is_one_message_however_slowly_its_nodes_fall_silent(
    town: Town, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Delivery
    from center.operations.models import Alarm, Incident

    process = service()
    for start in range(0, 70, 10):  # no wills: each is silent after its own last report
        town.cut([*ISP, *REST][start : start + 10], reason="")
        town.run(10)
    town.run(300, 20)
    drain(process)
    town.run(1200, 60)
    drain(process)
    assert set(town.open()) == {("blind", "")} and town.states() == {"UNKNOWN": 70}
    ((page, _repeat),) = told(receiver)
    assert "Pusat tidak mendengar node" in page and "70 node" in page
    assert Delivery.objects.count() == 1, "nothing more waits either"
    assert list(Alarm.objects.filter(suppressed=False).values_list("node", flat=True)) == [""]
    town.back([*ISP, *REST])
    town.run(120, 30)
    drain(process)
    assert [body["event"] if "event" in body else body["what"] for body in receiver.bodies] == ["opened", "resolved"]
    assert Incident.objects.count() == 1


@pytest.mark.full
@pytest.mark.timeout(600)
def test_with_worker_and_alerts_killed_in_the_middle_nothing_is_lost_and_nothing_repeated_unmarked(
    hooked: Path, receiver: Receiver, alerts: Callable[[], Any]
) -> None:
    town = MortalTown(now_ms=time.time_ns() // 1_000_000 - HOUR_MS)
    town.nodes(ISP, ["line:isp-a"])
    town.nodes(REST, ["line:isp-b"])
    town.look()
    receiver.hold.clear()
    deaths = 0

    def killed_under_way() -> None:
        """Each message reaches the receiver, and its process dies before it has the answer; the next one sends it."""
        nonlocal deaths
        arrived = deaths * 2
        with alerts() as first:
            wait_until(lambda: len(receiver.seen) == arrived + 1, "the message", detail=lambda: first.output)
            first.send(signal.SIGKILL)
            first.wait()
        receiver.hold.set()
        with alerts() as second:
            wait_until(lambda: len(receiver.seen) == arrived + 2, "the repeat", detail=lambda: second.output)
            wait_until(all_sent, "the outbox to be empty", detail=lambda: second.output)
            ended(second)
        receiver.hold.clear()
        deaths += 1

    cut_and_mended(town, killed_under_way)
    assert town.deaths > 20, "the worker did not die"
    assert deaths == 4
    check_story(receiver, repeats=4)
    keys = [body["key"] for body in receiver.bodies]
    for key in set(keys):
        assert [body["repeat"] for body in receiver.bodies if body["key"] == key] == [False, True]


def all_sent() -> bool:
    from center.alerts.models import Delivery

    return set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def ended(running: Program) -> None:
    running.send(signal.SIGTERM)
    assert running.wait() == 0, running.output
