"""Ping: a round of echo requests on a fixed schedule, and what came back from whom.

1. A first request primes ARP (or neighbour discovery) and is not counted: its round trip would be ARP's.
2. The counted ones leave at their times whether or not earlier ones were answered (open loop): a schedule that waits
   for replies measures less exactly when the line is bad.
3. An answer within `timeout_s` counts; one that comes up to `late_s` after that is *late*: lost to those who waited,
   but the target lives. The round is closed when every request has its answer or its error, or that time is over.
4. A request that leaves more than 10 ms after its time was sent by a busy host: it is counted as suspect.

The gateway and the centre are not pinged in such rounds but one by one without an end (`stream`), unless
`continuous_s` is 0.
"""

import asyncio
import time
from collections.abc import Sequence

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.core.pingwait import Sent, over
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, reason_of_errno
from agent.probes.sockets import address_towards

SUSPECT_LATENESS_S = 0.010
"""Measured: with three busy processes on two cores the 95th percentile of loopback round trips went from 0.5..3 ms to
23 ms, and the sends that were late are the ones that show it."""

BURST_GAP_S = 0.2
"""The confirming burst: fast enough to be over in a second, slow enough not to be one single lost queue."""

LOOK_S = 0.05
"""Between two looks at whether the last answers are worth waiting for."""

MIN_CONTINUOUS_S = 0.2
"""Faster is a flood for a small router, and root's business with ping(8) too."""


class IcmpConfig(Settings, frozen=True):
    """`count` requests, `gap_s` apart, every `interval_s`; gateway and centre get one every `continuous_s` instead.

    A ping of 8 bytes (the token that tells ours from others') is an IP packet of 36. At one a second, there and back,
    that is 6.2 MB a day and target; with ping(8)'s usual 56 bytes it would be 14.5 MB. On a metered line one in five
    seconds is 1.2 MB a day.
    """

    interval_s: float = field(default=30.0, metadata={"help": "seconds between rounds"})
    count: int = field(default=5, metadata={"help": "pings per round", "min": 1, "max": 500})
    gap_s: float = field(default=1.0, metadata={"help": "seconds between the pings of a round", "min": 0.01, "max": 60})
    timeout_s: float = field(default=2.0, metadata={"help": "an answer after this is lost", "max": 30})
    late_s: float = field(default=3.0, metadata={"help": "how long after that it is still counted as late", "max": 30})
    payload_bytes: int = field(default=8, metadata={"help": "size of a ping", "min": 8, "max": 1400})
    continuous_s: float = field(
        default=1.0, metadata={"help": "seconds between pings to gateway and centre; 0: in rounds", "min": 0, "max": 60}
    )

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 500:
            raise ValueError("count must be 1 to 500 pings per round")
        if not 0.01 <= self.gap_s <= 60:
            raise ValueError("gap_s must be 0.01 to 60 seconds")
        if not 0 < self.timeout_s <= 30 or not 0 <= self.late_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds, late_s 0 to 30 seconds")
        if not 8 <= self.payload_bytes <= 1400:
            raise ValueError("payload_bytes must be 8 to 1400: the token needs 8, and larger packets are fragmented")
        if self.continuous_s and not MIN_CONTINUOUS_S <= self.continuous_s <= 60:
            raise ValueError("continuous_s must be 0, or 0.2 to 60 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(
                f"interval_s must be at least {self.deadline_s:g} seconds: a round of this shape takes that long"
            )

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + (self.count + 1) * self.gap_s + self.timeout_s + self.late_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One round at the target's address."""
    config = target.settings(IcmpConfig)
    began_ms = context.clock.mono_ms()
    try:
        address = await context.resolver.address(target.host, config.timeout_s)
        pings = _Round(target.name, address, config, context, burst=target.burst)
        await pings.run()
    except ProbeError as error:
        return Observation("icmp", target.name, began_ms, False, error.reason, detail=error.detail)
    rtts_ms = pings.rtts_ms()
    ok = pings.late + sum(rtt_ms is not None for rtt_ms in rtts_ms) > 0
    return Observation(
        "icmp",
        target.name,
        began_ms,
        ok,
        Reason.NONE if ok else pings.reason(),
        rtts_ms,
        pings.late,
        pings.sent_late,
        detail=pings.detail(),
    )


class _Round:
    """The requests of one round, sent by timers; `run` returns when the round is closed."""

    def __init__(self, name: str, address: str, config: IcmpConfig, context: Context, *, burst: bool) -> None:
        self._name = name
        self._address = address
        self._config = config
        self._context = context
        self._pinger = context.pinger
        self._gap_s = min(BURST_GAP_S, config.gap_s) if burst else config.gap_s
        self._echoes: list[Echo] = []
        self._prime: Echo | None = None
        self._closed = asyncio.Event()
        self._look_timer: asyncio.TimerHandle | None = None
        self._failure: Exception | None = None
        self.sent_late = 0
        self.max_lateness_s = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        self._prime = self._pinger.send(self._address, self._config.payload_bytes, self._primed)
        planned = [start + self._gap_s * (number + 1) for number in range(self._config.count)]
        timers = [loop.call_at(when, self._send, when) for when in planned]
        timers.append(loop.call_at(planned[-1] + self._config.timeout_s + self._config.late_s, self._closed.set))
        try:
            await self._closed.wait()
        finally:
            for timer in (*timers, *([self._look_timer] if self._look_timer is not None else [])):
                timer.cancel()
            self._pinger.forget((*self._echoes, self._prime))
        if self._failure is not None:
            raise self._failure

    def _send(self, planned: float) -> None:
        lateness_s = asyncio.get_running_loop().time() - planned
        self.max_lateness_s = max(self.max_lateness_s, lateness_s)
        if lateness_s > SUSPECT_LATENESS_S:
            self.sent_late += 1
        try:
            echo = self._pinger.send(self._address, self._config.payload_bytes, self._changed)
        except Exception as error:  # noqa: BLE001  # a timer has no caller to raise to: `run` raises it
            self._failure = error
            self._closed.set()
            return
        self._echoes.append(echo)
        self._changed(echo)
        if len(self._echoes) == self._config.count:
            self._look()

    def _primed(self, echo: Echo) -> None:
        """Not counted, but an error about it is evidence like any other."""

    def _changed(self, _: Echo) -> None:
        if len(self._echoes) < self._config.count:
            return
        if all(echo.rtt_ms is not None or echo.error or echo.send_errno for echo in self._echoes):
            self._closed.set()

    def _look(self) -> None:
        """After the last one was sent, again and again."""
        sent = [
            Sent(echo.sent_ns / 1e6, echo.rtt_ms, echo.error is not None or bool(echo.send_errno))
            for echo in self._echoes
        ]
        if over(sent, time.monotonic_ns() / 1e6, proven=self._context.proven(self._name)):
            self._closed.set()
        else:
            self._look_timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def rtts_ms(self) -> tuple[float | None, ...]:
        limit_ms = self._config.timeout_s * 1000
        return tuple(e.rtt_ms if e.rtt_ms is not None and e.rtt_ms <= limit_ms else None for e in self._echoes)

    @property
    def late(self) -> int:
        limit_ms = self._config.timeout_s * 1000
        return sum(echo.rtt_ms is not None and echo.rtt_ms > limit_ms for echo in self._echoes)

    def reason(self) -> Reason:
        """Why nothing came: what somebody said about it, else silence."""
        return reason_of(self._with_prime())

    def detail(self) -> dict[str, Scalar]:
        found = detail_of(self._address, self._with_prime())
        if self.sent_late:
            found["lateness_ms"] = round(self.max_lateness_s * 1000, 1)
        return found

    def _with_prime(self) -> list[Echo]:
        return [*([self._prime] if self._prime is not None else []), *self._echoes]


def reason_of(echoes: Sequence[Echo]) -> Reason:
    """Why none of them was answered: what somebody said about it, else what the kernel here said, else silence."""
    for echo in echoes:
        if echo.error is not None:
            return echo.error.reason
    for echo in echoes:
        if echo.send_errno:
            return reason_of_errno(echo.send_errno)
    return Reason.NO_REPLY


def detail_of(address: str, echoes: Sequence[Echo]) -> dict[str, Scalar]:
    """The evidence in them: whom we asked, and who complained."""
    found: dict[str, Scalar] = {"address": address}
    errors = [echo.error for echo in echoes if echo.error is not None]
    if errors:
        error = errors[0]
        found |= {"icmp_type": error.icmp_type, "icmp_code": error.icmp_code, "errors": len(errors)}
        hops = [echo.error_hops for echo in echoes if echo.error_hops is not None]
        if hops:
            found["offender_hops"] = hops[0]
        # a missing route is said at once, a silent neighbour only after ARP's three seconds
        found["error_after_ms"] = round(max(echo.error_ms or 0.0 for echo in echoes), 1)
        if error.offender:
            found |= {"offender": error.offender, "offender_is_us": error.offender == address_towards(address)}
            found["said"] = str(error.reason)  # the run's own reason is none when another ping was answered
    if duplicates := sum(echo.duplicates for echo in echoes):
        found["duplicates"] = duplicates
    return found
