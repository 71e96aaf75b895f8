"""Who this node is to the broker, as far as this process may know it, and what the broker's certificate says."""

import ssl
import time
from pathlib import Path

from agent.core.observation import Reason, Scalar
from agent.probes import sockets, tlsdates
from agent.probes.errors import ProbeError
from agent.tls import without_dates_while_clock_is_wrong
from wire.shape import Struct, field


class Identity(Struct, frozen=True):
    """A TLS context for one connection. `complete`: it shows the node's own certificate, `pem`. `verifies`: it knows
    the authority, so that TLS itself judges the broker's certificate."""

    tls: ssl.SSLContext
    complete: bool
    verifies: bool
    pem: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)


def identity(folder: Path | None) -> Identity:
    """Read anew for each run: a renewed certificate is used at once.

    No folder at all, and files that this user may not read, leave an incomplete identity. Raises ProbeError
    (credentials) for files that are missing in it, or are no certificates.
    """
    if folder is None or not _exists(folder):
        return _bare({"unverified": True})
    try:
        tls = _context()
        tls.load_verify_locations(cafile=str(folder / "ca.crt"))
    except PermissionError as error:
        return _bare({"unverified": True, "hint": f"{error.filename or folder} may not be read by this user"})
    except (OSError, ssl.SSLError) as error:
        raise _unusable(folder, error) from error
    try:
        (folder / "node.key").open("rb").close()  # ssl's own message does not name the file
        tls.load_cert_chain(str(folder / "node.crt"), str(folder / "node.key"))
        pem = (folder / "node.crt").read_text(encoding="ascii", errors="replace")
    except PermissionError as error:
        hint = f"{error.filename or folder} may not be read by this user: without it the broker is only looked at"
        return Identity(without_dates_while_clock_is_wrong(tls), False, True, detail={"hint": hint})
    except (OSError, ssl.SSLError) as error:
        raise _unusable(folder, error) from error
    days = tlsdates.days_left(tlsdates.first_der(pem), time.time())
    return Identity(without_dates_while_clock_is_wrong(tls), True, True, pem, {"own_certificate_days": days})


def server_certificate(connection: sockets.Connection) -> tuple[bytes, dict[str, Scalar]]:
    """The broker's certificate after a handshake (DER), and what is worth telling of it."""
    if not isinstance(connection.sock, ssl.SSLSocket):
        return b"", {}
    der = connection.sock.getpeercert(binary_form=True) or b""
    return der, {"certificate_days": tlsdates.days_left(der, time.time()), "tls": connection.sock.version()}


def judge_unverified(der: bytes, host: str) -> None:
    """Raise ProbeError for what is wrong with a certificate that TLS was not asked to judge: its dates, its name."""
    from agent.probes.certnames import fault, names

    reason = fault(der, host, time.time())
    if reason is Reason.NONE:
        return
    found = names(der)
    listed = ", ".join(found.hosts[:5]) if found is not None else ""
    raise ProbeError(reason, {"phase": "tls", "certificate_names": listed})


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _bare(detail: dict[str, Scalar]) -> Identity:
    tls = _context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return Identity(tls, False, False, detail=detail)


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except PermissionError:  # below a folder that is closed to this user; older versions of Python raise it
        return False


def _unusable(folder: Path, error: Exception) -> ProbeError:
    hint = f"ca.crt, node.crt and node.key must be readable in {folder}"
    return ProbeError(Reason.CREDENTIALS, {"error": str(error), "hint": hint})
