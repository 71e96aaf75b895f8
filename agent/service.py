"""The composition root: builds every part from the configuration, runs them in one task group, stops them in order.

Core parts (the outbox's writer and the uplink) end the process when they end, and systemd starts it again. Everything
else is supervised: it is started again by itself and reported, and never takes the service down.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from agent import logs
from agent.clock import Clock
from agent.config import AgentConfig, ConfigError
from agent.config_start import configured
from agent.messages import Messages, language_from
from agent.opening import StartError, opened
from agent.outbox import OutboxError
from agent.parts import Parts
from agent.sdnotify import Notifier
from agent.supervise import EndedError, Start, asked_to_end
from agent.uplink.threads import in_daemon_thread
from wire.bodies import StopNotice

log = logging.getLogger("agent.service")

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
FIRST_BEAT_S: Final = 1.0  # as a slow card needs for one block; the start waits no longer
# A stop takes less than 2 s, whatever hangs: each wait below is shorter, and at the deadline the process just goes. By
# then the stop marker is written, and what the outbox accepted was on the disk before anybody was told so.
STOP_DEADLINE_S: Final = 1.8
STOP_WAIT_S: Final = 0.5
GOODBYE_S: Final = 1.0


def run(path: Path, clock: Clock | None = None) -> int:
    """Run the agent until SIGTERM, SIGINT or SIGHUP; returns the exit code. `clock`: another than this machine's."""
    logs.set_up()
    lang = language_from(os.environ)
    try:
        clock = clock or Clock()
        asyncio.run(_serve(configured(path, clock), clock, path))
    except ConfigError as error:
        return _say(error.lines(lang), EXIT_USAGE)
    except StartError as error:
        text = Messages(lang).text(error.key, **error.facts)
        Notifier().status(text)
        return _say([text], EXIT_USAGE if error.permanent else EXIT_FAILED)
    except BaseExceptionGroup as group:
        for failure in _leaves(group):
            log.critical("core-part-failed", extra={"detail": f"{type(failure).__name__}: {failure}"}, exc_info=failure)
        return EXIT_FAILED
    return EXIT_OK


async def _serve(config: AgentConfig, clock: Clock | None, path: Path) -> None:
    """Steps of a life:

    1. file the start event: the first record of a run says how the previous one ended. Then leave a first sign of life:
       the next run has to know of this one however short it is;
    2. start core parts and plugins, tell systemd;
    3. wait for a signal, or for a core part to fail;
    4. stop taking things in, leave the stop marker, file the stop event, let the uplink send it and say goodbye;
    5. close the outbox.
    """
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[str] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, _ask_to_stop, stop, signal.Signals(number).name)
    notifier = Notifier()
    async with opened(config, clock, path) as parts:
        await parts.events.file("start", parts.start_notice())
        await _first_beat(parts)
        async with asyncio.TaskGroup() as group:
            core = [group.create_task(_must_run(name, start), name=name) for name, start in parts.core().items()]
            plugins = [
                group.create_task(parts.supervisor.keep(name, plugin), name=name)
                for name, plugin in parts.plugins().items()
            ]
            plugins.append(group.create_task(_feed_watchdog(parts, notifier), name="watchdog"))
            notifier.send("READY=1", f"STATUS={parts.one_line()}")
            log.info("started", extra={"node": config.node.id, "run": parts.clock.run, "before": parts.ending.verdict})
            reason = await stop
            log.info("stopping", extra={"reason": reason})
            notifier.send("STOPPING=1")
            await _end(plugins, STOP_WAIT_S)
            await _leave_marker(parts, reason)
            await parts.events.file("stop", StopNotice(reason), wait_s=STOP_WAIT_S)
            await _end(core, GOODBYE_S)
        parts.events.tell_unfiled()


async def _must_run(name: str, start: Start) -> None:
    try:
        await start()
    except asyncio.CancelledError as error:
        if asked_to_end():
            raise
        raise EndedError(f"{name} was cancelled from within") from error
    raise EndedError(f"{name} ended by itself")


async def _end(tasks: "list[asyncio.Task[None]]", wait_s: float) -> None:
    """Cancel and wait, but not for ever."""
    for task in tasks:
        task.cancel()
    _, hanging = await asyncio.wait(tasks, timeout=wait_s)
    if hanging:
        log.warning("slow-to-stop", extra={"tasks": ", ".join(task.get_name() for task in hanging)})


async def _first_beat(parts: Parts) -> None:
    with contextlib.suppress(TimeoutError):  # a disk that hangs is told by others, and everything else begins
        async with asyncio.timeout(FIRST_BEAT_S):
            await parts.timekeeper.beat()


async def _leave_marker(parts: Parts, reason: str) -> None:
    stamp = parts.clock.stamp()
    try:
        async with asyncio.timeout(STOP_WAIT_S):
            await in_daemon_thread("stop-marker", lambda: parts.heartbeat.beat(stamp, reason))
    except OSError as error:  # TimeoutError is one: the disk hangs or refuses; the next run will call this a crash
        log.error("no-stop-marker", extra={"detail": str(error)})


async def _feed_watchdog(parts: Parts, notifier: Notifier) -> None:
    """WATCHDOG=1 as long as this loop turns and the outbox's thread answers; the network has no say in it."""
    if notifier.watchdog_s is None:
        return
    while True:
        try:
            await parts.writer.ping()  # a thread that hangs in the disk never answers: systemd draws the conclusion
        except OutboxError as error:
            log.warning("watchdog-not-fed", extra={"code": error.code})
        else:
            notifier.send("WATCHDOG=1")
            notifier.status(parts.one_line())
        await asyncio.sleep(notifier.watchdog_s / 3)


def _ask_to_stop(stop: "asyncio.Future[str]", reason: str) -> None:
    if not stop.done():
        stop.set_result(reason)
        deadline = threading.Timer(STOP_DEADLINE_S, os._exit, (EXIT_OK,))
        deadline.daemon = True
        deadline.start()


def _say(lines: list[str], code: int) -> int:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - for the person who started it
    return code


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
