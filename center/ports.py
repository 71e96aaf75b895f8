"""Whether the ports the centre needs are free, said before anything is started."""

import errno
import socket

import psutil

from center.errors import PortInUseError, SetupError


def require_free(host: str, port: int, purpose: str, option: str) -> None:
    """Try to take the port, and give it back.

    Raises:
        PortInUseError: names the port and, where the system tells, the program that has it.
        SetupError: the address is not this machine's, or the port needs more rights.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror as error:
        raise SetupError(
            f"{host} ({purpose}, {option}) is not a known address: {error.strerror}",
            f"{host} ({purpose}, {option}) bukan alamat yang dikenal: {error.strerror}",
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder, other = _holder(port), f"{option} {host}:{_next_free(host, port)}"
            raise PortInUseError(
                f"port {port} for {purpose} is already in use{holder and f' by {holder}'}; "
                f"stop that program or choose another with {other}",
                f"port {port} untuk {purpose} sudah dipakai{holder and f' oleh {holder}'}; "
                f"hentikan program itu atau pilih yang lain dengan {other}",
            ) from error
        raise SetupError(
            f"cannot listen on {host}:{port} for {purpose} ({option}): {error.strerror}",
            f"tidak dapat menerima sambungan di {host}:{port} untuk {purpose} ({option}): {error.strerror}",
        ) from error


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port. Nothing is sent, so no log complains about a strange visitor."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in connections)


def _holder(port: int) -> str:
    """The program on a port, as far as the rights of this process let it see."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    return "?"
                return f"{psutil.Process(connection.pid).name()} (PID {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""


def _next_free(host: str, port: int) -> int:
    """A port nearby to suggest; the same one again when none is found."""
    for candidate in range(port + 1, min(port + 50, 65536)):
        with socket.socket() as probe:
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    return port
