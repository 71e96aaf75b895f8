"""What is known of everything that is probed: what a verdict rests on, and what reports and people are told of it.

What others have found out by a deeper look (`learn`) counts as evidence while it is young.
"""

from collections.abc import Iterable, Sequence

from agent.clock import Clock
from agent.core import outdated
from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.evidence import Evidence
from agent.core.observation import Reason
from agent.core.past import Past
from agent.probes import targets
from agent.probes.job import Job
from wire.bodies import ProbeWindow

GUEST_MS = 5_400_000
"""The hourly look, and half an hour for one that fails: what came of it holds until the next."""


class Known:
    """Jobs and guests. `windows()` and `verdict()` are for the health report, `snapshot()` for people."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._guests: dict[str, Evidence] = {}

    def windows(self, now_s: float | None = None) -> tuple[ProbeWindow, ...]:
        """The windows since the last call, one per probe and target that has run; a new period begins at `now_s`."""
        return tuple(job.drain() for job in self._jobs if job.reportable)

    def diagnosis(self, now_ms: int | None = None) -> Diagnosis:
        """The verdict and what it rests on."""
        now_ms = self._clock.mono_ms() if now_ms is None else now_ms
        return diagnose(self.evidence(now_ms))

    def evidence(self, now_ms: int) -> tuple[Evidence, ...]:
        """What is known of every probe that has run: all that a verdict rests on."""
        own = outdated.judged(
            (found for job in self._jobs if (found := job.evidence(now_ms)) is not None),
            next(iter(self.past(targets.CENTER, "icmp")), None),
        )
        young = {key: item for key, item in self._guests.items() if now_ms - item.seen.mono_ms <= GUEST_MS}
        self._guests = young
        return (*own, *outdated.behind(young.values(), next(iter(self.past(targets.GATEWAY, "icmp")), None)))

    def past(self, target: str, *probes: str) -> tuple[Past, ...]:
        """Since when these probes at this target work or fail."""
        return tuple(job.past for job in self._jobs if job.target.name == target and job.target.probe in probes)

    def learn(self, found: Iterable[Evidence]) -> None:
        """Take in what a deeper look found: the newest of each probe and target, `GUEST_MS` long."""
        own = {job.key for job in self._jobs}
        for item in found:
            if (key := f"{item.seen.probe}:{item.seen.target}") not in own:
                self._guests[key] = item

    def forget(self, *, only_faults: bool) -> None:
        """What deeper looks found speaks of another time now; `only_faults`: keep what was found well."""
        self._guests = {key: item for key, item in self._guests.items() if only_faults and item.seen.ok}

    def verdict(self) -> str:
        """The verdict's code."""
        return self.diagnosis().code

    def denied(self) -> tuple[str, ...]:
        """The probes this process may not run; a matter of the system's settings, not of the network."""
        return tuple(job.key for job in self._jobs if job.last and job.last.reason is Reason.NOT_PERMITTED)

    def snapshot(self) -> dict[str, object]:
        """Everything known now, as JSON values, for `sandi status`."""
        now_ms = self._clock.mono_ms()
        found = self.diagnosis(now_ms)
        rows = [row for job in self._jobs if (row := job.row(now_ms)) is not None]
        return {"verdict": found.code, "evidence": list(found.lines), "probes": rows}
