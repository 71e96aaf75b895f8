"""Would the centre's broker take us? TCP and a full TLS handshake with the node's certificate, then goodbye.

It stops before MQTT's CONNECT: a second session under the node's client id would throw the agent's own one out. While
the uplink is connected, that is the better evidence and nothing is sent, except once an hour, for the certificate's
dates. With TLS 1.3 a server refuses a client's certificate only after the client is done, so the probe listens a
moment for that alert.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass, field

from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets, tlsdates
from agent.probes.context import Center, Context, Target
from agent.probes.errors import ProbeError
from agent.tls import without_dates_while_clock_is_wrong

HANDSHAKE_EVERY_MS = 3_600_000
_OBJECTION_MIN_S, _OBJECTION_MAX_S = 0.25, 2.0
"""The alert needs one round trip: three are waited, within these bounds (a loaded broker; a satellite line)."""


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """`timeout_s` is for each of connecting and the handshake."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between tries"})
    timeout_s: float = field(default=5.0, metadata={"help": "longest time of one step", "max": 60})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60:
            raise ValueError("timeout_s must be above 0 and at most 60 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one try can take that long")

    @property
    def deadline_s(self) -> float:
        return 3 * self.timeout_s + _OBJECTION_MAX_S + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One handshake, or the uplink's word."""
    config = target.settings(BrokerConfig)
    began_ms = context.clock.mono_ms()
    if context.center is None:
        return Observation("broker", target.name, began_ms, False, Reason.NO_TARGET)
    if context.uplink_connected() and not _handshake_due(began_ms, config):
        return Observation("broker", target.name, began_ms, True, detail={"evidence": "uplink"})
    trying = _Trying(context.center, config)
    try:
        tls = trying.context()
        address = await context.resolver.address(target.host, config.timeout_s)
        await trying.run(address, target.port, tls)
    except TimeoutError:
        reason = Reason.TIMEOUT
    except ProbeError as error:
        reason = error.reason
        trying.detail |= error.detail
    else:
        reason = Reason.NONE
    tried = bool(trying.phases_ms) or trying.detail.get("phase") is not None
    rtts_ms = (sum(trying.phases_ms.values()) if not reason else None,) if tried else ()
    return Observation(
        "broker", target.name, began_ms, not reason, reason, rtts_ms, phases_ms=trying.phases_ms, detail=trying.detail
    )


def _handshake_due(now_ms: int, config: BrokerConfig) -> bool:
    """The first run of each hour of boot-time; no memory of earlier runs is needed for that."""
    return now_ms // HANDSHAKE_EVERY_MS != (now_ms - int(config.interval_s * 1000)) // HANDSHAKE_EVERY_MS


class _Trying:
    """One handshake: the phases passed, and what was learnt on the way."""

    def __init__(self, center: Center, config: BrokerConfig) -> None:
        self._center = center
        self._config = config
        self.phases_ms: dict[str, float] = {}
        self.detail: dict[str, Scalar] = {}

    def context(self) -> ssl.SSLContext:
        """Read anew for each run: a renewed certificate is used at once. Raises ProbeError (credentials)."""
        folder = self._center.credentials
        if folder is None:
            raise ProbeError(Reason.CREDENTIALS, {"error": "no credentials here"})
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_verify_locations(cafile=str(folder / "ca.crt"))
            context.load_cert_chain(str(folder / "node.crt"), str(folder / "node.key"))
            pem = (folder / "node.crt").read_text(encoding="ascii", errors="replace")
        except (OSError, ssl.SSLError) as error:
            hint = f"ca.crt, node.crt and node.key must be readable in {folder}"
            raise ProbeError(Reason.CREDENTIALS, {"error": str(error), "hint": hint}) from error
        self.detail["own_certificate_days"] = tlsdates.days_left(tlsdates.first_der(pem), time.time())
        return without_dates_while_clock_is_wrong(context)

    async def run(self, address: str, port: int, tls: ssl.SSLContext) -> None:
        self.detail |= {"address": address, "port": port, "phase": "connect"}
        start = time.perf_counter()
        async with asyncio.timeout(self._config.timeout_s):
            connection = await sockets.connect(address, port)
        try:
            connected = time.perf_counter()
            self.phases_ms["connect"] = (connected - start) * 1000
            self.detail["phase"] = "tls"
            async with asyncio.timeout(self._config.timeout_s):
                await connection.start_tls(tls, self._center.host)
            self.phases_ms["tls"] = (time.perf_counter() - connected) * 1000
            self._certificate(connection)
            await _objection(connection, 3 * (connected - start))
        finally:
            connection.close()
        del self.detail["phase"]

    def _certificate(self, connection: sockets.Connection) -> None:
        if isinstance(connection.sock, ssl.SSLSocket):
            der = connection.sock.getpeercert(binary_form=True) or b""
            self.detail["certificate_days"] = tlsdates.days_left(der, time.time())
            self.detail["tls"] = connection.sock.version()


async def _objection(connection: sockets.Connection, wait_s: float) -> None:
    """Raise ProbeError when the broker refuses or hangs up after the handshake; silence is consent."""
    try:
        async with asyncio.timeout(min(max(wait_s, _OBJECTION_MIN_S), _OBJECTION_MAX_S)):
            if not await connection.receive(1):
                raise ProbeError(Reason.RESET, {"phase": "tls"})
    except TimeoutError:
        return
