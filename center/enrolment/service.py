"""The process `sandi-center enrol`: listens, and when its port is taken says so and tries again.

It never ends because of that, nor where its certificate is not there yet: the centre works without it, and the
supervisor would stop everything.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from center.enrolment.config import EnrolmentConfig, Limits
from center.enrolment.listener import Listener
from center.enrolment.releases import HandingOut
from center.notify import feed_for_ever
from center.processes import until_stopped
from center.throughput.server import open_listener

log = logging.getLogger("center.enrolment")

RETRY_S = 15.0


def limits_of(config: EnrolmentConfig) -> Limits:
    """The listener's limits as configured."""
    return Limits(per_address_per_minute=config.per_address_per_minute)


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with the certificate in `folder`; clients show none. Raises OSError (ssl.SSLError is one)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    return context


async def run(
    folder: Path, signer: Path, endpoint: tuple[str, int], limits: Limits, *, on_ready: Callable[[], None],
    releases: Path | None = None,
) -> None:  # fmt: skip
    """Serve until SIGTERM or SIGINT. `folder` holds server.crt and server.key, `signer` is the signer's socket.

    `releases`: the folder of bundles to hand out.
    """
    feeder = asyncio.create_task(feed_for_ever(), name="watchdog")
    try:
        await until_stopped(_serve(folder, signer, endpoint, limits, on_ready=on_ready, releases=releases))
    finally:
        feeder.cancel()


async def _serve(
    folder: Path, signer: Path, endpoint: tuple[str, int], limits: Limits, *, on_ready: Callable[[], None],
    releases: Path | None,
) -> None:  # fmt: skip
    told = False
    host, port = endpoint
    while True:
        try:
            tls = server_context(folder)
            listener = open_listener(host, port)
        except OSError as error:
            if not told:
                fields = {"host": host, "port": port, "error": error.strerror or str(error)}
                log.warning("enrolment-cannot-listen", extra=fields)
                on_ready()
            told = True
            await asyncio.sleep(RETRY_S)
            continue
        log.info("enrolment-listens", extra={"host": host, "port": port})
        on_ready()
        with listener:
            handing = HandingOut(releases) if releases is not None else None
            await Listener(limits, tls, signer, releases=handing).serve(listener)
