"""What a node found out about its own line. Told late as a rule: it amends history, and alarms nobody."""

from dataclasses import dataclass

from center.core.times import Moment
from center.ingest.database import execute
from center.worker.records import IDENTITY, Page, StoredRecord, identity_columns, insert_once, time_columns
from wire.bodies import OutageNotice, PathNotice, VerdictNotice

_OUTAGE_COLUMNS = (
    "node", "epoch", "seq", "boot", "mono_ms", "wall_ms", "at_ms", "at_quality", "received_ms", "outage", "ended",
    "end_mono_ms", "code", "confidence_pct", "how", "json",
)  # fmt: skip
_OUTAGE = f"""
INSERT INTO connectivity_outage ({", ".join(_OUTAGE_COLUMNS)}) VALUES ({", ".join(["%s"] * len(_OUTAGE_COLUMNS))})
ON CONFLICT (node, outage) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _OUTAGE_COLUMNS)}
WHERE (excluded.ended, excluded.epoch, excluded.seq)
    > (connectivity_outage.ended, connectivity_outage.epoch, connectivity_outage.seq)
"""  # noqa: S608 - the names are those above


def project_verdict(record: StoredRecord, body: VerdictNotice, page: Page) -> None:
    """The verdict changed."""
    insert_once(
        "connectivity_verdictchange",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, page.moment(record)),
        since_mono_ms=body.since_mono_ms,
        code=body.code,
        confidence_pct=body.confidence_pct,
        json=record.body,
    )
    page.facts.changed(record.node, page.moment(record).at_ms - max(0, record.mono_ms - body.since_mono_ms))
    page.announce("node", record.node)


def project_path(record: StoredRecord, body: PathNotice, page: Page) -> None:
    """A trace found something worth telling."""
    insert_once(
        "connectivity_nodepath",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, page.moment(record)),
        target=body.target,
        address=body.address,
        reached=body.reached,
        changed=body.changed,
        why=body.why,
        json=record.body,
    )
    page.announce("node", record.node)


@dataclass(frozen=True, slots=True)
class _Onset:
    """The moment an outage began, as something a time can be derived for."""

    mono_ms: int
    wall_ms: int
    synced: bool
    received_ms: int


# What the node saw outlives what the next start concluded: a full disk may have kept the end from the journal.
_END_SURENESS = {"restart": 1, "seen": 2}


def project_outage(record: StoredRecord, body: OutageNotice, page: Page) -> None:
    """An outage began, or is over and told as a whole; one row for both."""
    page.moment(record)  # the record itself is evidence of its boot's clock
    onset = _onset(record, body)
    moment: Moment = page.clocks.derive(record.node, body.boot, onset)
    ended = body.phase == "ended"
    values = (
        record.node,
        record.epoch,
        record.seq,
        body.boot,
        onset.mono_ms,
        onset.wall_ms,
        moment.at_ms,
        moment.quality,
        record.received_ms,
        body.id,
        _END_SURENESS[body.how] if ended else 0,
        body.end_mono_ms if ended else None,
        body.code,
        body.confidence_pct,
        body.how,
        record.body,
    )
    execute(_OUTAGE, values)
    page.facts.changed(record.node, page.clocks.earliest(record.node, body.boot, moment))
    page.announce("node", record.node)


def _onset(record: StoredRecord, body: OutageNotice) -> _Onset:
    """What the record's clock says about the onset: nothing for certain when that was in another boot."""
    if body.boot != record.boot:
        return _Onset(body.onset_mono_ms, record.wall_ms, False, record.received_ms)
    ago_ms = max(0, record.mono_ms - body.onset_mono_ms)
    return _Onset(body.onset_mono_ms, record.wall_ms - ago_ms, record.synced, record.received_ms)
