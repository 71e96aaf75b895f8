"""The process `sandi-center throughput`: listens, and when its port is taken says so and tries again.

It never ends because of that: the centre works without it, and the supervisor would stop everything.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from center.notify import feed_for_ever
from center.processes import until_stopped
from center.throughput.config import Limits
from center.throughput.ledger import TransferLedger
from center.throughput.server import Endpoint, open_listener

log = logging.getLogger("center.throughput")

RETRY_S = 30.0


async def run(
    state: Path, where: tuple[str, int], limits: Limits, tls: ssl.SSLContext, on_ready: Callable[[], None]
) -> None:
    """Serve at `where` (host, port) until SIGTERM or SIGINT; what nodes have used up today is kept below `state`."""
    feeder = asyncio.create_task(feed_for_ever(), name="watchdog")
    try:
        await until_stopped(_serve(Endpoint(limits, TransferLedger(state, limits.daily_bytes), tls), *where, on_ready))
    finally:
        feeder.cancel()


async def _serve(endpoint: Endpoint, host: str, port: int, on_ready: Callable[[], None]) -> None:
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
