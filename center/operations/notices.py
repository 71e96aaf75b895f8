"""Public notices on their way to the kiosks: offered through the downlink outbox, replaced when changed, taken down.

Which boxes: those of every kelurahan, and any other that has ever handed in a complaint or a survey. Called when a
notice changes and by the worker every few seconds: so a box that is heard for the first time, or begins anew with an
empty disk, gets what is current then. Nothing is sent twice to somebody who has it (`center.core.notice_offers`).
"""

from collections.abc import Sequence
from typing import Final

from center.core.notice_offers import Due, Kiosk, Notice, Offer, due
from center.ingest.database import execute, select, write
from center.operations import downlink
from center.operations.models import NoticeOffer
from wire import voices

STORED: Final = "stored"
"""The outcome of a receipt by which the kiosk has it."""
SUPERSEDED: Final = "superseded"
_NOTICES = """
SELECT id, revision, target, withdrawn_ms, title, text, from_ms, until_ms FROM wall_publicnotice
WHERE until_ms > %s ORDER BY id
"""
_KIOSKS = """
SELECT n.id, p.epoch, s.code, s.kecamatan
FROM sites_node n JOIN sites_site s ON s.code = n.site_id JOIN ingest_presence p ON p.node = n.id
WHERE n.retired = %s AND p.born_ms > 0
  AND p.born_ms = (SELECT MAX(newest.born_ms) FROM ingest_presence newest WHERE newest.node = n.id)
  AND (s.kind = 'kel' OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.node = n.id)
       OR EXISTS (SELECT 1 FROM complaints_surveyanswer a WHERE a.node = n.id))
"""
_OFFERS = """
SELECT notice_id, node, revision, shown, epoch FROM operations_noticeoffer WHERE notice_id IN
  (SELECT id FROM wall_publicnotice WHERE until_ms > %s)
"""
_CLOSE = "UPDATE operations_downlink SET receipt_at_ms = %s, outcome = %s WHERE id = %s AND receipt_at_ms IS NULL"
_HELD = """
SELECT o.notice_id, count(*), sum(CASE WHEN d.outcome = %s THEN 1 ELSE 0 END)
FROM operations_noticeoffer o JOIN operations_downlink d ON d.id = o.downlink_id
WHERE o.shown = %s AND o.notice_id IN ({}) GROUP BY o.notice_id
"""
_Words = dict[int, voices.Notice]


def offer_notices(now_ms: int) -> int:
    """Queue what kiosks are owed of the notices; how many messages. Reads only, where nothing is owed."""
    if not _due(now_ms)[0]:
        return 0
    return write(lambda: _offer(now_ms))


def kiosks_holding(notices: Sequence[int], *, shown: bool = True) -> dict[int, tuple[int, int]]:
    """Notice -> how many kiosks have said that they keep it, of how many it was offered to. `shown` False: of those
    told to take it down."""
    if not notices:
        return {}
    sql = _HELD.format(", ".join(["%s"] * len(notices)))
    return {key: (int(held), int(offered)) for key, offered, held in select(sql, [STORED, shown, *notices])}


def _offer(now_ms: int) -> int:
    owed, words = _due(now_ms)
    for one in owed:
        _send(one, words[one.notice], now_ms)
    return len(owed)


def _due(now_ms: int) -> tuple[list[Due], _Words]:
    rows = select(_NOTICES, (now_ms,))
    if not rows:
        return [], {}
    notices = [Notice(key, revision, target, withdrawn is not None) for key, revision, target, withdrawn, *_ in rows]
    words = {
        key: voices.Notice(
            title=title, text=text, until_ms=until_ms, id=f"notice-{key}", from_ms=from_ms
        )
        for key, _revision, _target, _withdrawn, title, text, from_ms, until_ms in rows
    }  # fmt: skip
    kiosks = [Kiosk(*row) for row in select(_KIOSKS, (False,))]
    offers = {
        (key, node): Offer(revision, bool(shown), epoch)
        for key, node, revision, shown, epoch in select(_OFFERS, (now_ms,))
    }
    return due(notices, kiosks, offers), words


def _send(one: Due, notice: voices.Notice, now_ms: int) -> None:
    """Queue it, and stop offering what it replaces."""
    if not one.show:
        # A moment in the past takes it down; its words need not travel once more.
        notice = voices.Notice(title="", text="", until_ms=now_ms - 1, id=notice.id)
    before = NoticeOffer.objects.filter(notice_id=one.notice, node=one.kiosk.node).first()
    if before is not None:
        execute(_CLOSE, (now_ms, SUPERSEDED, before.downlink_id))
    downlink_id = downlink.queue(one.kiosk.node, "notice", notice)
    NoticeOffer.objects.update_or_create(
        notice_id=one.notice,
        node=one.kiosk.node,
        defaults={
            "revision": one.revision, "shown": one.show, "epoch": one.kiosk.epoch, "downlink_id": downlink_id,
            "at_ms": now_ms,
        },
    )  # fmt: skip
