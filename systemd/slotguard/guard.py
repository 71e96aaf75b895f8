"""The guard itself: brings the disk to what the state says, installs what is wished for, watches a trial.

Killed at any line and begun again it goes on or takes back: a state is on the disk before what it brings about, and
`settle` does the rest.
"""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from slotguard import disk, machine
from slotguard.bundle import RefusedError
from slotguard.disk import StrangeFileError
from slotguard.install import Request, prepared, request_of
from slotguard.machine import ENDED, Seen, State
from slotguard.places import Places
from slotguard.slots import is_bootable, prune, version_of
from slotguard.units import Units

LOOK_S: Final = 5.0


def boot_ms() -> int:
    """Boot-time in milliseconds, as the agent stamps its health file."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@dataclass(slots=True)
class Guard:
    """Of one box. `boot` and `now_ms` say which boot this is, and its time. `deadline_s`, `steady_s`: of its trials."""

    places: Places
    units: Units
    boot: Callable[[], str] = disk.boot_id
    now_ms: Callable[[], int] = boot_ms
    sleep: Callable[[float], None] = time.sleep
    deadline_s: int = machine.DEADLINE_S
    steady_s: int = machine.STEADY_S

    def state(self) -> State:
        return disk.read_state(self.places.state)

    def settle(self) -> State:
        """Bring an interrupted update to where it can go on from, or take it back. Before the agent starts."""
        before = self.state()
        link = disk.link_target(self.places.link)
        state = machine.at_boot(before, link, self.boot(), self.now_ms())
        if state.phase == "trying" and not is_bootable(Path(state.new)):
            state = state.ended("undoing", "damaged", "the new version is not whole on the disk")
        if state != before:
            self._write(state)
        if state.phase == "undoing":
            state = self._undo(state)
        if state.phase in ENDED:
            self._clean(state)
        return state

    def boot_up(self) -> None:
        """At every boot, before the agent: settle, have a trial watched, and never leave a link into nothing."""
        state = self.settle()
        link = disk.link_target(self.places.link)
        if not is_bootable(Path(link)) and is_bootable(Path(state.old)):
            disk.switch_link(self.places.link, state.old)
        if state.phase == "trying":
            self.units.watch()

    def run(self) -> State:
        """Go on with a trial, or install what is wished for and try it; returns with the outcome."""
        state = self.settle()
        if state.phase != "trying":
            state = self.install()
        return self.watch() if state.phase == "trying" else state

    def install(self) -> State:
        """Carry out the wish in the agent's folder, up to the start of the trial. Answers each wish once."""
        before = self.state()
        try:
            request = request_of(disk.read_untrusted(self.places.data, "update", "request.json"))
        except (OSError, StrangeFileError, ValueError):
            return before
        if (request.command, request.attempt) == (before.command, before.attempt) and before.phase != "idle":
            return before
        old = disk.link_target(self.places.link)
        state = State(
            "building", request.version, version_of(Path(old)), request.digest, request.command, request.attempt,
            old=old, new=str(self.places.releases / request.digest[:12]), at_s=int(time.time()),
            deadline_s=self.deadline_s, steady_s=self.steady_s,
        )  # fmt: skip
        if state.new == old:
            state = state.ended("confirmed", "", "already in use")
            self._write(state)
            return state
        disk.keep_spare(self.places.spare)
        self._write(state)
        return self._built(state, request)

    def _built(self, state: State, request: Request) -> State:
        prune(self.places, keep={state.old})
        try:
            prepared(self.places, state, request)
        except RefusedError as error:
            return self._refuse(state, error.code, error.detail)
        except OSError as error:
            return self._refuse(state, "storage", str(error))
        state = replace(state, phase="built")
        self._write(state)
        return self._begin(state)

    def _refuse(self, state: State, code: str, detail: str) -> State:
        state = machine.refused(state, code, detail)
        self._write(state)
        self._clean(state)
        return state

    def _begin(self, state: State) -> State:
        """The trial: written down, then switched, then started."""
        disk.clear(self.places.stage)
        health = self._health()
        cameras = health.get("cameras")
        named = tuple(each for each in cameras if isinstance(each, str)) if isinstance(cameras, list) else ()
        state = machine.trial(state, self.boot(), self.now_ms(), named, self.units.restarts())
        self._write(state)
        disk.switch_link(self.places.link, state.new)
        self.units.restart()
        return state

    def watch(self) -> State:
        """Until the trial has an outcome."""
        state = self.state()
        while state.phase == "trying":
            self.sleep(LOOK_S)
            state = self.look()
        return state

    def look(self) -> State:
        """One look at a trial, and what follows from it."""
        before = self.state()
        link = disk.link_target(self.places.link)
        seen = Seen(self.boot(), self.now_ms(), link, self._health(), self.units.restarts())
        state = machine.look(before, seen)
        if state != before:
            self._write(state)
        if state.phase == "undoing":
            state = self._undo(state)
            self.units.restart()
        if state.phase in ENDED:
            self._clean(state)
        return state

    def back(self) -> State | None:
        """What a technician asks for: the version before, at once. None where there is none."""
        state = self.settle()
        if state.phase not in ("trying", "confirmed") or not is_bootable(Path(state.old)) or state.old == state.new:
            return None
        state = state.ended("undoing", "technician", "taken back at the box")
        self._write(state)
        state = self._undo(state)
        self.units.restart()
        return state

    def _undo(self, state: State) -> State:
        if disk.link_target(self.places.link) == state.new or not is_bootable(self.places.link):
            disk.switch_link(self.places.link, state.old)
        state = state.ended("rolled_back", state.code, state.detail)
        self._write(state)
        return state

    def _clean(self, state: State) -> None:
        """What nobody needs after an outcome. After `confirmed` the version before stays, for `back`."""
        disk.clear(self.places.stage)
        if state.phase in ("rolled_back", "refused") and state.new != disk.link_target(self.places.link):
            prune(self.places, keep={state.old})

    def _health(self) -> dict[str, Any]:
        try:
            return disk.read_untrusted(self.places.run, "health.json")
        except (OSError, StrangeFileError):
            return {}

    def _write(self, state: State) -> None:
        try:
            disk.write_state(self.places.state, state)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            disk.clear(self.places.spare)
            disk.write_state(self.places.state, state)
