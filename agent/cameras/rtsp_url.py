"""Addresses of streams: what may stand in the settings, and the one the driver gets, with the login in it."""

import re
import socket
import threading
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from agent.cameras.base import CameraSetupError, CameraUnreachableError, Secrets

DEFAULT_PORT: Final = 554
PASSWORD_FILE: Final = "camera-passwords.toml"  # noqa: S105 - the name of a file
_LONGEST: Final = 1000
_PASSWORD_INSIDE: Final = re.compile(r"(?i)\b(?:password|passwd|pwd|pass)[=:](?!\{password\})[^&/;]")
"""Some recorders want the login inside the path (`/user=admin&password=...`): there the settings say `{password}`."""


def check_url(url: str) -> None:
    """ValueError says what is wrong with a stream's address in the settings, without repeating it."""
    if not url or len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError('url: write it as "rtsp://192.168.1.64:554/path", without spaces')
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url: the host or the port cannot be read") from None
    if parts.scheme != "rtsp" or not host or port == 0:
        raise ValueError('url: must begin with "rtsp://" and name the camera\'s host')
    if "@" in parts.netloc or _PASSWORD_INSIDE.search(parts.path + "?" + parts.query):
        raise ValueError(
            f"url: a login does not belong in the settings; put user and password into {PASSWORD_FILE}, and write "
            "{user} and {password} where the path itself must name them"
        )


def place_of(url: str) -> str:
    """`host:port`, for messages."""
    parts = urlsplit(url)
    host = parts.hostname or "?"
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or DEFAULT_PORT}"


def filled(url: str, secrets: Secrets, address: str) -> str:
    """The address for the driver: host replaced by its numeric address, login put in. It must not be shown."""
    parts = urlsplit(url)
    user, password = quote(secrets.user, safe=""), quote(secrets.password, safe="")
    login = f"{user}:{password}@" if user or password else ""
    host = f"[{address}]" if ":" in address else address
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    rest = rest.replace("{user}", user).replace("{password}", password)
    return f"rtsp://{login}{host}:{parts.port or DEFAULT_PORT}{rest}"


def resolve(url: str, patience_s: float) -> str:
    """The numeric address of the stream's host. CameraUnreachableError when the name is unknown or nobody says in time.

    The system's resolver cannot be interrupted, so it waits in a thread that nobody waits for any longer.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if not host:
        raise CameraSetupError("url: no host")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    found: list[str] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            found.append(str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]))
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else OSError(str(error)))

    asking = threading.Thread(target=ask, name="camera-name", daemon=True)
    asking.start()
    asking.join(patience_s)
    if found:
        return found[0]
    if failed:
        raise CameraUnreachableError(f"the name {host} is unknown: {failed[0].strerror or failed[0]}")
    raise CameraUnreachableError(f"no answer within {patience_s:.1f} s to what the name {host} means")
