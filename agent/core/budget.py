"""A hard byte budget per day for a metered line, and who goes without first.

The rules:
1. A day is 24 hours of boot-time. It goes on while the agent is not running, within one boot; a step of the wall clock
   changes nothing. The time a box was switched off counts only when the kernel held the wall clock for synchronised
   both when the figures were last saved and now; otherwise the day lasts that much longer: the safe side. What was
   spent in this boot before the clock was synchronised came after that time, and belongs to the day begun in it.
2. Pictures go while less than 60 % is used, backlog up to 80 %; from there only the newest health report of every two
   goes: the centre calls a node silent after three. Citizens' photos go up to 90 %. The last tenth is for thinned
   health alone: 1.0 kB per report with all headers (measured), 1.5 MB a day at 30 s. What is held back stays in the
   outbox.
3. Complaints, events (receipts among them) and the state always go, also past the limit, and are counted like the
   rest. Health then shrinks to one report per hour.
4. The saved figure runs ahead of the real one by up to a sixty-fourth of the limit (`lease`): a crash then counts
   what was leased as used, and one small write per lease is all that durability costs.
"""

from wire.shape import Struct, replace

DAY_S = 86_400.0
SHARES = {"snapshot": 0.6, "backlog": 0.8, "attachment": 0.9, "health": 1.0}
"""Use -> up to which part of the limit. What is not named here is always allowed."""
THIN_FROM = 0.8
THINNED_REPORTS = 2
SIGN_OF_LIFE_S = 3600.0
LEASES_PER_DAY = 64
DAYS_KEPT = 14


class Ledger(Struct, frozen=True):
    """What is saved. `used_bytes` counts since `elapsed_s` ago, `days` are the totals of the days before, newest first.

    `boot`, `mono_s`, `wall_s`, `synced`: when it was saved.
    """

    used_bytes: int = 0
    elapsed_s: float = 0.0
    boot: str = ""
    mono_s: float = 0.0
    wall_s: float = 0.0
    synced: bool = False
    days: tuple[int, ...] = ()


class Moment(Struct, frozen=True):
    """Now: boot, boot-time and wall clock in seconds, and whether the latter is synchronised."""

    boot: str
    mono_s: float
    wall_s: float
    synced: bool


class Budget:
    """Counts and decides; `limit_bytes` per day, `report_every_s` is the node's cadence."""

    def __init__(self, limit_bytes: int, saved: Ledger, now: Moment, report_every_s: float = 30.0) -> None:
        self.limit_bytes = limit_bytes
        self._thinned_s = THINNED_REPORTS * report_every_s
        self._leased_bytes = saved.used_bytes
        self._now = replace(saved, boot=now.boot, mono_s=now.mono_s, wall_s=now.wall_s, synced=now.synced)
        self._off_since: Ledger | None = None
        self._booted_bytes = 0
        if saved.boot == now.boot:
            self._pass(now.mono_s - saved.mono_s)
        elif saved.boot and saved.synced:
            self._off_since = saved
        self._booted_at_s = now.mono_s
        self.tick(now)

    @property
    def used_bytes(self) -> int:
        """Of this day."""
        return self._now.used_bytes

    @property
    def days(self) -> tuple[int, ...]:
        """Totals of the days before, newest first."""
        return self._now.days

    @property
    def left_s(self) -> float:
        """Until the next day begins."""
        return DAY_S - self._now.elapsed_s

    @property
    def tight(self) -> bool:
        """Backlog and pictures wait, health is thinned."""
        return self.used_bytes >= self.limit_bytes * THIN_FROM

    def tick(self, now: Moment) -> None:
        """Time has passed. Only boot-time counts, except for what the box was off before this boot."""
        self._pass(now.mono_s - self._now.mono_s)
        self._now = replace(self._now, mono_s=now.mono_s, wall_s=now.wall_s, synced=now.synced)
        if self._off_since is not None and now.synced:
            before, self._off_since = self._off_since, None
            self._was_off(now.wall_s - before.wall_s - (now.mono_s - self._booted_at_s))

    def spend(self, size_bytes: int) -> None:
        """So many bytes went over the line."""
        self._now = replace(self._now, used_bytes=self._now.used_bytes + max(0, size_bytes))
        self._booted_bytes += max(0, size_bytes)

    def allows(self, use: str, size_bytes: int, under_way_bytes: int = 0) -> bool:
        """Whether `size_bytes` more may go for this use, with `under_way_bytes` handed over and not yet counted."""
        share = SHARES.get(use)
        return share is None or self.used_bytes + under_way_bytes + size_bytes <= self.limit_bytes * share

    def health_every_s(self) -> float:
        """The least time between two live health reports: 0 when there is enough for all."""
        if self.used_bytes >= self.limit_bytes:
            return SIGN_OF_LIFE_S
        return self._thinned_s if self.tight else 0.0

    def lease(self, size_bytes: int) -> Ledger | None:
        """What must be saved before `size_bytes` more may go; None when what is saved covers them."""
        if self.used_bytes + size_bytes <= self._leased_bytes:
            return None
        self._leased_bytes = self.used_bytes + size_bytes + self.limit_bytes // LEASES_PER_DAY
        return replace(self._now, used_bytes=self._leased_bytes)

    def closing(self) -> Ledger:
        """The exact figures, for an orderly end."""
        return self._now

    def _was_off(self, seconds: float) -> None:
        """Before this boot; what is spent since stays with the present day."""
        since = self._booted_bytes
        self._now = replace(self._now, used_bytes=self._now.used_bytes - since)
        self._pass(min(DAY_S, seconds))
        self._now = replace(self._now, used_bytes=self._now.used_bytes + since)

    def _pass(self, seconds: float) -> None:
        elapsed_s = self._now.elapsed_s + max(0.0, seconds)
        if elapsed_s < DAY_S:
            self._now = replace(self._now, elapsed_s=elapsed_s)
            return
        quiet = (0,) * min(DAYS_KEPT, int(elapsed_s // DAY_S) - 1)
        days = (*quiet, self._now.used_bytes, *self._now.days)[:DAYS_KEPT]
        self._now = replace(self._now, used_bytes=0, elapsed_s=elapsed_s % DAY_S, days=days)
        self._leased_bytes = self._booted_bytes = 0
