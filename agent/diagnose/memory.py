"""What a live diagnosis knows so far of each probe at each target."""

from agent.core.evidence import NO_EVIDENCE, Evidence, complaint_of
from agent.core.ladder.quality import spells
from agent.core.observation import Observation
from wire.histogram import wilson_interval
from wire.shape import Struct, replace

# A stream that lost this much at the quick pace, and nothing of `_CALM_SAMPLE` at the calm one, met a ration of pings
# and no loss: at 10 % true loss sixty answered in a row happen once in 500 runs.
_RATIONED, _CALM_SAMPLE = 0.10, 60
# True loss takes the same share at both paces: of the second half of a quick run, which is one second, more is left
# than of the whole calm one (100 and 60 pings). A ration leaves less than half: one second's answers, and 2.4 seconds'.
_OF_CALM = 0.6
_BACK = 10  # answered after a long silence: the line itself was gone, and is back


class Known(Struct):
    """The runs of one probe at one target, as evidence."""

    last: Observation
    failed_runs: int = 0
    complaint: Observation | None = None
    quick: tuple[float | None, ...] = ()
    calm: tuple[float | None, ...] = ()
    quick_runs: int = 0

    def evidence(self, state: str = "unknown") -> Evidence:
        """All pings of all runs speak for the loss; the last run for the rest."""
        known = state if state == "flapping" else "unknown"
        if self._rationed:
            # Whoever answers so many a second and no more says nothing of the line's loss, unless he answered all.
            seen, sent = replace(self.last, rtts_ms=self.calm), 0 if None in self.calm else len(self.calm)
            return Evidence(seen, known, self.failed_runs, sent, 0.0, self.complaint)  # type: ignore[arg-type]
        pooled = self._pooled()
        low = wilson_interval(pooled.count(None), len(pooled))[0] if pooled else 0.0
        seen = replace(self.last, rtts_ms=pooled) if self.last.probe == "icmp" and pooled else self.last
        return Evidence(seen, known, self.failed_runs, len(pooled), low, self.complaint)  # type: ignore[arg-type]

    @property
    def _rationed(self) -> bool:
        """At the calm pace certainly fewer were lost, and far more answered than in the quick one's last second."""
        if not self.calm or not self.quick_runs or self._came_back:
            return False
        low = wilson_interval(self.quick.count(None), len(self.quick))[0]
        high = wilson_interval(self.calm.count(None), len(self.calm))[1]
        end = self.quick[-(len(self.quick) // self.quick_runs // 2) :]
        return low > high and len(end) - end.count(None) <= _OF_CALM * (len(self.calm) - self.calm.count(None))

    @property
    def _came_back(self) -> bool:
        """The line itself was gone for long, and worked again."""
        return any(answered >= _BACK for answered in spells(self.quick)[1:])

    def _pooled(self) -> tuple[float | None, ...]:
        if self.quick and len(self.calm) >= _CALM_SAMPLE and None not in self.calm and not self._came_back:
            lost = self.quick.count(None) / len(self.quick)
            return self.calm if lost > _RATIONED else (*self.quick, *self.calm)
        return (*self.quick, *self.calm)


class Memory:
    """Observations by `probe:target`, and how often each ran."""

    def __init__(self, flapping: frozenset[str] = frozenset()) -> None:
        self._known: dict[str, Known] = {}
        self._flapping = flapping
        self.runs: dict[str, int] = {}

    def started(self, key: str, *, calm: bool) -> None:
        name = f"{key}:calm" if calm else key
        self.runs[name] = self.runs.get(name, 0) + 1

    def take(self, seen: Observation, *, calm: bool = False) -> None:
        key = f"{seen.probe}:{seen.target}"
        known = self._known.get(key)
        if known is not None and seen.probe == "link":
            seen = _with_lost_carrier(known.last, seen)
        if known is None:
            known = self._known[key] = Known(seen)
        answered_before = any(rtt_ms is not None for rtt_ms in known.quick)
        if not (seen.probe == "icmp" and answered_before and not seen.ok):
            known.last = seen
        if calm:
            known.calm += seen.rtts_ms
        elif seen.probe == "icmp":
            known.quick += seen.rtts_ms
            known.quick_runs += bool(seen.rtts_ms)
        if seen.reason not in NO_EVIDENCE:
            known.failed_runs = 0 if seen.ok else known.failed_runs + 1
        known.complaint = complaint_of(seen) or known.complaint

    def evidence(self) -> list[Evidence]:
        """Everything known, in a fixed order."""
        return [
            known.evidence("flapping" if key in self._flapping else "unknown")
            for key, known in sorted(self._known.items())
        ]

    def detail(self, key: str, name: str) -> object:
        """One piece of the last observation; None when there is none."""
        known = self._known.get(key)
        return known.last.detail.get(name) if known is not None else None

    def failed(self, key: str) -> bool:
        """It ran, and the last run failed."""
        known = self._known.get(key)
        return known is not None and known.failed_runs > 0

    def __contains__(self, key: str) -> bool:
        return key in self._known


def _with_lost_carrier(before: Observation, seen: Observation) -> Observation:
    """How often the carrier was lost since the first reading: each loss and return counts two changes."""
    first, last = before.detail.get("carrier_changes"), seen.detail.get("carrier_changes")
    earlier = before.detail.get("carrier_lost")
    if (
        not isinstance(first, int)
        or not isinstance(last, int)
        or before.detail.get("interface") != seen.detail.get("interface")
    ):
        return seen
    lost = (int(earlier) if isinstance(earlier, int) else 0) + (last - first + 1) // 2
    return replace(seen, detail={**seen.detail, "carrier_lost": lost})
