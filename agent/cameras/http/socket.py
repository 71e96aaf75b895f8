"""Sockets of one picture: all its waits together end with its clock, however a camera drips its bytes."""

import contextlib
import hmac
import socket
import ssl
import threading
import time
from hashlib import sha256
from typing import Any, Final

from agent.cameras.base import CameraUnavailableError, CameraUnreachableError
from agent.cameras.http.address import Address

CONNECT_S: Final = 5.0
"""A camera of the same site answers within milliseconds; one that is off is known to be after this."""


class Clock:
    """What one picture has left, and whether its camera has said anything yet."""

    def __init__(self, patience_s: float) -> None:
        self.began_s = time.monotonic()
        self._end_s = self.began_s + patience_s
        self.heard_s: float | None = None
        self.connected_s: float | None = None

    def left_s(self) -> float:
        """Seconds left, above zero; TimeoutError when there are none."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time for this picture is over")
        return left_s

    def hear(self, size: int) -> int:
        """`size` bytes came just now."""
        if size and self.heard_s is None:
            self.heard_s = time.monotonic()
        return size


class _Timed(socket.socket):
    clock: Clock

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.clock.left_s())
        return self.clock.hear(super().recv_into(buffer, nbytes, flags))

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.clock.left_s())
        super().sendall(data, flags)


class _TimedTls(ssl.SSLSocket):
    clock: Clock

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.clock.left_s())
        return self.clock.hear(super().recv_into(buffer, nbytes, flags))

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.clock.left_s())
        super().sendall(data, flags)


class Tls:
    """Whom to trust behind https: the system's authorities and the camera's name; or one certificate by its SHA-256;
    or, `verify` false, whoever answers."""

    def __init__(self, *, verify: bool = True, certificate_sha256: str = "") -> None:
        self._pin = certificate_sha256
        self._verify = verify and not certificate_sha256

    def wrap(self, plain: socket.socket, host: str, clock: Clock) -> socket.socket:
        """The same connection encrypted; CameraUnavailableError when it is not with whom it should be."""
        context = ssl.create_default_context()
        if not self._verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.sslsocket_class = _TimedTls
        plain.settimeout(clock.left_s())
        try:
            wrapped = context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise CameraUnavailableError(
                f"the certificate of {host} cannot be trusted ({error.verify_message}): "
                "set certificate_sha256 to the camera's own"
            ) from None
        except ssl.SSLError as error:
            raise CameraUnavailableError(
                f"{host}: the encryption failed ({error.reason or 'TLS'}): check https and the port of url"
            ) from None
        wrapped.clock = clock  # type: ignore[attr-defined]
        seen = sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
        if self._pin and not hmac.compare_digest(seen, self._pin):
            wrapped.close()
            raise CameraUnavailableError(f"{host} shows another certificate than certificate_sha256 says")
        return wrapped


def connect(address: Address, tls: Tls, clock: Clock) -> socket.socket:
    """A connection whose every wait obeys `clock`. CameraUnreachableError when there is none."""
    reason = "no address"
    for family, kind, protocol, where in _addresses(address, clock):
        connection = _Timed(family, kind, protocol)
        connection.clock = clock
        try:
            connection.settimeout(min(CONNECT_S, clock.left_s()))
            connection.connect(where)
            if address.scheme == "https":
                return tls.wrap(connection, address.host, clock)
        except (OSError, CameraUnavailableError) as error:
            connection.close()
            if isinstance(error, CameraUnavailableError):
                raise
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
        else:
            clock.connected_s = clock.connected_s or time.monotonic()
            return connection
    raise CameraUnreachableError(f"no connection with {address.where}: {reason}: check its power, cable and address")


_Found = tuple[socket.AddressFamily, socket.SocketKind, int, Any]


def _addresses(address: Address, clock: Clock) -> list[_Found]:
    """What the host's name means; a resolver that does not answer is waited for no longer than the clock allows."""
    with contextlib.suppress(socket.gaierror):
        return _look_up(address, socket.AI_NUMERICHOST)
    found: list[_Found] = []
    asking = threading.Thread(target=lambda: found.extend(_quiet_look_up(address)), name="camera-name", daemon=True)
    asking.start()
    asking.join(clock.left_s())
    if not found:
        raise CameraUnreachableError(
            f"the name {address.host} is unknown here: check url, or use the address in numbers"
        )
    return found


def _look_up(address: Address, flags: int = 0) -> list[_Found]:
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, kind, protocol, where) for family, kind, protocol, _, where in found]


def _quiet_look_up(address: Address) -> list[_Found]:
    try:
        return _look_up(address)
    except (OSError, UnicodeError):
        return []
