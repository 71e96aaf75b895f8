"""Does the broker take a certificate? Found out without taking a live session's place.

With TLS 1.3 a server judges the client's certificate after the client's side of the handshake is done, so a finished
handshake proves nothing. And a CONNECT under the node's name would throw out the agent's own session. So what is sent
is a CONNECT in a version of MQTT that does not exist: a broker that has accepted the certificate answers CONNACK with
"unacceptable protocol version" and opens no session; one that has not sends a TLS alert. Only the CONNACK is a yes.
Before it is sent an alert is waited for, a few times as long as the handshake took: what is sent to who has hung
up comes back as a reset, and that would swallow the alert.
"""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from agent.enrol.door import Address, context_for, dialled, judged, within
from agent.enrol.errors import EnrolError
from wire.shape import Struct

# Fixed header, protocol name "MQTT", level 127, clean start, keep-alive 5 s, an empty client id.
_CONNECT: Final = b"\x10\x0c\x00\x04MQTT\x7f\x02\x00\x05\x00\x00"
_CONNACK: Final = 0x20
DEADLINE_S: Final = 30.0
_SHORTEST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0

Verdict = Literal["accepted", "refused", "silent", "unbelieved"]


class Tested(Struct, frozen=True):
    """`refused`: by a TLS alert. `silent`: not reached, or cut without a word. `unbelieved`: the broker's own
    certificate is not of the authorities given."""

    verdict: Verdict
    detail: str = ""


def test(broker: Address, folder: Path, *, deadline_s: float = DEADLINE_S) -> Tested:
    """Show the broker the certificate in `folder` (ca.crt, node.crt, node.key). Raises EnrolError for trouble here."""
    context = context_for((folder / "ca.crt").read_bytes())
    try:
        context.load_cert_chain(folder / "node.crt", folder / "node.key")
    except ssl.SSLError as error:
        return Tested("refused", f"certificate and key do not fit: {error.reason}")

    def exchange(hold: Callable[[socket.socket], None]) -> Tested:
        raw = dialled(broker, hold)
        began_s = time.monotonic()
        with context.wrap_socket(raw, server_hostname=broker.host) as secured:
            return _spoken(secured, time.monotonic() - began_s)

    try:
        return within(deadline_s, broker, exchange)
    except EnrolError as error:
        return _verdict(error, broker)


def _spoken(secured: ssl.SSLSocket, handshake_s: float) -> Tested:
    usual_s = secured.gettimeout()
    secured.settimeout(min(_LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, 3 * handshake_s)))
    with suppress(TimeoutError):
        secured.recv(1)  # an alert is raised from here
        return Tested("silent", "closed without a word")
    secured.settimeout(usual_s)
    secured.sendall(_CONNECT)
    answer = secured.recv(4)
    if answer and answer[0] == _CONNACK:
        return Tested("accepted")
    return Tested("silent", "closed without a word" if not answer else "not a broker")


def _verdict(error: EnrolError, broker: Address) -> Tested:
    cause = error.__cause__
    if error.seen.state == "wrong_ca":
        return Tested("unbelieved", error.seen.detail)
    if isinstance(cause, ssl.SSLError) and "ALERT" in str(cause.reason or "").upper():
        return Tested("refused", str(cause.reason).lower().replace("_", " "))
    if error.seen.state in ("unreachable", "no_network"):
        return Tested("silent", error.seen.detail or str(judged(error, broker)))
    raise error
