"""The process `sandi-center throughput`: listens, and when its port is taken says so and tries again.

It never ends because of that: the centre works without it, and the supervisor would stop everything.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from center.throughput.config import Limits
from center.throughput.ledger import TransferLedger
from center.throughput.peer import server_context
from center.throughput.server import Endpoint, open_listener

log = logging.getLogger("center.throughput")

RETRY_S = 30.0


async def run(data: Path, host: str, port: int, limits: Limits, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await _serve(data, host, port, limits, on_ready)
    except asyncio.CancelledError:
        log.debug("throughput-stopped")


async def _serve(data: Path, host: str, port: int, limits: Limits, on_ready: Callable[[], None]) -> None:
    endpoint = Endpoint(limits, TransferLedger(data, limits.daily_bytes), server_context(data / "pki"))
    told = False
    while True:
        try:
            listener = open_listener(host, port)
        except OSError as error:
            if not told:
                fields = {"host": host, "port": port, "error": error.strerror or str(error)}
                log.warning("throughput-cannot-listen", extra=fields)
                on_ready()
            told = True
            await asyncio.sleep(RETRY_S)
            continue
        if told:
            log.info("throughput-listens-again", extra={"host": host, "port": port})
        on_ready()
        with listener:
            await endpoint.serve(listener)
