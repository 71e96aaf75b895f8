"""What `sandi status` is told: one dictionary, from the parts themselves, fresh at each question."""

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec

from agent.outbox import OutboxError
from agent.version import VERSION

OUTBOX_ANSWERS_S = 3.0  # a disk that hangs is what a technician asks about: the rest is told all the same

if TYPE_CHECKING:
    from agent.parts import Parts


async def status(parts: "Parts") -> dict[str, object]:
    """Everything a technician may see. No personal data; ages in seconds."""
    clock, stamp = parts.clock, parts.clock.stamp()
    outbox = await _outbox(parts)
    last_report_s = parts.reporter.last_report_s
    return {
        "node": parts.config.node.id,
        "version": VERSION,
        "pid": os.getpid(),
        "boot": clock.boot,
        "run": clock.run,
        "running_for_s": round(clock.mono_s() - parts.started_s),
        "box_up_for_s": stamp.mono_ms // 1000,
        "previous_ending": parts.ending.verdict,
        "clock": {**parts.timekeeper.status(), "wall_ms": stamp.wall_ms},
        "uplink": {
            "server": f"{parts.config.uplink.host}:{parts.config.uplink.port}",
            **parts.uplink.status(),
        },
        "outbox": outbox,
        "events": parts.events.status(),
        "network": parts.probes.known.snapshot(),
        "outage": parts.outages.status(),
        "cameras": parts.pictures.status() if parts.pictures is not None else {},
        "kiosk": await _kiosk(parts),
        "plugins": [
            {"name": plugin.name, "restarts": plugin.restarts, "error": plugin.error, "stuck": plugin.stuck}
            for plugin in parts.supervisor.plugins.values()
        ],
        "loop": parts.loop.status(),
        "system": msgspec.to_builtins(parts.reporter.system) if parts.reporter.system is not None else None,
        "report_age_s": None if last_report_s is None else round(clock.mono_s() - last_report_s),
        "warnings": parts.selfcheck.status(),
        "maintenance": parts.stays.current(),
        "configuration": parts.configuring.status(),
        "commands": await _commands(parts),
    }


async def _outbox(parts: "Parts") -> dict[str, object]:
    try:
        async with asyncio.timeout(OUTBOX_ANSWERS_S):
            return await parts.writer.status()
    except OutboxError as error:
        return {"error": error.code, "detail": error.detail}
    except TimeoutError:
        return {"error": "hangs", "detail": f"no answer for {OUTBOX_ANSWERS_S:g} s"}


async def _kiosk(parts: "Parts") -> dict[str, object]:
    try:
        async with asyncio.timeout(OUTBOX_ANSWERS_S):
            return await parts.kiosk.status()
    except TimeoutError:
        return {"closed": "storage"}


async def _commands(parts: "Parts") -> dict[str, object]:
    try:
        async with asyncio.timeout(OUTBOX_ANSWERS_S):
            return await parts.commands.status()
    except TimeoutError:
        return {"keys": 0, "source": "", "fault": f"no answer for {OUTBOX_ANSWERS_S:g} s", "running": 0, "waiting": 0}
