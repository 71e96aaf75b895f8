"""The newest lines of Sandi's units for a process that may not read the journal itself: asked at sandi-logs.socket."""

import socket
from pathlib import Path
from typing import Final

DOOR: Final = Path("/run/sandi-logs.sock")
UNITS: Final = ("agent", "camera", "kiosk", "enrol", "update")
LINES: Final = 500
WITHIN_S: Final = 40.0
MOST_BYTES: Final = 128 * 1024


def lines_of(unit: str, door: Path = DOOR) -> str:
    """The lines as text. OSError where the door is not there, not for this user, or does not answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(WITHIN_S)
        connection.connect(str(door))
        connection.sendall(f"{unit} {LINES}\n".encode())
        answer = bytearray()
        while len(answer) < MOST_BYTES and (piece := connection.recv(65_536)):
            answer += piece
    return answer.decode("utf-8", "replace")
