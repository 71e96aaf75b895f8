"""The other end of the unix sockets: one request, one answer, for the command line and the kiosk."""

import contextlib
import socket
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.sockets import short_path


class NoDaemonError(Exception):
    """Nobody answers at the socket: the agent is not running, or (`denied`) this user may not open its socket."""

    def __init__(self, text: str, *, denied: bool = False) -> None:
        super().__init__(text)
        self.denied = denied


class RefusedError(Exception):
    """The agent answered, and said no. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def ask(path: Path, request: Mapping[str, object], timeout_s: float = 10.0) -> dict[str, object]:
    """Send one request and return the answer's fields.

    NoDaemonError when nobody answers in time, RefusedError when the answer is an error.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, short_path(path) as address:
            connection.settimeout(timeout_s)
            connection.connect(address)
            with contextlib.suppress(BrokenPipeError):  # refused before it was read: the answer already waits
                connection.sendall(msgspec.json.encode(request) + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
    except OSError as error:
        denied = isinstance(error, PermissionError)
        raise NoDaemonError(f"{path}: {error.strerror or error}", denied=denied) from error
    if not line.endswith(b"\n"):
        raise NoDaemonError(f"{path}: the connection was cut before the answer")
    answer = msgspec.json.decode(line, type=dict[str, object])
    if answer.pop("ok", False):
        return answer
    error_fields = answer.get("error")
    fields = error_fields if isinstance(error_fields, dict) else {}
    raise RefusedError(str(fields.get("code", "unknown")), str(fields.get("message", "")))
