"""A knock at the broker's door over an established connection: CONNECT, its answer, goodbye."""

import contextlib

from agent.core.observation import Reason, Scalar
from agent.probes import mqttwire, sockets
from agent.probes.errors import ProbeError

_RECEIVE_BYTES = 2048
_SHOWN = 120


async def knock(connection: sockets.Connection, client_id: str, keep_alive_s: int) -> dict[str, Scalar]:
    """Ask for a session and leave it at once; what the broker said. The caller limits the time.

    Raises ProbeError: mqtt_refused (with `reason_code`, `reason_name`), mqtt_malformed, reset when it hung up, or
    tls_refused_us: this answer is also the first moment at which TLS 1.3 can refuse our certificate.
    """
    try:
        await connection.send(mqttwire.build_connect(client_id, keep_alive_s))
    except ProbeError as error:
        if error.reason is not Reason.RESET:
            raise
        # It hung up before: what it said first, an alert of TLS, is still to be read, and says more.
    answer = await _answer(connection)
    if not answer.refused:
        with contextlib.suppress(ProbeError):
            await connection.send(mqttwire.DISCONNECT)
        return {"reason_code": answer.reason}
    found: dict[str, Scalar] = {"reason_code": answer.reason, "reason_name": answer.name}
    if answer.text:
        found["error"] = answer.text[:_SHOWN]
    raise ProbeError(Reason.MQTT_REFUSED, {"phase": "mqtt", **found})


async def _answer(connection: sockets.Connection) -> mqttwire.Connack:
    data = b""
    while True:
        more = await connection.receive(_RECEIVE_BYTES)
        if not more:
            raise ProbeError(Reason.MQTT_MALFORMED if data else Reason.RESET, {"phase": "mqtt"})
        data += more
        try:
            answer = mqttwire.parse_connack(data)
        except mqttwire.MqttFormatError as error:
            raise ProbeError(Reason.MQTT_MALFORMED, {"phase": "mqtt", "error": str(error)}) from error
        if answer is not None:
            return answer
