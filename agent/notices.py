"""A diagnosis as it travels: evidence, rungs and verdict as the structs of `wire.bodies`."""

from typing import Final

from agent.core.diagnosis import Diagnosis
from agent.core.observation import Observation, Scalar
from wire.bodies import EvidenceItem, RungState, VerdictNotice
from wire.verdicts import VERDICTS

MOST_EVIDENCE: Final = 6
"""Items per finding: the most telling come first, and a notice with all its steps must stay small."""
MOST_DETAIL: Final = 24
MOST_TEXT: Final = 120
_MOST_MS: Final = 86_400_000.0


def evidence_item(seen: Observation) -> EvidenceItem:
    """One observation for the wire and for `wire.evidence.sentence`."""
    answered = sorted(rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None)
    middle = len(answered) // 2
    median_ms = (answered[middle] + answered[~middle]) / 2 if answered else None
    return EvidenceItem(
        probe=seen.probe,
        target=seen.target[:500],
        ok=seen.ok,
        reason=str(seen.reason),
        sent=seen.sent,
        lost=seen.lost,
        rtt_ms=None if median_ms is None else round(min(median_ms, _MOST_MS), 3),
        detail={name: _short(value) for name, value in list(seen.detail.items())[:MOST_DETAIL]},
    )


def evidence_items(diagnosis: Diagnosis) -> tuple[EvidenceItem, ...]:
    """What the verdict rests on, the most telling first."""
    return tuple(evidence_item(seen) for seen in diagnosis.evidence[:MOST_EVIDENCE])


def rung_states(diagnosis: Diagnosis) -> tuple[RungState, ...]:
    """Every rung without its evidence."""
    return tuple(RungState(rung.name, rung.state, rung.code) for rung in diagnosis.rungs)


def also(diagnosis: Diagnosis) -> tuple[str, ...]:
    """The codes of the other faults, each once."""
    return tuple(dict.fromkeys(finding.code for finding in diagnosis.also))


def confidence_pct(diagnosis: Diagnosis) -> float:
    return round(100 * min(max(diagnosis.confidence, 0.0), 1.0), 1)


def verdict_notice(diagnosis: Diagnosis, since_ms: int) -> VerdictNotice:
    """The event that the verdict is another since `since_ms` (boot-time)."""
    usual = VERDICTS.get(diagnosis.code)
    return VerdictNotice(
        code=diagnosis.code,
        since_mono_ms=since_ms,
        confidence_pct=confidence_pct(diagnosis),
        party="" if usual is not None and usual.party == diagnosis.party else diagnosis.party,
        evidence=evidence_items(diagnosis),
        also=also(diagnosis),
        rungs=rung_states(diagnosis),
    )


def _short(value: Scalar) -> Scalar:
    return value[:MOST_TEXT] if isinstance(value, str) else value
