"""Facts of what arrived before this version kept any: gathered once after the update, in steps beside other work.

Every raw record is read once more for its run's life and what it covers; the newest session of each node is taken over
from its presence; the buckets of all reports become due. Nothing is forgotten before that is over. A step moves its
place in its own transaction, and what it writes may be written twice, so that a stop costs nothing.
"""

import logging

import msgspec

from center.availability import due
from center.core.rollup import STEPS_S, bucket_ms
from center.ingest.database import execute, execute_many, select, writing
from center.worker.facts import Facts, start_of
from center.worker.projectors.reports import is_brownout
from wire import codec
from wire.bodies import HealthReport, StartNotice
from wire.errors import WireError

STEP_ROWS = 300
PLACES = ("first_facts", "first_buckets")
"""Rows of `ingest_cursor`: the raw record, and the report, read last. Those up to `UNTIL` are to be read."""
UNTIL = "first_facts_until"
_SET = """
INSERT INTO ingest_cursor (name, position) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET position = excluded.position
"""
_RECORDS = """
SELECT id, node, boot, run, mono_ms, received_ms, stream, kind,
  CASE WHEN rejected = '' AND kind IN ('report', 'start') THEN body ELSE '' END
FROM ingest_rawrecord WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
"""
_REPORTS = "SELECT id, node, at_ms FROM connectivity_report WHERE id > %s ORDER BY id LIMIT %s"
_SESSIONS = """
INSERT INTO ingest_contact (node, epoch, session, boot, run, born_ms, heard_ms, ended_ms, end_reason)
SELECT node, epoch, session, boot, run, born_ms, CASE WHEN live_ms > born_ms THEN live_ms ELSE born_ms END,
  CASE WHEN hint = 'offline' THEN hint_ms END, CASE WHEN hint = 'offline' THEN hint_reason ELSE '' END
FROM ingest_presence WHERE session > 0 AND born_ms > 0 AND live_ms IS NOT NULL
ON CONFLICT (node, epoch, session) DO NOTHING
"""
_BUCKET = """
INSERT INTO availability_rollupdue (node, step_s, at_ms) VALUES (%s, %s, %s)
ON CONFLICT (node, step_s, at_ms) DO NOTHING
"""
_log = logging.getLogger("center.worker")


class FirstFacts:
    """The way through what was there; `step` is called until it returns False, then `done` is true."""

    def __init__(self) -> None:
        self.done = False

    def step(self) -> bool:
        """Read some more; False when nothing is left.

        Raises:
            django.db.Error: nothing of the step happened; call again.
        """
        if not self.done:
            with writing():
                self.done = not self._step()
        return not self.done

    def _step(self) -> bool:
        places = dict(select("SELECT name, position FROM ingest_cursor"))
        if UNTIL not in places:
            until = places.get("projection", 0)
            execute(_SET, (UNTIL, until))
            execute(_SESSIONS)
            _log.info("first-facts", extra={"records": until})
            return True
        records, reports = (places.get(name, 0) for name in PLACES)
        if records < places[UNTIL]:
            rows = select(_RECORDS, (records, places[UNTIL], STEP_ROWS))
            _gather(rows)
            execute(_SET, (PLACES[0], rows[-1][0] if rows else places[UNTIL]))
            return True
        if places[UNTIL] and reports >= 0:
            found = select(_REPORTS, (reports, STEP_ROWS))
            buckets = {(node, STEPS_S[0], bucket_ms(at_ms, STEPS_S[0])) for _id, node, at_ms in found}
            if buckets:
                execute_many(_BUCKET, sorted(buckets))
            else:
                _everybody_due()
            execute(_SET, (PLACES[1], found[-1][0] if found else -1))
            return bool(found)
        return False


def _gather(rows: list[tuple[object, ...]]) -> None:
    facts = Facts()
    for _id, node, boot, run, mono_ms, received_ms, stream, kind, text in rows:
        key = (str(node), str(boot), str(run))
        facts.lived(key, int(str(mono_ms)), int(str(received_ms)))
        if kind == "stop" and stream == "event":
            facts.stopped(key, int(str(mono_ms)))
        try:
            body = codec.decode_body(str(stream), str(kind), str(text).encode()) if text else None
        except (WireError, msgspec.MsgspecError):  # of another version: what it says is not understood here either
            continue
        if isinstance(body, HealthReport):
            facts.reported(key, int(str(mono_ms)), body.period_s, brownout=is_brownout(body))
        elif isinstance(body, StartNotice):
            facts.started(key, start_of(int(str(mono_ms)), body))
    facts.finish()


def _everybody_due() -> None:
    due.mark_nodes((node for (node,) in select("SELECT DISTINCT node FROM ingest_epoch")), 0)
