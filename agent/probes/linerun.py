"""One run of the throughput probe: idle, download, upload, with pings beside all of it, paid for from the budget.

Loaded when a test is made, which is seldom.
"""

import asyncio
import time

from agent.core.bytebudget import Answer
from agent.core.observation import Reason, Scalar
from agent.probes import linetest, sockets, throughput
from agent.probes.context import Center, Context, Target
from agent.probes.errors import ProbeError
from agent.probes.linebudget import LineBudget
from agent.probes.linetest import Direction
from agent.probes.nodetls import node_context
from agent.probes.pingtrain import PingTrain
from wire.throughput import PORT_AFTER_BROKER, Request, Way

BUFFERBLOAT_MS = 100.0
"""More added delay than this is felt by everybody. Common gradings of line tests: DSLReports gives a C from 60 ms and a
D from 200 ms, LibreQoS the same; ITU-T G.114 leaves a call 150 ms one way for everything together."""
RAMP_S = 0.3
"""Of each direction, until the queue has had time to fill: some round trips of TCP's slow start."""
OVERHEAD_SHARE = 0.10
"""Headers of TLS, TCP and IP on the way there (5 %) and acknowledgements on the way back (2 %), with a margin for what
is sent again."""
OVERHEAD_BYTES = 64_000
"""Two TLS handshakes with both certificates (5 kB each), and the pings of 20 s (10 per second, 64 bytes, both ways)."""


class Run:
    """One test: what it found so far, and what it cost."""

    def __init__(self, target: Target, config: throughput.ThroughputConfig, context: Context, center: Center) -> None:
        self._target, self._config, self._context, self._center = target, config, context, center
        self._size_bytes = config.size_bytes(context.metered)
        self._train: PingTrain | None = None
        self._directions: dict[Way, Direction] = {"down": Direction(), "up": Direction()}
        self._idle_ms: float | None = None
        self._connections = 0
        self.phases_ms: dict[str, float] = {}
        self.detail: dict[str, Scalar] = {}

    async def within(self, budget: LineBudget) -> None:
        """The whole test, paid for. Raises ProbeError or TimeoutError."""
        wanted_bytes = int(2 * self._size_bytes * (1 + OVERHEAD_SHARE)) + OVERHEAD_BYTES
        answer = budget.ask(wanted_bytes)
        if not answer.allowed:
            raise ProbeError(Reason.NOT_NOW, _refusal(answer, wanted_bytes))
        await asyncio.to_thread(budget.reserve, wanted_bytes)
        try:
            await self._run()
        finally:  # when this is cut off as well, what was set aside stays spent
            self.detail["bytes"] = self._cost_bytes()
            await asyncio.to_thread(budget.settle, wanted_bytes, self._cost_bytes())
            self.detail["left_bytes"] = budget.ask(0).left_bytes

    def found(self) -> dict[str, Scalar]:
        """What was measured; what was not is left out."""
        down, up = self._directions["down"], self._directions["up"]
        down_ms, up_ms = self._loaded_ms(down), self._loaded_ms(up)
        values: dict[str, float | None] = {
            "down_mbps": down.mbps,
            "up_mbps": up.mbps,
            "idle_ms": self._idle_ms,
            "loaded_ms": max((value for value in (down_ms, up_ms) if value is not None), default=None),
            "loaded_down_ms": down_ms,
            "loaded_up_ms": up_ms,
        }
        return {name: round(value, 2) for name, value in values.items() if value is not None}

    def bloated(self) -> bool:
        """Whether the queue under load is too long; False when it could not be seen."""
        found = self.found()
        idle_ms, loaded_ms = found.get("idle_ms"), found.get("loaded_ms")
        return isinstance(idle_ms, float) and isinstance(loaded_ms, float) and loaded_ms - idle_ms > BUFFERBLOAT_MS

    async def _run(self) -> None:
        config, context = self._config, self._context
        address = await context.resolver.address(config.host or self._target.host or "center", config.timeout_s)
        port = config.port or self._center.port + PORT_AFTER_BROKER
        self.detail |= {"address": address, "port": port}
        self._train = train = PingTrain(context.pinger, address)
        train.start()
        try:
            await self._direction("down", address, port, idle_first=True)
            await self._direction("up", address, port)
            await train.settle(throughput.LATE_ANSWERS_S)
        finally:
            train.stop()

    async def _direction(self, way: Way, address: str, port: int, *, idle_first: bool = False) -> None:
        """Connect, and once, before anything is on the line, see how long a ping takes."""
        timeout_s = self._config.timeout_s
        self.detail["phase"] = "connect"
        start = time.perf_counter()
        async with asyncio.timeout(timeout_s):
            connection = await sockets.connect(address, port)
        try:
            connected = time.perf_counter()
            self._connections += 1
            self.detail["phase"] = "tls"
            async with asyncio.timeout(timeout_s):
                await connection.start_tls(
                    node_context(self._center.credentials), self._config.host or self._center.host
                )
            self.phases_ms |= {"connect": (connected - start) * 1000, "tls": (time.perf_counter() - connected) * 1000}
            if idle_first:
                await self._idle()
            self.detail["phase"] = way
            asked = Request(way, self._size_bytes, int(self._config.time_s * 1000))
            async with asyncio.timeout(timeout_s):
                grant = await linetest.ask(connection, asked)
            move = linetest.download if way == "down" else linetest.upload
            await move(connection, grant, self._directions[way], throughput.GRACE_S)
        finally:
            connection.close()
        del self.detail["phase"]

    async def _idle(self) -> None:
        if self._train is None:
            return
        begins_ns = time.monotonic_ns()
        await asyncio.sleep(throughput.IDLE_S)
        self._idle_ms = self._train.median_ms(begins_ns, time.monotonic_ns())

    def _loaded_ms(self, direction: Direction) -> float | None:
        if self._train is None or not direction.from_ns:
            return None
        return self._train.median_ms(direction.from_ns + int(RAMP_S * 1e9), direction.to_ns)

    def _cost_bytes(self) -> int:
        moved_bytes = sum(direction.cost_bytes for direction in self._directions.values())
        return int(moved_bytes * (1 + OVERHEAD_SHARE)) + (OVERHEAD_BYTES if self._connections else 0)


def _refusal(answer: Answer, wanted_bytes: int) -> dict[str, Scalar]:
    """Which cap stands in the way, and when it frees up; no time when the cap is smaller than the test."""
    found: dict[str, Scalar] = {"by": "node", "refusal": answer.window, "wanted_bytes": wanted_bytes}
    if answer.free_in_s is not None:
        found["free_in_s"] = int(answer.free_in_s) + 1
    return found | {"left_bytes": answer.left_bytes}
