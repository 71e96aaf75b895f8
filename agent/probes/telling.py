"""What becomes known of a probe beyond its evidence: its own trouble in the log, its target's state as an event."""

import logging
from collections.abc import Awaitable, Callable

from agent.core.observation import Observation, Reason
from agent.core.reachability import Transition
from agent.probes.job import Job
from wire.bodies import Reach

log = logging.getLogger("agent.probes")

OWN_TROUBLE = frozenset({Reason.PROBE_FAILED, Reason.NOT_PERMITTED, Reason.CREDENTIALS, Reason.DEADLINE})
"""Reasons that speak of this box's set-up or of a defect, not of the network: a technician should see them."""

ReportReach = Callable[[Reach], Awaitable[None]]


class Teller:
    """`report` gets a `reach` event's body whenever a target's state changes; None while nobody runs."""

    def __init__(self) -> None:
        self.report: ReportReach | None = None

    def trouble(self, job: Job, before: Observation | None, seen: Observation) -> None:
        """Log a probe's own trouble when it begins and when it ends."""
        previous = before.reason if before is not None else Reason.NONE
        if seen.reason in OWN_TROUBLE and previous is not seen.reason:
            log.warning("probe-trouble", extra={"probe": job.key, "reason": str(seen.reason), **_hints(seen)})
        elif seen.reason not in OWN_TROUBLE and previous in OWN_TROUBLE:
            log.info("probe-recovered", extra={"probe": job.key})

    async def announce(self, job: Job, transitions: tuple[Transition, ...]) -> None:
        for change in transitions:
            level = logging.INFO if change.state == "up" else logging.WARNING
            log.log(level, "reach-changed", extra={"probe": job.key, "state": change.state})
            body = Reach(job.target.name, change.state, change.since_ms, change.onset_ms, job.target.probe)
            try:
                if self.report is not None:
                    await self.report(body)
            except Exception as error:  # noqa: BLE001  # the store's trouble must not stop the measuring
                log.warning("reach-not-stored", extra={"probe": job.key, "error": str(error)})


def _hints(seen: Observation) -> dict[str, object]:
    return {name: seen.detail[name] for name in ("hint", "error") if name in seen.detail}
