"""Addresses of streams: what may stand in the settings, and the one the driver gets, with the login in it."""

import re
import socket
import threading
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from agent.cameras.address import PASSWORD_FILE, Address, check_address, take_apart, with_secrets
from agent.cameras.base import CameraUnreachableError, Secrets

_SCHEMES: Final = ("rtsp",)
_PASSWORD_IN_PATH: Final = re.compile(r"(?i)\b(?:password|passwd|pwd|pass)[=:](?!\{password\})[^&/;?]")
"""Some recorders want the login inside the path (`/user=admin&password=...`): the settings say `{password}` there."""


def check_stream_url(url: str) -> None:
    """ValueError, which repeats nothing of it, when it cannot be a stream's address or tells a password."""
    check_address(url, _SCHEMES)
    if _PASSWORD_IN_PATH.search(take_apart(url, _SCHEMES).target):
        raise ValueError(
            f"url: a password must not stand in its path: put it into {PASSWORD_FILE} and write {{password}} there"
        )


def stream_address(url: str) -> Address:
    """The parts of an address that has been checked."""
    return take_apart(url, _SCHEMES)


def address_with_login(address: Address, number: str, secrets: Secrets) -> str:
    """What the driver gets: the host as its number, the login put in. It must not be shown."""
    user, password = quote(secrets.user, safe=""), quote(secrets.password, safe="")
    login = f"{user}:{password}@" if user or password else ""
    host = f"[{number}]" if ":" in number else number
    return f"rtsp://{login}{host}:{address.port}{with_secrets(address, secrets).target}"


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
