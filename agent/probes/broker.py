"""Would the centre's broker take us? TCP, a full TLS handshake with the node's certificate, and MQTT's CONNECT.

1. A second session under the node's client id would throw the agent's own one out. So CONNECT is only sent where no
   agent holds a session (`may_connect`); elsewhere the probe stops behind TLS and takes the uplink's word for the rest:
   while that is connected, nothing is sent at all but one handshake an hour, for the certificate's dates.
2. With TLS 1.3 a server refuses a client's certificate only after the client is done. The answer to CONNECT brings that
   out; without CONNECT the probe listens a moment for the alert.
3. Without credentials (a technician's laptop, a user who may not read the key) there is still a server to be seen: its
   certificate's dates and name are judged, its signer where the authority's certificate can be read, and to demand a
   certificate of ours counts as an answer.
"""

import asyncio
import time

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets
from agent.probes.brokertls import Identity, identity, judge_unverified, server_certificate
from agent.probes.context import Center, Context, Target
from agent.probes.errors import ProbeError

HANDSHAKE_EVERY_MS = 3_600_000
KEEP_ALIVE_S = 10
"""Short: should this end in the middle, the broker lets the session go within 15 seconds."""
_OBJECTION_MIN_S, _OBJECTION_MAX_S = 0.25, 2.0
"""The alert needs one round trip: three are waited, within these bounds (a loaded broker; a satellite line)."""


class BrokerConfig(Settings, frozen=True):
    """`timeout_s` is for each of connecting, the handshake, and CONNECT."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between tries"})
    timeout_s: float = field(default=5.0, metadata={"help": "longest time of one step", "max": 60})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60:
            raise ValueError("timeout_s must be above 0 and at most 60 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one try can take that long")

    @property
    def deadline_s(self) -> float:
        return 4 * self.timeout_s + _OBJECTION_MAX_S + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One try, or the uplink's word."""
    config = target.settings(BrokerConfig)
    began_ms = context.clock.mono_ms()
    if context.center is None:
        return Observation("broker", target.name, began_ms, False, Reason.NO_TARGET)
    if context.uplink_connected() and not _handshake_due(began_ms, config):
        return Observation("broker", target.name, began_ms, True, detail={"evidence": "uplink"})
    trying = _Trying(context.center, config, context)
    try:
        ours = trying.identity()
        address = await context.resolver.address(target.host, config.timeout_s)
        await trying.run(address, target.port, ours)
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
    """One try: the phases passed, and what was learnt on the way."""

    def __init__(self, center: Center, config: BrokerConfig, context: Context) -> None:
        self._center = center
        self._config = config
        self._context = context
        self.phases_ms: dict[str, float] = {}
        self.detail: dict[str, Scalar] = {}

    def identity(self) -> Identity:
        """Who we are to the broker. Raises ProbeError (credentials)."""
        found = identity(self._center.credentials)
        self.detail |= found.detail
        return found

    async def run(self, address: str, port: int, ours: Identity) -> None:
        """All steps. Raises ProbeError or TimeoutError; `detail["phase"]` then names the step."""
        self.detail |= {"address": address, "port": port, "phase": "connect"}
        start = time.perf_counter()
        async with asyncio.timeout(self._config.timeout_s):
            connection = await sockets.connect(address, port)
        try:
            connected = time.perf_counter()
            self.phases_ms["connect"] = (connected - start) * 1000
            self.detail["phase"] = "tls"
            await self._tls(connection, ours, connected - start)
            self.detail["phase"] = "mqtt"
            await self._mqtt(connection, ours)
        finally:
            connection.close()
        del self.detail["phase"]

    async def _tls(self, connection: sockets.Connection, ours: Identity, connect_s: float) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await connection.start_tls(ours.tls, self._center.host)
            self.phases_ms["tls"] = (time.perf_counter() - began) * 1000
            der, facts = server_certificate(connection)
            self.detail |= facts
            if not ours.verifies:
                judge_unverified(der, self._center.host)
            if not self._may_connect(ours):
                await _objection(connection, 3 * connect_s)
        except ProbeError as error:
            if ours.complete or error.reason is not Reason.TLS_REFUSED_US:
                raise
            # We have no certificate to show: that one is demanded is a TLS server's answer.
            self.phases_ms.setdefault("tls", (time.perf_counter() - began) * 1000)
            self.detail["client_certificate"] = "demanded"

    def _may_connect(self, ours: Identity) -> bool:
        return ours.complete and self._context.may_connect and not self._context.uplink_connected()

    async def _mqtt(self, connection: sockets.Connection, ours: Identity) -> None:
        """CONNECT where that is allowed; elsewhere what the broker last said to the agent's own session."""
        if self._may_connect(ours):
            from agent.probes.brokermqtt import knock
            from agent.probes.certnames import common_name

            began = time.perf_counter()
            async with asyncio.timeout(self._config.timeout_s):
                self.detail |= await knock(connection, common_name(ours.pem), KEEP_ALIVE_S)
            self.phases_ms["mqtt"] = (time.perf_counter() - began) * 1000
        elif ours.complete and not self._context.may_connect and (refusal := self._context.uplink_refusal()):
            raise ProbeError(Reason.MQTT_REFUSED, {"reason_name": refusal, "evidence": "uplink"})


async def _objection(connection: sockets.Connection, wait_s: float) -> None:
    """Raise ProbeError when the broker refuses or hangs up after the handshake; silence is consent."""
    try:
        async with asyncio.timeout(min(max(wait_s, _OBJECTION_MIN_S), _OBJECTION_MAX_S)):
            if not await connection.receive(1):
                raise ProbeError(Reason.RESET, {"phase": "tls"})
    except TimeoutError:
        return
