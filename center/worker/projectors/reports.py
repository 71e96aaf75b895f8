"""Health reports: one row each, the node's newest one beside its state, and what the node says it holds."""

from center.core.audit import EVENT
from center.core.times import Moment, clock_is_off
from center.ingest.database import execute
from center.worker.projectors.public_sites import note_looks
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    json_text,
    run_of,
    time_columns,
)
from wire.bodies import HealthReport

UNDERVOLTAGE_NOW = 1 << 0
"""Of `throttled`, Raspberry Pi's firmware word: too little voltage at this very moment."""
_NEWEST = """
INSERT INTO connectivity_nodestate (node, state, cause, since_ms, last_seen_ms, report_ms, report_epoch, report_seq,
  report_period_s, verdict, warnings, session, nonce, boot, run, epoch, version, online_hint, clock_off)
VALUES (%s, 'UNKNOWN', 'never_seen', %s, NULL, %s, %s, %s, %s, %s, %s, 0, '', '', '', '', '', %s, %s)
ON CONFLICT (node) DO UPDATE SET report_ms = excluded.report_ms, report_epoch = excluded.report_epoch,
  report_seq = excluded.report_seq, report_period_s = excluded.report_period_s, verdict = excluded.verdict,
  warnings = excluded.warnings, clock_off = excluded.clock_off
WHERE excluded.report_epoch <> connectivity_nodestate.report_epoch
   OR excluded.report_seq > connectivity_nodestate.report_seq
"""
_STATEMENT = """
INSERT INTO connectivity_heldstatement (node, epoch, newest_seq, newest, newest_ms, asked_seq, asked, settled_seq,
  settled) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, '{}')
ON CONFLICT (node, epoch) DO UPDATE SET newest_seq = excluded.newest_seq, newest = excluded.newest,
  newest_ms = excluded.newest_ms
WHERE excluded.newest_seq > connectivity_heldstatement.newest_seq
"""


def project_report(record: StoredRecord, body: HealthReport, page: Page) -> None:
    """A report that is late fills its place in history and leaves the newest one alone."""
    moment = page.moment(record)
    system = body.system
    is_new = insert_once(
        "connectivity_report",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, moment),
        period_s=body.period_s,
        verdict=body.verdict,
        version=body.version,
        cpu_pct=system.cpu_pct if system else None,
        mem_pct=system.mem_used_pct if system else None,
        disk_pct=system.disk_used_pct if system else None,
        temp_c=system.temp_c if system else None,
        json=record.body,
    )
    if is_new:
        page.rollups.note(record.node, moment, system, record.body)
    if body.epoch in ("", record.epoch):  # else it moved here, and speaks of what the epoch before held
        for stream, (oldest_held, head, _pending) in body.outbox.items():
            page.held((record.node, record.epoch, stream), oldest_held, head, record.received_ms)
        if EVENT in body.outbox:
            _note_statement(record, body)
    page.facts.reported(run_of(record), record.mono_ms, body.period_s, brownout=is_brownout(body))
    _note_newest(record, body, moment)
    note_looks(record, body, moment)
    page.announce("node", record.node)


def is_brownout(body: HealthReport) -> bool:
    """Whether the board told of too little voltage when the report was made."""
    return bool(body.system and (body.system.throttled or 0) & UNDERVOLTAGE_NOW)


def _note_statement(record: StoredRecord, body: HealthReport) -> None:
    """What it holds of all streams at one moment: the base of the gap audit. An older report is no news."""
    said = json_text({stream: (oldest_held, head) for stream, (oldest_held, head, _pending) in body.outbox.items()})
    execute(_STATEMENT, (record.node, record.epoch, record.seq, said, record.received_ms, record.seq, said))


def _note_newest(record: StoredRecord, body: HealthReport, moment: Moment) -> None:
    values = (
        record.node,
        record.received_ms,
        record.received_ms,
        record.epoch,
        record.seq,
        body.period_s,
        body.verdict,
        json_text(body.warnings),
        False,
        clock_is_off(moment, record.wall_ms, record.received_ms),
    )
    execute(_NEWEST, values)
