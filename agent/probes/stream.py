"""One target pinged without an end: what every wakeup of its pace does, and what a closed round says.

1. Settle what is on its way. Answers carry the kernel's receive time, so that they are as exact when they are looked
   at a second later; nothing is done at the moment they come.
2. Close rounds (`core.rounds`); each becomes an observation. What the ladder sees covers the last two rounds: three
   lost pings in a row happen on a line that loses a fifth, six as good as never.
3. Send the ping that is due: open loop, on a grid with the node's own phase, that all streams share.

Answers after `timeout_s` are waited for another `late_s`. A ping that leaves more than 10 ms late, or whose time ran
out while this process stood still for longer than the kernel's receive times reach back, or while the box slept, is
suspect.
"""

import math
from collections import deque
from typing import Final

from agent.core.observation import Observation, Reason
from agent.core.rounds import Ping, Round, Rounds
from agent.probes.context import Context, Target
from agent.probes.icmp import BURST_GAP_S, SUSPECT_LATENESS_S, IcmpConfig, detail_of, reason_of
from agent.probes.pinger import Echo
from wire.shape import Struct

ROUND: Final = 3
"""With three failed rounds and the burst an outage is certain some 14 s after its first lost ping, after 14 pings."""
BURST: Final = 5
METERED_S: Final = 5.0
"""On a line paid by the byte: 1.2 MB a day and target."""
HURRY_S: Final = 1.0
"""When rounds speak against the state, on a metered line too: how long an outage took to notice is part of it."""
STALL_S: Final = 1.0
"""As far back as the pinger believes the kernel's receive times; what a longer pause lost, this host may have lost."""
PRIMED_S: Final = 0.2
"""From the ping that makes ARP ask for the address to the first that counts."""


class _Sent(Ping, eq=False, kw_only=True):
    """A ping and what the socket knows of it."""

    echo: Echo

    def waits_s(self, now_s: float) -> float:
        return now_s - self.echo.sent_ns / 1e9


class Seen(Struct, frozen=True):
    """A closed round. `run` is it alone, `shown` covers the round before as well; both None when it is passed over.

    `suspect`: its pings that say little about the network.
    """

    burst: bool
    suspect: int
    run: Observation | None = None
    shown: Observation | None = None


class Stream:
    """The pings at one target. Times are seconds of the event loop's clock, unless named `_ms` (boot-time)."""

    def __init__(self, target: Target, context: Context, *, metered: bool = False) -> None:
        self.target = target
        self._context = context
        self._config = target.settings(IcmpConfig)
        self._gap_s = max(self._config.continuous_s, METERED_S) if metered else self._config.continuous_s
        self._rounds: Rounds[_Sent] = Rounds(ROUND)
        self._flying: deque[_Sent] = deque()
        self._given_up: list[_Sent] = []
        self._overdue: list[Echo] = []  # given up, then complained about: ARP takes three seconds to fail
        self._before: tuple[float | None, ...] = ()
        self._address = ""
        self._phase_s = 0.0
        self._lateness_s = 0.0
        self.due_s = math.inf
        self.skipped = 0
        self.hurried = True
        """Look closely: nothing is known yet, or rounds speak against what is."""

    @property
    def address(self) -> str:
        """Where the pings go; empty while there is nowhere."""
        return self._address

    def begin(self, address: str, phase_s: float, now_s: float) -> None:
        """Ping `address` from now on; a change of address starts from nothing. Raises ProbeError (not_permitted)."""
        if address == self._address:
            return
        self.end()
        self._given_up.append(self._ping(address, suspect=False))
        self._address, self._phase_s, self.due_s = address, phase_s, now_s + PRIMED_S

    def end(self) -> None:
        """There is nobody to ping, or somebody else."""
        self._context.pinger.forget(ping.echo for ping in (*self._rounds.forget(), *self._given_up))
        self._flying.clear()
        self._given_up.clear()
        self._overdue.clear()
        self._before = ()
        self._address, self.due_s = "", math.inf

    def confirm(self) -> None:
        """Send a burst, as soon as possible."""
        if self._address and not self._rounds.in_burst:
            self._rounds.begin_burst(BURST)
            self.due_s = 0.0

    @property
    def wake_s(self) -> float:
        """When to be woken next: for a ping, or because a wait for one is over."""
        if not self._flying:
            return self.due_s
        return min(self.due_s, self._flying[0].echo.sent_ns / 1e9 + self._config.timeout_s)

    def tick(self, now_s: float, planned_s: float) -> list[Seen]:
        """Everything that is due; woken at `now_s`, when `planned_s` was asked for. Raises ProbeError as `begin`."""
        self._settle(now_s, stalled=now_s - planned_s > STALL_S)
        if self._given_up:
            self._given_up = [ping for ping in self._given_up if not self._heard(ping, now_s)]
        found = [self._seen(each) for each in self._rounds.closed()]
        if now_s >= self.due_s:
            self._send(now_s)
        return found

    def _settle(self, now_s: float, *, stalled: bool) -> None:
        """In the order of sending, up to the first that is still waited for."""
        limit_ms = 1000 * self._config.timeout_s
        while self._flying:
            ping = self._flying[0]
            rtt_ms = ping.echo.rtt_ms
            if rtt_ms is not None and rtt_ms <= limit_ms:
                ping.rtt_ms = rtt_ms
            elif rtt_ms is not None or ping.waits_s(now_s) >= self._config.timeout_s:
                ping.suspect |= stalled or self._slept(ping, now_s)
                self._given_up.append(ping)
            elif ping.echo.error is None and not ping.echo.send_errno:
                break
            ping.settled = True
            self._flying.popleft()

    def _slept(self, ping: _Sent, now_s: float) -> bool:
        """Boot-time counts through a suspend, the loop's clock does not."""
        return self._context.clock.mono_ms() - ping.sent_ms > 1000 * (ping.waits_s(now_s) + STALL_S)

    def _heard(self, ping: _Sent, now_s: float) -> bool:
        """Whether nothing more is to come of a ping that was given up; a late answer, or complaint, counts once."""
        if ping.echo.rtt_ms is not None:
            self._rounds.came_late()
        elif ping.echo.error is not None:
            self._overdue.append(ping.echo)
        elif ping.waits_s(now_s) <= self._config.timeout_s + self._config.late_s:
            return False
        self._context.pinger.forget((ping.echo,))
        return True

    def _send(self, now_s: float) -> None:
        lateness_s = now_s - self.due_s if self.due_s else 0.0
        gap_s = min(self._gap_s, HURRY_S) if self.hurried else self._gap_s
        self._lateness_s = max(self._lateness_s, lateness_s)
        self.skipped += int(lateness_s / gap_s)
        self.due_s = (math.floor((now_s - self._phase_s) / gap_s) + 1) * gap_s + self._phase_s
        ping = self._ping(self._address, suspect=lateness_s > SUSPECT_LATENESS_S)
        self._rounds.sent(ping)
        self._flying.append(ping)
        if self._rounds.burst_unsent or (not self._before and len(self._flying) < ROUND):
            self.due_s = now_s + BURST_GAP_S  # somebody waits for a burst, and for the first round of all

    def _ping(self, address: str, *, suspect: bool) -> _Sent:
        echo = self._context.pinger.send(address, self._config.payload_bytes, _ignore)
        return _Sent(self._context.clock.mono_ms(), suspect, echo=echo)

    def _seen(self, over: Round[_Sent]) -> Seen:
        self._context.pinger.forget(ping.echo for ping in over.pings if ping not in self._given_up)
        lateness_ms, self._lateness_s = round(1000 * self._lateness_s, 1), 0.0
        echoes, self._overdue = [*(ping.echo for ping in over.pings), *self._overdue], []
        if not over.counted:
            return Seen(over.burst, over.suspect)
        detail = detail_of(self._address, echoes)
        if over.suspect:
            detail["lateness_ms"] = lateness_ms
        rtts_ms = (*self._before, *over.rtts_ms)
        self._before = over.rtts_ms
        reason = Reason.NONE if over.ok else reason_of(echoes)
        name, late = self.target.name, over.late
        run = Observation("icmp", name, over.began_ms, over.ok, reason, over.rtts_ms, late, over.suspect, detail=detail)
        ok = over.ok or any(rtt_ms is not None for rtt_ms in rtts_ms)
        sent_ms = over.pings[0].sent_ms
        reason = Reason.NONE if ok else reason
        shown = Observation("icmp", name, sent_ms, ok, reason, rtts_ms, late, over.suspect, detail=detail)
        return Seen(over.burst, over.suspect, run, shown)


def _ignore(_: Echo) -> None:
    """Answers are looked at on the next tick."""
