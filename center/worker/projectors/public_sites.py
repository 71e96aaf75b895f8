"""The rows of a health report that speak of public sites: the newest of each node and site is kept."""

from center.core.public_sites import MAX_SITES_OF_NODE
from center.core.times import Moment
from center.ingest.database import execute
from center.worker.records import StoredRecord, json_text, time_columns
from wire.bodies import HealthReport, ProbeWindow
from wire.evidence_text import clean

PROBE = "site"
MOST_DETAILS = 32
MOST_NAME = 60
"""Of a site's name, as the node's configuration has it."""
MOST_CHARACTERS = 500
"""Of one detail: a node's hundred looks stay below 2 MB whatever it sends; the page of all sites reads every one."""
_LOOK = ("node", "site", "epoch", "seq", "boot", "mono_ms", "wall_ms", "at_ms", "at_quality", "received_ms")
_FOUND = ("ok", "reason", "since_ms", "total_ms", "detail")
_SAME = "publicsites_look.ok = excluded.ok AND publicsites_look.reason = excluded.reason"
# Within an epoch the numbering decides; an older epoch's backlog that arrives late is no news.
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in (*_LOOK[2:], *_FOUND) if name != "since_ms")
_NEWEST = f"""
INSERT INTO publicsites_look ({", ".join((*_LOOK, *_FOUND))}) VALUES ({", ".join(["%s"] * 15)})
ON CONFLICT (node, site) DO UPDATE SET {_REPLACED},
  since_ms = CASE WHEN {_SAME} THEN publicsites_look.since_ms ELSE excluded.since_ms END
WHERE (publicsites_look.epoch = excluded.epoch AND excluded.seq > publicsites_look.seq)
   OR (publicsites_look.epoch <> excluded.epoch AND excluded.at_ms > publicsites_look.at_ms)
"""  # noqa: S608
_PRUNE = """
DELETE FROM publicsites_look WHERE node = %s AND id NOT IN
  (SELECT id FROM publicsites_look WHERE node = %s ORDER BY received_ms DESC, id DESC LIMIT %s)
"""


def note_looks(record: StoredRecord, body: HealthReport, moment: Moment) -> None:
    """Keep what this report says of public sites, where it is newer than what is known."""
    rows = [row for row in body.probes if row.probe == PROBE]
    for row in rows:
        execute(_NEWEST, _values(record, row, moment))
    if rows:  # a node names its sites itself: a faulty one must not fill the table
        execute(_PRUNE, (record.node, record.node, MAX_SITES_OF_NODE))


def _values(record: StoredRecord, row: ProbeWindow, moment: Moment) -> tuple[object, ...]:
    times = time_columns(record, moment)
    reason = row.detail.get("reason")
    return (
        record.node,
        clean(row.target, MOST_NAME),
        record.epoch,
        record.seq,
        *(times[name] for name in ("boot", "mono_ms", "wall_ms", "at_ms", "at_quality", "received_ms")),
        row.detail.get("ok") is True,
        clean(reason, 120) if reason else "",
        moment.at_ms,
        row.p50_ms,
        json_text(_kept(row)),
    )


def _kept(row: ProbeWindow) -> dict[str, object]:
    """The evidence, cut to what is read again: a text that is longer would not fit in a cell either."""
    details = list(row.detail.items())[:MOST_DETAILS]
    return {name: clean(value, MOST_CHARACTERS) if isinstance(value, str) else value for name, value in details}
