"""One live diagnosis: everything at once, then what would decide, until nothing is open or the time is over.

1. The pings to the centre leave first and alone for a moment; a router answers few errors a second.
2. After each result the ladder is judged anew and told to `progress`. A fault of this box itself ends the look.
3. When the first runs are in, `core.questions` says what to repeat or to look at; this ends by itself. A brisk one does
   not wait for what could only say once more that all is well.
4. At the deadline what is still running is cut off, and what is known then is the verdict.
"""

import asyncio
import time
from collections.abc import Callable

from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.evidence import Evidence
from agent.core.observation import Observation
from agent.core.questions import OWN_SIDE, Question, proven, questions, refusal_distance
from agent.diagnose.memory import Memory
from agent.diagnose.plan import Plan
from agent.probes.context import Context, Target
from agent.probes.execute import observe
from wire.shape import replace

DEADLINE_S = 10.0
"""A technician waits; what is not known by then is said to be unknown."""
HEAD_START_S = 0.15
SAYS_NOTHING_MORE = frozenset({"gateway:gateway"})
"""Where the way to the centre works, a gateway's own doors tell nothing; one that keeps them shut costs a second."""
CABLE_AGAIN_S = 1.0
"""A plug that is merely loose is back by then; a cable that is out is not."""

Progress = Callable[[Diagnosis, tuple[str, ...]], None]
"""Told after each result: the verdict so far, and the `probe:target` that still run."""


class Examination:
    """One look at everything. `run` returns the verdict; `evidence` what it rests on."""

    def __init__(
        self, plan: Plan, context: Context, *, flapping: frozenset[str] = frozenset(), progress: Progress | None = None
    ) -> None:
        self._plan = plan
        self._context = replace(context, proven=lambda target: proven(self.evidence(), target))
        self._memory = Memory(flapping)
        self._progress = progress
        self._running: dict[asyncio.Task[Observation], tuple[Target, bool]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.duration_s = 0.0

    async def run(self) -> Diagnosis:
        began = time.monotonic()
        end = began + DEADLINE_S
        try:
            await self._first(end)
            while self._running and time.monotonic() < end and not self._settled() and not self._enough():
                await self._collect(end)
                self._ask()
            await self._cable_again(end)
        finally:
            await self._stop()
        self.duration_s = time.monotonic() - began
        return diagnose(self.evidence())

    def evidence(self) -> list[Evidence]:
        return self._memory.evidence()

    async def _first(self, end: float) -> None:
        first, *others = self._plan.first()
        self._start(first)
        self._timer = asyncio.get_running_loop().call_later(CABLE_AGAIN_S, self._look_at_cable)
        if first.probe == "icmp":
            await asyncio.sleep(min(HEAD_START_S, max(0.0, end - time.monotonic())))
        for target in others:
            self._start(target)

    def _start(self, target: Target, *, calm: bool = False) -> None:
        self._memory.started(f"{target.probe}:{target.name}", calm=calm)
        task = asyncio.create_task(observe(target, self._context), name=f"{target.probe}:{target.name}")
        self._running[task] = (target, calm)

    async def _collect(self, end: float) -> None:
        """Wait for the next result, take in what is there."""
        left_s = max(0.0, end - time.monotonic())
        done, _ = await asyncio.wait(self._running, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            _, calm = self._running.pop(task)
            self._memory.take(task.result(), calm=calm)
        if self._progress is not None:
            self._progress(diagnose(self.evidence()), tuple(task.get_name() for task in self._running))

    def _settled(self) -> bool:
        """A fault of this box itself, seen twice: the rest can only fail. (A loose plug is back the next moment.)"""
        code = diagnose(self.evidence()).code
        return code in OWN_SIDE and (code != "L1" or self._memory.runs.get("link:local", 0) > 1)

    def _enough(self) -> bool:
        """For who waits elsewhere: all is well, and what still runs could only say so once more."""
        if not self._plan.brisk or not {task.get_name() for task in self._running} <= SAYS_NOTHING_MORE:
            return False
        return diagnose(self.evidence()).code == "OK"

    def _look_at_cable(self) -> None:
        target = self._plan.again("link", "local")
        if target is not None:
            self._start(target)

    async def _cable_again(self, end: float) -> None:
        """Whether the carrier was lost meanwhile."""
        if "link:local" not in self._memory or time.monotonic() > end:
            return
        target = self._plan.again("link", "local")
        if target is not None:
            self._memory.take(await observe(target, self._context))

    def _ask(self) -> None:
        running = {(target.probe, target.name) for target, _ in self._running.values()}
        for question in questions(self.evidence(), self._memory.runs, brisk=self._plan.brisk):
            if (question.probe, question.target) in running:
                continue
            target = self._target(question)
            if target is None:
                self._memory.started(question.key, calm=question.mode == "calm")  # asked, and there is none
            else:
                self._start(target, calm=question.mode == "calm")

    def _target(self, question: Question) -> Target | None:
        trace = "trace:center"
        distance = refusal_distance(self._memory.detail(trace, "hops"), self._memory.detail(trace, "reached"))
        return self._plan.again(
            question.probe,
            question.target,
            calm=question.mode == "calm",
            distance=distance,
        )

    async def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()
