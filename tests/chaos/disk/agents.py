"""The real agent, all of it, ended a thousand times: kill -9 or a power cut at a random moment after its start.

Complaints go in through its intake socket all the while, each under a client id of its own, as a kiosk sends them. The
journal is the caller's: a complaint counts as accepted when the answer had come before the end. One without an answer
is sometimes sent again under the same client id, sometimes given up: then it may be stored or not, but once.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.warm import Warm

AGENT = "tests.support.warm_agent"
NODE = "kel-36730110{:02}"
ANSWER_WITHIN_S = 60.0
SOON = 0.3
"""So many lives end within their first moments (a warm start takes some 0.1 s), the others after a first answer. Never
the first one of a folder: however few lives and slow the machine, something was accepted that can be lost."""
FIRST_MOMENTS_S = 0.3
LONGEST_S = 0.25


Hears = Literal["no", "asked since", "all"]
"""no: after a power cut nobody hears anything. asked since: only what was asked once the fault was there, however long
the answer to something of before takes: an fsync that a failing disk meets on the way may return without an error, the
kernel's fault, not ours."""


@dataclass(frozen=True)
class Voice:
    """One complaint as its caller knows it."""

    text: str
    client_id: str


@dataclass
class Told:
    """What the callers of one agent were told: the request id by text. `maybe`: sent, and never answered.
    `heard`: lives whose end waited for a first answer, which came."""

    accepted: dict[str, str] = field(default_factory=dict)
    maybe: set[str] = field(default_factory=set)
    refused: int = 0
    heard: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass
class _Moment:
    """When a life's fault began, and when it was there whole (CLOCK_MONOTONIC, ns; 0: not yet)."""

    began_ns: int = 0
    there_ns: int = 0

    def counts(self, asked_ns: int, hears: Hears) -> bool:
        """Whether an answer that has just come, to what was asked then, is a promise."""
        if not self.began_ns or hears == "all":
            return True
        return hears == "asked since" and 0 < self.there_ns < asked_ns


class AgentLives:
    """One agent's folder, and one life after the other in it. `data_dir` may lie on a disk of its own."""

    def __init__(self, warm: Warm, folder: Path, node: str, data_dir: Path, port: int, credentials: Path) -> None:
        self.node = node
        self.told = Told()
        self.count = 0
        self.run_dir = folder / "run"
        self._warm = warm
        self._config = folder / "agent.toml"
        self._again: Voice | None = None
        self._answered = threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            f'[node]\nid = "{node}"\ndata_dir = "{data_dir}"\nrun_dir = "{self.run_dir}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {port}\ncredentials = "{credentials}"\n'
            "[outbox]\nreserve_mb = 1\n",
            encoding="utf-8",
        )

    def live(
        self,
        chance: random.Random,
        fault: Callable[[], object] = lambda: None,
        *,
        lasts_s: float = 0.0,
        hears: Hears = "no",
        soon: bool = False,
        still: bool = False,
        heard: bool = False,
    ) -> None:
        """Start it, hand in complaints, and end it by kill -9 (`lasts_s` after `fault()`) at a random moment.

        `hears`: which answers count that come once the fault has begun; `still`: it runs no more then.
        `soon`: do not wait for a first answer; so end some lives anyway, unless it is to be `heard`.
        """
        self.count += 1
        ended, moment = threading.Event(), _Moment()
        self._answered.clear()
        soon = (chance.random() < SOON and self.count > 1 and not heard) or soon
        pause_s = chance.random() * (FIRST_MOMENTS_S if soon else LONGEST_S)
        pid = self._warm.start(f"{AGENT}:main", str(self._config))

        def stop() -> None:
            if not soon:
                self.told.heard += self._answered.wait(ANSWER_WITHIN_S)
            time.sleep(pause_s)
            moment.began_ns = time.monotonic_ns()
            alive = self._warm.alive(pid)
            try:
                if still and alive:
                    os.kill(pid, signal.SIGSTOP)
                fault()
                moment.there_ns = time.monotonic_ns()
                time.sleep(lasts_s)
            except Exception as error:  # noqa: BLE001 - a fault that could not be injected is said at the end
                self.told.broken.append(f"no fault in life {self.count}: {type(error).__name__}: {error}")
            ended.set()
            code = self._warm.kill(pid)
            if not alive:
                self.told.broken.append(f"{self.node}: life {self.count} ended by itself with {code}: see its log")

        stopper = threading.Thread(target=stop)
        stopper.start()
        try:
            while not ended.is_set():
                self._hand_in(chance, moment, hears)
        finally:
            stopper.join()

    def settle(self, deadline_s: float = 120.0, *, drained: bool) -> None:
        """A last life, ended in order: pending tickets come into the outbox; `drained`: the centre has everything."""
        pid = self._warm.start(f"{AGENT}:main", str(self._config))
        deadline = time.monotonic() + deadline_s
        try:
            while not self._is_settled(drained=drained):
                if time.monotonic() > deadline or not self._warm.alive(pid):
                    self.told.broken.append(f"{self.node}: not settled within {deadline_s:g} s: {self._state()}")
                    return
                time.sleep(0.05)
        finally:
            self._warm.kill(pid, signal.SIGTERM)

    def _hand_in(self, chance: random.Random, moment: _Moment, hears: Hears) -> None:
        voice = self._again or _voice(self.node, chance)
        self._again = None
        asked_ns = time.monotonic_ns()
        try:
            answer = ask(self.run_dir / "intake.sock", _request(voice), ANSWER_WITHIN_S)
        except NoDaemonError:
            self.told.maybe.add(voice.text)
            if chance.random() < 0.5:
                self._again = voice
            time.sleep(0.003)
            return
        except RefusedError:  # the disk is gone or full: nothing was accepted, unless nobody can know
            self.told.maybe.add(voice.text)
            self.told.refused += 1
            time.sleep(0.003)
            return
        if not moment.counts(asked_ns, hears):
            self.told.maybe.add(voice.text)
            return
        self._answered.set()
        known = self.told.accepted.setdefault(voice.text, str(answer["service_request_id"]))
        if known != answer["service_request_id"]:
            self.told.broken.append(f"{voice.text}: a repeat got another ticket")

    def _is_settled(self, *, drained: bool) -> bool:
        streams = self._state()
        pending = streams.get("pending_tickets", 1)
        waiting = sum(count for name, count in streams.items() if name != "pending_tickets")
        return not pending and not (drained and waiting)

    def _state(self) -> dict[str, int]:
        try:
            status = ask(self.run_dir / "control.sock", {"op": "status"})
        except (NoDaemonError, RefusedError):
            return {}
        streams = status["outbox"].get("streams")  # type: ignore[attr-defined]
        if streams is None:  # on a busy disk a status may come without them
            return {}
        found = {name: row["pending"] for name, row in streams.items()}
        return found | {"pending_tickets": status["kiosk"].get("pending", 1)}  # type: ignore[attr-defined]


def _voice(node: str, chance: random.Random) -> Voice:
    number = chance.getrandbits(64)
    return Voice(
        f"Lampu jalan {number:016x} padam ({node})" + " sejak kemarin" * chance.randrange(60), f"{number:032x}"
    )


def _request(voice: Voice) -> dict[str, object]:
    return {"op": "submit", "category": "aduan", "text": voice.text, "client_id": voice.client_id, "channel": "cli"}
