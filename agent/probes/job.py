"""One probe at one target over time: its place in the schedule, its window, its state, its last observation."""

from agent.core import reachability
from agent.core.evidence import NO_EVIDENCE, Evidence, complaint_of
from agent.core.observation import Observation, Reason
from agent.core.past import Past
from agent.core.reachability import Reachability, ReachPolicy, Transition
from agent.core.schedule import Slot
from agent.core.window import RecentLoss, Window
from agent.probes.context import Target
from wire.bodies import ProbeWindow
from wire.shape import Struct, field

FACTS = frozenset({"link", "address", "route"})
"""Probes that read what the kernel knows; the others measure."""
SPARING = frozenset({"site", "throughput"})
"""Probes that load somebody else's server or cost megabytes, and run seldom: each at a time of its own, never sooner
than its interval (a box that starts over and over does not run them each time), and with a row only in the report of
the period in which it ran."""
_COSTLY = frozenset({"throughput"})
"""What it says is never confirmed by more runs, nor counted for being up or down."""
_ROLES = frozenset({"gateway"})
"""Hosts that can become another machine; what was known of the old one then says nothing."""
_SILENT = NO_EVIDENCE | {Reason.RESOLVE_FAILED, Reason.DEADLINE}


class Job(Struct):
    """Memory of one probe at one target."""

    target: Target
    slot: Slot
    window: Window
    reach: Reachability = field(default_factory=Reachability)
    recent: RecentLoss = field(default_factory=RecentLoss)
    last: Observation | None = None
    complaint: Observation | None = None  # the last run in which somebody on the way said why
    failed_runs: int = 0
    running: bool = False
    started_ms: int = 0
    past: Past = field(default_factory=Past)

    @property
    def key(self) -> str:
        return f"{self.target.probe}:{self.target.name}"

    @property
    def policy(self) -> ReachPolicy:
        if self.target.probe in SPARING:
            return reachability.SITE_POLICY
        return reachability.FACT_POLICY if self.target.probe in FACTS else reachability.DEFAULT_POLICY

    def take(
        self, seen: Observation, now_ms: int, shown: Observation | None = None
    ) -> tuple[tuple[Transition, ...], bool]:
        """Take a run's result in: what to announce, and whether a confirming burst is wanted.

        `shown` is what a diagnosis is given in its place: the same with the run before it.
        """
        previous, self.last = self.last, shown or seen
        if seen.reason is Reason.NO_TARGET:
            self.failed_runs = 0
            return self._lose(now_ms), False
        self.window.add(seen)
        if seen.reason in _SILENT or self.target.probe in _COSTLY:
            return (), False
        told: tuple[Transition, ...] = ()
        if self.target.host in _ROLES and previous is not None and _moved(previous, seen):
            told = tuple(change for change in self._lose(now_ms) if change.state != "unknown")  # it is there: see below
        self._weigh(seen)
        step = reachability.after_round(self.reach, seen.ok, seen.mono_ms, now_ms, self.policy).following(told)
        self.reach = step.memory
        return step.transitions, step.confirm

    def confirm(self, seen: Observation, now_ms: int, shown: Observation | None = None) -> tuple[Transition, ...]:
        """Take the confirming burst's result in."""
        self.last = shown or seen
        self.window.add(seen)
        if seen.reason in _SILENT:
            return ()
        self._weigh(seen)
        step = reachability.after_burst(self.reach, seen.ok, seen.mono_ms, now_ms, self.policy)
        self.reach = step.memory
        return step.transitions

    def _weigh(self, seen: Observation) -> None:
        """What this run adds to the evidence. What was lost while the target was down is no quality of the line."""
        if seen.ok and self.failed_runs and self.reach.actual == "down":
            self.recent = RecentLoss()
        self.past.add(seen)
        self.recent.add(seen.rtts_ms)
        self.failed_runs = 0 if seen.ok else self.failed_runs + 1
        said = complaint_of(seen)
        if said is not None or seen.ok:
            self.complaint = said

    def _lose(self, now_ms: int) -> tuple[Transition, ...]:
        """There is no such gateway or resolver any more, or it is another one: what was known of it is void."""
        step = reachability.after_loss(self.reach, now_ms, self.policy)
        self.reach, self.recent, self.past = step.memory, RecentLoss(), Past()
        return step.transitions

    @property
    def turned(self) -> bool:
        """The last run was the first to fail, or the first that did not."""
        return self.past.turned

    @property
    def restless(self) -> bool:
        """The last run spoke against the state: look again soon."""
        if self.last is None or self.target.probe in SPARING:
            return False
        return self.last.reason not in _SILENT and self.reach.unsettled

    @property
    def present(self) -> bool:
        """There is something to report: it ran, and its target exists."""
        return self.last is not None and self.last.reason is not Reason.NO_TARGET

    @property
    def reportable(self) -> bool:
        """It has a place in the next report."""
        return self.present and (self.target.probe not in SPARING or self.window.fed)

    def drain(self) -> ProbeWindow:
        return self.window.drain(self.reach.state)

    def evidence(self, now_ms: int) -> Evidence | None:
        """The last observation as a diagnosis wants it; None before the first run."""
        if self.last is None:
            return None
        config = self.target.config
        limit_ms = 1000 * (2 * config.interval_s + config.deadline_s)
        return Evidence(
            self.last,
            self.reach.state,
            self.failed_runs,
            self.recent.sent,
            self.recent.interval[0],
            self.complaint,
            fresh=now_ms - self.last.mono_ms <= limit_ms,
        )

    def row(self, now_ms: int) -> dict[str, object] | None:
        """What is known now, as JSON values; None before the first run and while there is no such target."""
        seen = self.last
        if seen is None or not self.present:
            return None
        answered = [rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None]
        return {
            "probe": self.target.probe,
            "target": self.target.name,
            "state": self.reach.state,
            "ok": seen.ok,
            "reason": str(seen.reason),
            "age_s": round((now_ms - seen.mono_ms) / 1000, 1),
            "rtt_ms": round(sum(answered) / len(answered), 3) if answered else None,
            "sent": self.recent.sent,
            "lost": self.recent.lost,
            "skipped": self.slot.skipped,
            "detail": dict(seen.detail),
        }


def _moved(previous: Observation, seen: Observation) -> bool:
    before, now = previous.detail.get("address"), seen.detail.get("address")
    return before is not None and now is not None and before != now
