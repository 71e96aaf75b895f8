"""What a node found out about its own line, as the interface gives it out: codes, figures, and the words for them."""

from collections.abc import Iterable
from dataclasses import asdict

from ninja import Schema
from pydantic import Field

from center.web.diagnosis import Finding, OutageRow, PathRow
from wire.bodies import EvidenceItem
from wire.evidence import sentence
from wire.verdicts import VERDICTS

Detail = dict[str, str | int | float | bool | None]


class EvidenceOut(Schema):
    """One observation a verdict rests on, and the same in words."""

    probe: str
    target: str
    ok: bool
    reason: str
    sent: int
    lost: int
    rtt_ms: float | None
    detail: Detail
    words_id: str
    words_en: str


class RungOut(Schema):
    """One rung: `ok`, `failed`, `note`, `unknown` or `unjudged`, and the code it carries."""

    name: str
    state: str
    code: str


class FindingOut(Schema):
    """The node's newest verdict. `at_ms` null: only its reports say so, the event with the evidence has not come."""

    code: str
    label_id: str
    label_en: str
    party: str
    action_id: str
    action_en: str
    since_ms: int | None
    at_ms: int | None
    confidence_pct: float | None
    evidence: list[EvidenceOut]
    also: list[str]
    rungs: list[RungOut]


class StepOut(Schema):
    """From `at_ms` on the outage looked like this."""

    at_ms: int
    code: str


class OutageOut(Schema):
    """An outage of the way to the centre. `end_ms` null: the node has not said that it is over."""

    id: str
    code: str
    onset_ms: int
    end_ms: int | None
    quality: str = Field(description="of the onset: ntp, estimated or bounded")
    how: str = Field(description="seen, or restart: the box restarted during it")
    received_ms: int
    confidence_pct: float
    sent: int
    lost: int
    also: list[str]
    evidence: list[EvidenceOut]
    steps: list[StepOut]


class HopOut(Schema):
    """Who answered at this distance ("" = nobody); `before`: who did on the path before, where that was another."""

    ttl: int
    address: str
    rtt_ms: float | None
    before: str


class PathOut(Schema):
    """The newest path to the centre."""

    target: str
    address: str
    at_ms: int
    why: str
    reached: bool
    changed: bool
    hops: list[HopOut]


def finding_out(found: Finding) -> FindingOut:
    """A finding with its words; codes of newer agents have none."""
    known = VERDICTS.get(found.code)
    return FindingOut(
        code=found.code,
        label_id=known.label_id if known else found.code,
        label_en=known.label_en if known else found.code,
        party=found.party,
        action_id=known.action_id if known else "",
        action_en=known.action_en if known else "",
        since_ms=found.since_ms,
        at_ms=found.at_ms,
        confidence_pct=found.confidence_pct,
        evidence=_evidence(found.items),
        also=list(found.also),
        rungs=[RungOut(name=rung.name, state=rung.state, code=rung.code) for rung in found.rungs],
    )


def outage_out(row: OutageRow) -> OutageOut:
    """An outage with its evidence."""
    return OutageOut(
        id=row.outage,
        code=row.code,
        onset_ms=row.onset_ms,
        end_ms=row.end_ms,
        quality=row.quality,
        how=row.how,
        received_ms=row.received_ms,
        confidence_pct=row.confidence_pct,
        sent=row.sent,
        lost=row.lost,
        also=list(row.also),
        evidence=_evidence(row.items),
        steps=[StepOut(at_ms=step.at_ms, code=step.code) for step in row.steps],
    )


def path_out(path: PathRow) -> PathOut:
    """A path, hop by hop."""
    return PathOut(
        target=path.target,
        address=path.address,
        at_ms=path.at_ms,
        why=path.why,
        reached=path.reached,
        changed=path.changed,
        hops=[HopOut(**asdict(hop)) for hop in path.hops],
    )


def _evidence(items: Iterable[EvidenceItem]) -> list[EvidenceOut]:
    return [
        EvidenceOut(
            probe=item.probe,
            target=item.target,
            ok=item.ok,
            reason=item.reason,
            sent=item.sent,
            lost=item.lost,
            rtt_ms=item.rtt_ms,
            detail=dict(item.detail),
            words_id=sentence(item, "id"),
            words_en=sentence(item, "en"),
        )
        for item in items
    ]
