"""What a camera's name means, asked with patience."""

import socket
import threading
from ipaddress import ip_address

from agent.cameras.base import CameraUnreachableError


def numeric_host(host: str, patience_s: float) -> str:
    """The host's numeric address. CameraUnreachableError when the name is unknown or nobody says in time.

    The system's resolver cannot be interrupted, so it waits in a thread that nobody waits for any longer.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    found: list[str] = []
    failed: list[str] = []

    def ask() -> None:
        try:
            found.append(str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]))
        except OSError as error:
            failed.append(error.strerror or type(error).__name__)
        except UnicodeError:
            failed.append("it is no name")

    asking = threading.Thread(target=ask, name="camera-name", daemon=True)
    asking.start()
    asking.join(patience_s)
    if found:
        return found[0]
    if failed:
        raise CameraUnreachableError(f"the name {host} is unknown: {failed[0]}")
    raise CameraUnreachableError(f"no answer within {patience_s:.1f} s to what the name {host} means")
