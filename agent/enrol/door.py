"""One HTTPS exchange with the enrolment listener: only the pinned authorities, a bounded answer, one deadline for all.

Name resolution and every read count against the deadline: the exchange runs in a thread of its own, whose connection is
cut when the time is over. What cannot be reached, or is not believed, is an `EnrolError`.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from agent.core.hosts import for_system
from agent.enrol.errors import EnrolError, OwnTroubleError
from agent.tls import Context, without_dates_while_clock_is_wrong
from wire.enrolment import MAX_ANSWER_BYTES
from wire.shape import Struct

DEADLINE_S: Final = 45.0
"""Name, connection, handshake, request and answer; the signer alone may take 15 s of it."""
_STEP_S: Final = 20.0
_ROUTES: Final = (Path("/proc/self/net/route"), Path("/proc/self/net/ipv6_route"))
T = TypeVar("T")


class Reply(Struct, frozen=True):
    """Status and body of an answer, whatever it was."""

    status: int
    body: bytes


class Address(Struct, frozen=True):
    """Where somebody listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def ask(
    listener: Address, authorities: bytes, method: str, path: str, body: bytes = b"", *, deadline_s: float = DEADLINE_S
) -> Reply:
    """Raises EnrolError: no_network, unreachable, wrong_ca, or trouble of this box."""
    context = context_for(authorities)

    def exchange(hold: Callable[[socket.socket], None]) -> Reply:
        raw = dialled(listener, hold)
        with context.wrap_socket(raw, server_hostname=listener.host) as secured:
            connection = http.client.HTTPConnection(listener.host, listener.port)
            connection.sock = secured
            headers = {"Content-Type": "application/json", "Connection": "close"} if body else {"Connection": "close"}
            connection.request(method, path, body or None, headers)
            with connection.getresponse() as answer:
                content = answer.read(MAX_ANSWER_BYTES + 1)
                if len(content) > MAX_ANSWER_BYTES:
                    raise EnrolError("unreachable", "answer", f"more than {MAX_ANSWER_BYTES} bytes")
                return Reply(answer.status, content)

    return within(deadline_s, listener, exchange)


def context_for(authorities: bytes) -> ssl.SSLContext:
    """TLS that believes these authorities and nobody else. Raises EnrolError `unprovisioned`."""
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    except (UnicodeDecodeError, ssl.SSLError, ValueError) as error:
        raise EnrolError("unprovisioned", "bad_ca", str(error)) from error
    if not context.get_ca_certs():
        raise EnrolError("unprovisioned", "bad_ca", "no authority in it")
    return without_dates_while_clock_is_wrong(context)


def within(deadline_s: float, to: Address, exchange: Callable[[Callable[[socket.socket], None]], T]) -> T:
    """Run an exchange against its deadline; it hands each socket it opens to what it is given. Raises EnrolError."""
    opened: list[socket.socket] = []
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(exchange(opened.append))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whose thread waits for it
            errors.append(error)

    worker = threading.Thread(target=work, name="enrol-exchange", daemon=True)
    worker.start()
    worker.join(deadline_s)
    late = worker.is_alive()
    for each in reversed(opened):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            each.close()
    if late:
        raise missing(to, "timeout", f"{to}: no answer within {deadline_s:g} s")
    if errors:
        raise judged(errors[0], to) from errors[0]
    return results[0]


def dialled(to: Address, hold: Callable[[socket.socket], None]) -> socket.socket:
    """A connection to the first address that takes one. Raises OSError."""
    last: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(for_system(to.host), to.port, type=socket.SOCK_STREAM):
        found = socket.socket(family, kind, protocol)
        found.settimeout(_STEP_S)
        hold(found.dup())  # TLS takes the socket itself over; its double can still cut the connection
        try:
            found.connect(address)
        except OSError as error:
            found.close()
            last = error
            continue
        return found
    raise last or OSError("no address")


def judged(error: BaseException, to: Address) -> EnrolError:
    """What kept an exchange from its answer."""
    match error:
        case EnrolError():
            return error
        case ssl.SSLCertVerificationError():
            code = {9: "not_yet", 10: "over", 62: "name", 64: "name"}.get(error.verify_code, "issuer")
            return EnrolError("wrong_ca", code, f"{to}: {error.verify_message}")
        case socket.gaierror():
            return missing(to, "no_name", f"{to.host}: {error.strerror}")
        case TimeoutError():
            return missing(to, "timeout", f"{to}: no answer")
        case ConnectionRefusedError():
            return missing(to, "closed", f"{to}: nobody listens there")
        case ssl.SSLError():
            return missing(to, "tls", f"{to}: {error.reason or error}")
        case http.client.HTTPException() | ValueError():
            return missing(to, "answer", f"{to}: {type(error).__name__}: {error}"[:200])
        case OSError():
            return missing(to, "cut", f"{to}: {error.strerror or error}")
        case MemoryError():
            return OwnTroubleError("memory", "not enough memory")
    raise error


def missing(to: Address, code: str, detail: str) -> EnrolError:
    """Nobody answered: is it this box that has no way, or is it further on?"""
    if has_route() or _is_here(to.host):
        return EnrolError("unreachable", code, detail)
    return EnrolError("no_network", "no_route", detail)


def has_route() -> bool:
    """Whether any way leads out of this box: a route over a device that is not its own loopback."""
    for path in _ROUTES:
        try:
            rows = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            device = fields[-1] if path.name == "ipv6_route" and fields else fields[0] if fields else "lo"
            if device in ("lo", "Iface") or not _leads_out(path.name, fields):
                continue
            return True
    return False


def _leads_out(table: str, fields: list[str]) -> bool:
    """A link-local IPv6 network is there as soon as a cable is; it leads to no centre."""
    return table == "route" or not fields[0].startswith(("fe80", "ff"))


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
