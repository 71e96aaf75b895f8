"""Where the facts of the screen come from: the agent while it runs, else this process's own measuring."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.clock import Clock
from agent.config import AgentConfig
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.observation import Observation
from agent.diagnose.examination import Examination
from agent.diagnose.ground import Ground
from agent.diagnose.plan import Plan
from agent.names import CONTROL_SOCKET, JOURNAL_FOLDER
from agent.probes.context import Context
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, Pinger
from agent.probes.resolve import Resolver
from agent.watch.scene import CENTER, GATEWAY, Scene, from_agent
from wire.shape import replace

ANSWER_S: Final = 3.0
EXAMINE_EVERY_S: Final = 30.0
"""Between two whole ladders of one's own: some 200 pings and a handful of connections each; pings run beside them."""
METERED_EVERY_S: Final = 300.0
METERED_PING_S: Final = 5.0
"""On a line that is paid by the byte: some 100 kB an hour instead of a megabyte."""
PATIENCE_S: Final = 2.0
SEVERAL: Final = 3
"""Lost in a row, or answered in a row after that: the ladder is looked at again at once."""


PAYLOAD_BYTES: Final = 16
Add = Callable[[str, Sequence[float | None]], None]


class AgentGoneError(Exception):
    """The agent cannot be asked; `why` is gone, denied or refused."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def asked(run_dir: Path) -> Scene:
    """The agent's scene. Raises AgentGoneError."""
    try:
        answer = await asyncio.to_thread(ask, run_dir / CONTROL_SOCKET, {"op": "watch"}, ANSWER_S)
    except NoDaemonError as error:
        raise AgentGoneError("denied" if error.denied else "gone") from error
    except RefusedError as error:
        raise AgentGoneError("refused") from error
    return from_agent(answer)


def past_outages(config: AgentConfig | None, most: int) -> list[dict[str, object]]:
    """The last outages by the node's own journal, the newest first: from the agent, else from its files where this
    user may read them. Empty when neither can be had."""
    if config is None:
        return []
    try:
        rows = ask(config.node.run_dir / CONTROL_SOCKET, {"op": "outages", "last": most}, ANSWER_S).get("outages")
    except (NoDaemonError, RefusedError):
        from agent.outagebook import rows as recorded

        try:
            rows = recorded(config.node.data_dir / JOURNAL_FOLDER, most, "id")
        except OSError:
            return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


@dataclass(slots=True, eq=False)
class _Fate:
    """What became of one ping; not known while it may still be answered."""

    known: bool = False
    rtt_ms: float | None = None


class Live:
    """Measures by itself: one ping a beat to gateway and centre, a whole ladder from time to time and at changes.

    `add` takes each ping's fate. `alone`: no agent holds a session under this node's name.
    `run` goes on until cancelled; `scene` is what is known now.
    """

    def __init__(self, ground: Ground, add: Add, interval_s: float, *, alone: bool = True) -> None:
        self._ground = ground
        self._add = add
        config = ground.config
        self._metered = config is not None and config.uplink.profile == "metered"
        self._metered = self._metered or bool(getattr(ground.probes, "metered", False))
        self._interval_s = max(interval_s, METERED_PING_S) if self._metered else interval_s
        self._pinger = Pinger()
        resolver = Resolver(center=ground.center.host if ground.center is not None else "")
        self._context = Context(Clock(), self._pinger, resolver, ground.center, may_connect=alone)
        self._diagnosis: Diagnosis = diagnose(())
        self._seen: tuple[Observation, ...] = ()
        self._pending: dict[str, deque[_Fate]] = {}
        self._fates: dict[str, list[bool]] = {}
        self._look = asyncio.Event()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._examine())
                for target in (GATEWAY, *((CENTER,) if self._ground.center is not None else ())):
                    group.create_task(self._ping(target))
        finally:
            self._pinger.close()

    def scene(self, why: str) -> Scene:
        config, center = self._ground.config, self._ground.center
        return Scene(
            source="live",
            node=config.node.id if config is not None else "",
            diagnosis=self._diagnosis,
            addresses={seen.target: str(seen.detail.get("address") or "") for seen in self._seen},
            server=f"{center.host}:{center.port}" if center is not None else "",
            obstacle=why,
        )

    async def _examine(self) -> None:
        # Without the targets a site adds: their owners are not asked twice a minute because a screen is on.
        plan = Plan(replace(self._ground.probes, target=()), self._ground.center, metered=self._metered)
        while True:
            self._look.clear()
            # Only the first look is shown while it grows: later ones would flicker through U0.
            first = not self._seen
            examination = Examination(plan, self._context, progress=self._growing if first else None)
            self._diagnosis = await examination.run()
            self._seen = tuple(item.seen for item in examination.evidence() if item.seen.probe == "icmp")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(METERED_EVERY_S if self._metered else EXAMINE_EVERY_S):
                    await self._look.wait()

    def _growing(self, found: Diagnosis, _: tuple[str, ...]) -> None:
        self._diagnosis = found

    async def _ping(self, target: str) -> None:
        """One ping a beat, open loop; its fate is told after its patience or as soon as it is known."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            with contextlib.suppress(ProbeError):  # no gateway, no right to ping: the ladder says so
                address = await self._context.resolver.address(target, PATIENCE_S)
                self._send(target, address)
            due_s = max(due_s + self._interval_s, loop.time())
            await asyncio.sleep(due_s - loop.time())

    def _send(self, target: str, address: str) -> None:
        fate = _Fate()

        def settled(echo: Echo | None) -> None:
            if not fate.known:
                fate.known, fate.rtt_ms = True, echo.rtt_ms if echo is not None else None
                self._tell(target)

        pending = self._pending.setdefault(target, deque())
        pending.append(fate)
        try:
            echo = self._pinger.send(address, PAYLOAD_BYTES, settled)
        except ProbeError:
            pending.remove(fate)  # nothing was sent: nobody will ever say what became of it
            raise
        asyncio.get_running_loop().call_later(PATIENCE_S, self._give_up, echo, settled)
        if echo.send_errno:
            settled(None)

    def _give_up(self, echo: Echo, settled: Callable[[Echo | None], None]) -> None:
        settled(None)
        self._pinger.forget((echo,))

    def _tell(self, target: str) -> None:
        """Hand on what is known, in the order of sending."""
        pending = self._pending[target]
        while pending and pending[0].known:
            rtt_ms = pending.popleft().rtt_ms
            self._add(target, (rtt_ms,))
            fates = self._fates.setdefault(target, [])
            fates.append(rtt_ms is not None)
            del fates[: -SEVERAL - 1]
            if len(fates) > SEVERAL and len(set(fates[1:])) == 1 and fates[0] != fates[1]:
                self._look.set()
