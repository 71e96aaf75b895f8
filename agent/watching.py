"""What the agent tells `sandi watch`: the evidence as it stands, and the figures beside it, small enough to ask for
every second. The verdict is not told: the ladder is pure, and whoever draws the screen judges the same evidence.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from agent.core.evidence import to_plain
from agent.outbox import OutboxError

if TYPE_CHECKING:
    from agent.parts import Parts

OUTBOX_ANSWERS_S: Final = 0.5  # a disk that hangs must not stop the picture of the network


async def watched(parts: "Parts") -> dict[str, object]:
    """Evidence of every probe that has run, outbox, session, warnings. No personal data."""
    stamp = parts.clock.stamp()
    session = parts.uplink.status()
    return {
        "node": parts.config.node.id,
        "now_ms": stamp.mono_ms,
        "wall_ms": stamp.wall_ms,
        "synced": stamp.synced,
        "items": [to_plain(item) for item in parts.probes.known.evidence(stamp.mono_ms)],
        "server": f"{parts.config.uplink.host}:{parts.config.uplink.port}",
        "connected": bool(session["connected"]),
        "acked_age_s": session["acked_age_s"],
        "outbox": await _outbox(parts),
        "warnings": parts.selfcheck.status(),
        "maintenance": parts.stays.current(),
    }


async def _outbox(parts: "Parts") -> dict[str, object]:
    """Records that wait and the age of the oldest; why not, when the disk does not answer."""
    now = parts.clock.stamp()
    try:
        async with asyncio.timeout(OUTBOX_ANSWERS_S):
            pending, oldest = await parts.writer.call(parts.writer.outbox.waiting)
    except OutboxError as error:
        return {"error": error.code}
    except TimeoutError:
        return {"error": "hangs"}
    ages = [now.mono_ms - one.mono_ms if one.boot == now.boot else now.wall_ms - one.wall_ms for one in oldest]
    return {"pending": pending, "oldest_s": max(0, *ages) // 1000 if ages else None}
