"""What the idle screen shows: the city's public notices, and what was answered of late, without anybody in it."""

from typing import Final

from agent.kiosk.fields import normalised
from agent.kiosk.store import KioskStore, StoredNotice
from wire.bodies import Notice
from wire.messages import Downlink

MOST_SHOWN: Final = 20


def kept(downlink: Downlink, notice: Notice) -> StoredNotice:
    """How a notice is kept: as text to show, under its own id or that of the downlink it came with."""
    return StoredNotice(
        id=notice.id or downlink.id,
        title=" ".join(normalised(notice.title).split()),
        text=normalised(notice.text),
        from_ms=notice.from_ms,
        until_ms=notice.until_ms,
        created_ms=downlink.created_ms,
    )


def board(store: KioskStore, now_ms: int) -> dict[str, object]:
    """Notices whose time is now, newest first, and the newest answered requests: no code, no text."""
    notices = [one for one in store.notices() if one.from_ms <= now_ms < one.until_ms]
    return {
        "notices": [{"title": one.title, "text": one.text, "until_ms": one.until_ms} for one in notices[:MOST_SHOWN]],
        "answered": [
            {"subject": subject, "category": category, "handed_in_ms": handed_in_ms, "answered_ms": answered_ms}
            for subject, category, handed_in_ms, answered_ms in store.answered()
        ],
        "now_ms": now_ms,
    }
