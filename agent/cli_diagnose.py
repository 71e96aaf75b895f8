"""`sandi diagnose`: which part is broken, found now, from this box alone.

The rungs appear as they are judged; the last two lines are the verdict and what to do.
"""

import asyncio
import sys
from pathlib import Path

import click
import msgspec

from agent.cli import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.clock import Clock
from agent.config import ConfigError
from agent.core.diagnosis import Diagnosis
from agent.diagnose.examination import Examination, Progress
from agent.diagnose.ground import Ground, ground
from agent.diagnose.plan import Plan
from agent.diagnose.told import document
from agent.messages import Messages
from agent.probes.context import Context
from agent.probes.lastaddress import recall
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver


def diagnose(file: Path | None, centre: str | None, messages: Messages, *, as_json: bool, quick: bool = False) -> int:
    """Exit 0 healthy, 1 a fault, 3 inconclusive, 2 usage."""
    try:
        found_ground = ground(file, centre)
    except ConfigError as error:
        return _usage(error, messages, as_json=as_json)
    if as_json:
        found, duration_s = asyncio.run(examine(found_ground, brisk=quick))
        click.echo(msgspec.json.encode(document(found, duration_s, messages.lang)))
        return exit_code(found)
    from agent.diagnose.screen import Screen

    screen = Screen(messages, found_ground)
    with screen:
        found, _ = asyncio.run(examine(found_ground, screen.progress, brisk=quick))
        screen.finish(found)
    return exit_code(found)


def exit_code(found: Diagnosis) -> int:
    if found.code == "OK":
        return EXIT_OK
    return EXIT_INCONCLUSIVE if found.code == "U0" else EXIT_PROBLEM


async def examine(base: Ground, progress: Progress | None = None, *, brisk: bool = False) -> tuple[Diagnosis, float]:
    """One live diagnosis; the verdict and how long it took, in seconds. `brisk`: as in `Plan`."""
    pinger = Pinger()
    host = base.center.host if base.center is not None else ""
    data_dir = base.config.node.data_dir if base.config is not None else None
    context = Context(
        Clock(),
        pinger,
        Resolver(center=host, recalled=recall(data_dir, host) if host else ""),
        base.center,
        uplink_connected=lambda: base.connected,
        uplink_refusal=lambda: base.refusal,
        may_connect=base.may_connect,
        data_dir=data_dir,
        metered=base.metered,
    )
    plan = Plan(base.probes, base.center, metered=base.metered, brisk=brisk)
    examination = Examination(plan, context, flapping=base.flapping, progress=progress)
    try:
        return await examination.run(), examination.duration_s
    finally:
        pinger.close()


def _usage(error: ConfigError, messages: Messages, *, as_json: bool) -> int:
    lines = error.lines(messages.lang)
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "error": {"code": "config", "message": "\n".join(lines)}}))
    else:
        for line in lines:
            print(line, file=sys.stderr)  # noqa: T201
    return EXIT_USAGE
