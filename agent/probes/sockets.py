"""Connecting, TLS and bytes over plain non-blocking sockets, with failures as reasons.

Not asyncio's streams: those hide which step failed, and the ICMP error behind it. Here the error queue of the socket
(IP_RECVERR) still names the router that said *unreachable* or *prohibited*. Time limits are the caller's
(`asyncio.timeout`); a TimeoutError passes through.
"""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from agent.core.hosts import for_system
from agent.core.observation import Reason, Scalar
from agent.probes import icmpwire
from agent.probes.errors import ProbeError
from wire.shape import Struct

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_Result = TypeVar("_Result")
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_ERRNO = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EHOSTUNREACH: Reason.HOST_UNREACHABLE,
    errno.ENETUNREACH: Reason.NET_UNREACHABLE,
    errno.EPERM: Reason.PROHIBITED,
    errno.EACCES: Reason.PROHIBITED,
    errno.EADDRNOTAVAIL: Reason.NO_ROUTE,
}
# X509_V_ERR_* of openssl/x509_vfy.h
_VERIFY = {
    9: Reason.TLS_NOT_YET_VALID,
    10: Reason.TLS_EXPIRED,
    62: Reason.TLS_HOSTNAME,
    64: Reason.TLS_HOSTNAME,  # the address is not in the certificate
}


class Connection(Struct):
    """A connected socket, plain or TLS."""

    sock: socket.socket

    async def send(self, data: bytes) -> None:
        """All of `data`. Raises ProbeError."""
        while data:
            data = data[await self._step(partial(self.sock.send, data)) :]

    async def receive(self, limit: int) -> bytes:
        """Some bytes, at most `limit`; empty at the end of the stream. Raises ProbeError."""
        return await self._step(partial(self.sock.recv, limit))

    async def _step(self, call: Callable[[], _Result]) -> _Result:
        while True:
            try:
                return call()
            except (BlockingIOError, ssl.SSLWantReadError):
                await _ready(self.sock, writing=False)
            except ssl.SSLWantWriteError:
                await _ready(self.sock, writing=True)
            except ssl.SSLError as error:
                raise ProbeError(_tls_reason(error), {"phase": "tls", "error": _tls_words(error)}) from error
            except OSError as error:
                raise _explained(self.sock, error) from error

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None) -> None:
        """Do the handshake, naming the host unless that is None. Raises ProbeError with a tls_* reason, or reset when
        the other side hung up."""
        name = for_system(hostname) if hostname is not None else None
        secure = context.wrap_socket(self.sock, server_hostname=name, do_handshake_on_connect=False)
        self.sock = secure
        try:
            await self._step(secure.do_handshake)
        except ProbeError as error:
            error.detail.setdefault("phase", "tls")
            raise

    def close(self) -> None:
        self.sock.close()


async def connect(address: str, port: int, kind: int = socket.SOCK_STREAM, *, segment_bytes: int = 0) -> Connection:
    """Connect TCP, or fix the peer of UDP (then a refused port is an error and not silence). Raises ProbeError.

    `segment_bytes`: the largest TCP segment either side may send; 0 leaves it to the kernel.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        if segment_bytes:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
        await _connect(sock, numeric(address, port, family))
    except OSError as error:
        failure = _explained(sock, error, address.partition("%")[0])
        sock.close()
        raise failure from error
    except BaseException:
        sock.close()
        raise
    return Connection(sock)


def limited_datagram(family: int, ttl: int) -> socket.socket:
    """A UDP socket whose packets go `ttl` hops far, and which hears who says that they went no further."""
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
    return sock


def numeric(address: str, port: int, family: int) -> SocketAddress:
    """The socket address of a written one; the interface behind a % becomes its number. Nothing is looked up."""
    return socket.getaddrinfo(for_system(address), port, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]


async def _connect(sock: socket.socket, address: SocketAddress) -> None:
    code = sock.connect_ex(address)
    if code == errno.EINPROGRESS:
        await _ready(sock, writing=True)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, errno.errorcode.get(code, str(code)))


def _explained(sock: socket.socket, error: OSError, peer: str = "") -> ProbeError:
    """The reason by errno, made exact by the ICMP error behind it, when there was one. `peer`: whom we tried to reach,
    where the socket does not know it."""
    reason = reason_of(error)
    detail: dict[str, Scalar] = {"error": _words(error)}
    reported = icmp_error(sock)
    if reported is None:
        if error.errno == errno.ECONNRESET:
            detail["by_reset"] = True  # a segment said so; a service that leaves in order just ends the stream
        reason = Reason.NO_ROUTE if error.errno == errno.ENETUNREACH else reason
        return ProbeError(reason, detail)
    found: dict[str, Scalar] = {"icmp_type": reported.icmp_type, "icmp_code": reported.icmp_code}
    if reported.offender:
        found |= {"offender": reported.offender, "offender_is_us": reported.offender == own_address(sock)}
    exact = reported.reason
    if exact is Reason.PORT_UNREACHABLE:  # the host's own word, or that of a firewall on the way
        exact = Reason.REFUSED if reported.offender in ("", peer or _peer(sock)) else Reason.PROHIBITED
    return ProbeError(exact, found)


def icmp_error(sock: socket.socket) -> icmpwire.IcmpError | None:
    """The ICMP error that waits in the socket's error queue, None when there is none."""
    try:
        # Under a TLS socket, which will not hand out what is not for it, lies the plain one.
        with socket.socket(fileno=os.dup(sock.fileno())) as plain:
            _, control, _, _ = plain.recvmsg(512, 256, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, content in control:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            return icmpwire.parse_error(content)
    return None


def own_address(sock: socket.socket) -> str:
    """This end's address, without the scope; empty when there is none yet."""
    try:
        return str(sock.getsockname()[0]).partition("%")[0]
    except OSError:
        return ""


def _peer(sock: socket.socket) -> str:
    """The other end's address, without the scope; empty when there is none."""
    try:
        return str(sock.getpeername()[0]).partition("%")[0]
    except OSError:
        return ""


def address_towards(address: str) -> str:
    """The address this box would use towards `address`, empty when it would use none; nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(numeric(address, 9, family))
        return own_address(sock)
    return ""


def reason_of(error: OSError) -> Reason:
    """What an errno says about the network."""
    return _ERRNO.get(error.errno or 0, Reason.LOCAL_ERROR)


async def ready_to_write(sock: socket.socket) -> None:
    """Wait until a connection is made or refused."""
    await _ready(sock, writing=True)


async def _ready(sock: socket.socket, *, writing: bool) -> None:
    """Wait until the socket can be read (or written)."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    number = sock.fileno()
    add(number, _settle, future)
    try:
        await future
    finally:
        remove(number)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _tls_reason(error: ssl.SSLError) -> Reason:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, Reason.TLS_UNTRUSTED)
    if isinstance(error, ssl.SSLEOFError):
        return Reason.RESET
    return Reason.TLS_REFUSED_US if "ALERT" in (error.reason or "") else Reason.TLS_FAILED


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return error.reason or type(error).__name__


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
