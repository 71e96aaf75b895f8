"""Everything a run works on: the city, its boxes with their journals, and the observer; taken down always."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import oracle
from tests.chaos.box import Box
from tests.chaos.journal import Journal, entries
from tests.chaos.observer import Observer
from tests.support.city import City, wait_until

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003", "kel-3673011004", "kel-3673011005", "kel-3673011006")
CENTER_PARTS = ("broker", "ingest-1", "ingest-2", "worker", "web")


class Unfit(Exception):  # noqa: N818 - not an error: this fault cannot be had at this moment
    """The fault does not apply just now (the process is down already, a box is not drained)."""


class Scene:
    """What faults get to see."""

    def __init__(self, directory: Path, *, agents: int, per_s: float, seed: int) -> None:
        self.directory = directory
        self.root = os.geteuid() == 0
        self.city = City(directory, workers=2, enrolled=NODES[:agents])
        self.boxes: list[Box] = []
        self.journals: list[Journal] = []
        self.observer: Observer | None = None
        self._agents, self._per_s, self._seed = agents, per_s, seed

    def start(self) -> None:
        """Centre, boxes, journals; returns when every box takes complaints."""
        self.city.start()
        self.observer = Observer(self.city, self.directory / "published.jsonl")
        self.observer.start()
        for number, node in enumerate(NODES[: self._agents]):
            # The first box has a camera, the second a clock that can be set, the last a small disk of its own.
            small = self.root and number == self._agents - 1
            traits = {"camera": number == 0, "fake_clock": number == 1, "small_disk": small}
            box = Box(self.directory / node, self.city, node, **traits)
            self.boxes.append(box)
            box.start()
        for box in self.boxes:
            self.begin_filing(box)

    def begin_filing(self, box: Box) -> None:
        """Open a journal at this box, once it takes complaints."""
        wait_until(box.ready, f"the intake of {box.node}:\n{box.tail()}", 120)
        path = self.directory / f"journal-{box.directory.name}.jsonl"
        journal = Journal(box, path, self._per_s, self._seed * 100 + len(self.journals))
        self.journals.append(journal)
        journal.start()

    def close(self) -> None:
        """Take everything down, whatever state it is in."""
        for journal in self.journals:
            journal.abandon()
        for step in (
            *(box.close for box in self.boxes),
            *([self.observer.stop] if self.observer else []),
            *(lambda journal=journal: journal.finish(20) for journal in self.journals),
        ):
            with contextlib.suppress(Exception):
                step()
        with contextlib.suppress(AssertionError, OSError):
            self.city.up.stop()

    # -- for faults ---------------------------------------------------------------------------------------------------

    def journal_of(self, box: Box) -> Journal:
        """The journal kept at this box."""
        return self.journals[self.boxes.index(box)]

    def pid(self, part: str) -> int:
        """The process id of one of the centre's processes as its supervisor knows it; Unfit when it is not up."""
        try:
            children = json.loads((self.city.data / "run" / "supervisor.json").read_text())["children"]
        except (OSError, ValueError) as error:
            raise Unfit("the supervisor says nothing") from error
        child = children.get(part, {})
        if child.get("state") != "ready" or not child.get("pid"):
            raise Unfit(f"{part} is not up")
        return int(child["pid"])

    def up(self, part: str) -> int | None:
        """The same, None when it is not up."""
        with contextlib.suppress(Unfit):
            return self.pid(part)
        return None

    def signal_part(self, part: str, number: signal.Signals) -> int:
        """Send a signal to one of the centre's processes; its process id."""
        pid = self.pid(part)
        try:
            os.kill(pid, number)
        except ProcessLookupError as error:
            raise Unfit(f"{part} has just ended") from error
        return pid

    def delivered(self, box: Box) -> bool:
        """Whether every complaint accepted at this box is stored at the centre and the box knows it."""
        streams = box.outbox()
        return streams is not None and streams["complaint"]["pending"] == 0

    def keep(self) -> None:
        """What systemd does on each box."""
        for box in self.boxes:
            box.keep()

    # -- the end ------------------------------------------------------------------------------------------------------

    def settle(self, timeout_s: float) -> None:
        """Faults are healed: every journal comes to its end and every box hands over what it holds."""
        deadline = time.monotonic() + timeout_s
        for journal in self.journals:
            while journal.is_alive():
                self.keep()
                with contextlib.suppress(AssertionError):
                    journal.finish(1)
                assert time.monotonic() < deadline, f"{journal.agent.node} accepts nothing:\n{journal.agent.tail()}"
        for box in self.boxes:
            wait_until(
                lambda box=box: self._drained(box),
                f"{box.node} to hand over what it holds: {box.outbox()}\n{box.tail()}",
                max(1.0, deadline - time.monotonic()),
            )

    def judge_now(self, timeout_s: float = 150) -> oracle.Verdict:
        """Nobody files for as long as it takes to hand everything over and to compare; then filing goes on.

        AssertionError when a box does not come to rest.
        """
        with contextlib.ExitStack() as stack:
            deadline = time.monotonic() + timeout_s
            for journal in self.journals:
                while not stack.enter_context(journal.silent(1)):
                    self.keep()
                    assert time.monotonic() < deadline, f"{journal.agent.node} accepts nothing:\n{journal.agent.tail()}"
            for box in self.boxes:
                what = f"{box.node} to hand over what it holds: {box.outbox()}\n{box.tail()}"
                wait_until(lambda box=box: self._drained(box), what, max(1.0, deadline - time.monotonic()))
            return self.judge()

    def judge(self) -> oracle.Verdict:
        """Compare what is stored with what was accepted and counted. Nobody may be filing."""
        heads = self._final_heads()
        journals: dict[str, str] = {}
        for journal in self.journals:
            journals |= entries(journal.path)
        expected = set(journals.items())
        with contextlib.suppress(AssertionError):  # then the verdict says what is missing
            wait_until(lambda: expected <= set(oracle.complaints(self.city)), "the projection of all complaints", 120)
        return oracle.judge(self.city, journals, heads)

    def _drained(self, box: Box) -> bool:
        self.keep()
        streams = box.outbox()
        return streams is not None and all(stream["pending"] == 0 for stream in streams.values())

    def _final_heads(self) -> dict[oracle.Lane, int]:
        """How far each box had counted when it held nothing any more."""
        heads: dict[oracle.Lane, int] = {}
        for box in self.boxes:
            wait_until(lambda box=box: self._drained(box), f"{box.node} to be empty", 120)
            answer = box.ask("control", op="outbox")
            streams = answer["streams"]
            assert isinstance(streams, dict)
            for stream, numbers in streams.items():
                # What is pending by now was made in the last moments: it is not owed yet.
                heads[(box.node, str(answer["epoch"]), stream)] = numbers["oldest_held"] - 1
        return heads


@contextlib.contextmanager
def running_scene(directory: Path, *, agents: int = 3, per_s: float = 1.0, seed: int = 1) -> Iterator[Scene]:
    """A started scene, taken down whatever happens."""
    scene = Scene(directory, agents=agents, per_s=per_s, seed=seed)
    try:
        scene.start()
        yield scene
    finally:
        scene.close()
