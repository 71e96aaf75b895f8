"""Keeps a set of processes running together: started in order, restarted when they fall, stopped in reverse.

Layers are started one after the other; a layer begins when every process of the one before is ready. A process
that ends by itself is started again: at once the first time, then with a doubling pause, so that one which cannot
live does not spin. One that worked for a while before it fell waits no longer than a tenth of that while: whatever
happens to a process, the pauses take no more than about a tenth of its time, or it dies at every start.
A process that ends with exit code 2 before it was ever ready has an expected problem (its own sentence is on the
screen): everything stops and the supervisor reports 2 as well. A mistake of the supervisor's own, which would leave
a process without anybody who looks after it, stops everything with 1: whoever started the supervisor starts it again.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from center.child import Child, ChildSpec
from center.errors import CenterError
from center.files import write_atomic

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
FORGIVEN_AFTER_S = 5.0
"""Longer than any of ours takes to find out that it cannot work (set-up and first connection: some 2 s)."""
FORGIVEN_AFTER_PAUSES = 10
GIVE_UP_BEFORE_READY = 5
"""Falls before it was ever ready: it will not come up by itself, and whoever typed the command should know."""
READY_WARNING_S = 30.0
_CHANGE_POLL_S = 0.5
_EXPECTED_PROBLEM = 2

Report = Callable[..., None]
"""report(event, **fields): "starting" "ready" "all-ready" "fell" "changed" "slow"
"cannot-start" "gave-up" "unattended" "status-unwritten" "status-written" "stopping" "stopped"."""


@dataclass(slots=True)
class _Slot:
    """What is known about one process across its restarts."""

    spec: ChildSpec
    child: Child | None = None
    state: str = "waiting"
    restarts: int = 0
    ever_ready: bool = False
    planned: bool = False


class Supervisor:
    """Runs layers of processes until told to stop. `run` returns an exit code."""

    def __init__(
        self,
        layers: Sequence[Sequence[ChildSpec]],
        report: Report,
        on_line: Callable[[str, str], None],
        status_file: Path | None = None,
    ) -> None:
        self._layers = [[_Slot(spec) for spec in layer] for layer in layers]
        self._report = report
        self._on_line = on_line
        self._status_file = status_file
        self._status_written = True
        self._stop = asyncio.Event()
        self._moved = asyncio.Event()
        self._code = 0
        self._since = time.time()

    def stop(self, code: int = 0) -> None:
        """Begin to stop; the first reason decides the exit code."""
        if not self._stop.is_set():
            self._code = code
            self._stop.set()
            self._moved.set()

    async def run(self, when_ready: Callable[[], None] = lambda: None) -> int:
        """Start all, call `when_ready`, keep them running, and stop all at SIGINT, SIGTERM or SIGHUP."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        tasks: list[list[asyncio.Task[None]]] = []
        try:
            for layer in self._layers:
                tasks.append([self._attended(self._keep(slot), slot) for slot in layer])
                await self._until_ready(layer)
                if self._stop.is_set():
                    break
            else:
                self._report("all-ready")
                when_ready()
            await self._stop.wait()
        finally:
            self._report("stopping")
            await self._stop_layers(tasks)
            if self._status_file is not None:
                with suppress(OSError):
                    self._status_file.unlink(missing_ok=True)
            self._report("stopped")
        return self._code

    def _on_signal(self) -> None:
        if self._stop.is_set():  # asked twice: no more patience
            for slot in self._slots():
                if slot.child is not None:
                    slot.child.kill()
        self.stop()

    def _attended(self, work: Coroutine[None, None, None], slot: _Slot) -> asyncio.Task[None]:
        """Begin a task for this process; should it fail itself, the supervisor stops rather than watch no more."""

        def ended(task: asyncio.Task[None]) -> None:
            if task.cancelled() or (error := task.exception()) is None:
                return
            self.stop(1)
            task.get_loop().call_exception_handler({"message": f"keeping {slot.spec.name} failed", "exception": error})
            self._report("unattended", name=slot.spec.name, error=repr(error))

        task = asyncio.create_task(work, name=slot.spec.name)
        task.add_done_callback(ended)
        return task

    async def _keep(self, slot: _Slot) -> None:
        """Run one process, again and again, until the supervisor stops."""
        pause_s = 0.0
        watcher: asyncio.Task[None] | None = None
        if (watched := slot.spec.restart_on_change) is not None:
            # Looked at before the first start: what changes while that reads the file must not pass for old.
            seen = {path: _stamp(path) for path in ((watched,) if isinstance(watched, Path) else watched)}
            watcher = self._attended(self._restart_on_change(slot, seen), slot)
        try:
            while not self._stop.is_set():
                started = time.monotonic()
                code = await self._run_once(slot)
                if self._stop.is_set():
                    return
                if slot.planned:
                    slot.planned = False
                    continue
                if not slot.ever_ready and slot.spec.essential and self._hopeless(slot, code):
                    return
                slot.restarts += 1
                pause_s = next_pause_s(pause_s, time.monotonic() - started)
                self._report("fell", name=slot.spec.name, code=code, pause_s=pause_s)
                await self._sleep(pause_s)
        finally:
            if watcher is not None:
                watcher.cancel()

    async def _run_once(self, slot: _Slot) -> int:
        slot.child = Child(slot.spec, self._on_line)
        self._set_state(slot, "starting")
        self._report("starting", name=slot.spec.name, again=slot.restarts > 0)
        try:
            await slot.child.start()
        except (CenterError, OSError) as error:
            self._report("cannot-start", name=slot.spec.name, error=error)
            return _EXPECTED_PROBLEM if isinstance(error, CenterError) else 1
        self._write_status()
        if self._stop.is_set():
            slot.child.terminate()

        def ready() -> None:
            slot.ever_ready = True
            self._set_state(slot, "ready")
            self._report("ready", name=slot.spec.name, again=slot.restarts > 0)

        code = await slot.child.run(ready)
        self._set_state(slot, "ended")
        return code

    def _hopeless(self, slot: _Slot, code: int) -> bool:
        """Whether a process that was never ready should not be tried again."""
        if code == _EXPECTED_PROBLEM:
            self.stop(_EXPECTED_PROBLEM)
            return True
        if slot.restarts + 1 >= GIVE_UP_BEFORE_READY:
            self._report("gave-up", name=slot.spec.name, code=code)
            self.stop(1)
            return True
        return False

    async def _until_ready(self, layer: list[_Slot]) -> None:
        warn_at = time.monotonic() + READY_WARNING_S
        awaited = [slot for slot in layer if slot.spec.essential]
        while not self._stop.is_set() and not all(slot.state == "ready" for slot in awaited):
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), 1)
            except TimeoutError:
                if time.monotonic() > warn_at:
                    warn_at = float("inf")
                    names = ", ".join(slot.spec.name for slot in awaited if slot.state != "ready")
                    self._report("slow", name=names, after_s=READY_WARNING_S)

    async def _restart_on_change(self, slot: _Slot, seen: dict[Path, tuple[int, int] | None]) -> None:
        while True:
            await asyncio.sleep(_CHANGE_POLL_S)
            now = {path: stamp for path in seen if (stamp := _stamp(path)) not in {seen[path], None}}
            if now and slot.state == "ready" and slot.child is not None:
                seen |= now
                slot.planned = True
                self._report("changed", name=slot.spec.name, path=next(iter(now)))
                slot.child.terminate()

    async def _stop_layers(self, tasks: list[list[asyncio.Task[None]]]) -> None:
        for slots, running in reversed(list(zip(self._layers, tasks, strict=False))):
            for slot in slots:
                if slot.child is not None:
                    slot.child.terminate()
            # The process as well: whoever looked after it may have failed before it ended.
            ending = [asyncio.create_task(slot.child.ended()) for slot in slots if slot.child is not None]
            timeout_s = max(slot.spec.stop_timeout_s for slot in slots)
            _, left = await asyncio.wait([*running, *ending], timeout=timeout_s)
            if left:
                for slot in slots:
                    if slot.child is not None:
                        slot.child.kill()
                await asyncio.wait(left, timeout=1)

    async def _sleep(self, pause_s: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), pause_s)
        except TimeoutError:
            return

    def _slots(self) -> list[_Slot]:
        return [slot for layer in self._layers for slot in layer]

    def _set_state(self, slot: _Slot, state: str) -> None:
        slot.state = state
        self._moved.set()
        self._write_status()

    def _write_status(self) -> None:
        if self._status_file is None:
            return
        children = {
            slot.spec.name: {
                "pid": slot.child.pid if slot.child else None,
                "state": slot.state,
                "restarts": slot.restarts,
            }
            for slot in self._slots()
        }
        ready = all(slot.state == "ready" for slot in self._slots() if slot.spec.essential)
        status = {"pid": os.getpid(), "since": self._since, "ready": ready, "children": children}
        try:
            write_atomic(self._status_file, json.dumps(status).encode())
        except OSError as error:  # a full disk must not end what the city needs; the file is for looking only
            if self._status_written:
                self._report("status-unwritten", path=self._status_file, error=error.strerror or error)
            self._status_written = False
            return
        if not self._status_written:
            self._report("status-written", path=self._status_file)
        self._status_written = True


def next_pause_s(last_s: float, lived_s: float) -> float:
    """The pause before the next start of a process that fell after `lived_s`; `last_s` was the one before (0: none)."""
    if last_s == 0 or lived_s > max(FORGIVEN_AFTER_S, FORGIVEN_AFTER_PAUSES * last_s):
        return FIRST_PAUSE_S
    doubled_s = min(LONGEST_PAUSE_S, max(1.0, 2 * last_s))
    return doubled_s if lived_s <= FORGIVEN_AFTER_S else min(doubled_s, lived_s / FORGIVEN_AFTER_PAUSES)


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file is replaced; None when the disk would not say."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino)
