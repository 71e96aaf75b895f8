"""The technicians' PIN: what stands in its file is a salted scrypt hash (RFC 7914), never the PIN.

N = 2^14, r = 8, p = 1: 16 MiB and some 60 ms on a Pi 4, a quarter second on a Zero 2 W. Only one is reckoned at a time,
in the page's own process, whose memory is its own. Against somebody who has the file a PIN of digits is weak whatever
the hash; the file is root's for that reason.
"""

import hashlib
import hmac
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Final

from agent.files import write_durably

COST: Final = 2**14
BLOCK: Final = 8
LEAST_DIGITS: Final = 6
MOST_DIGITS: Final = 12
_MEMORY: Final = 64 * 1024 * 1024
_LINE: Final = re.compile(r"scrypt:(\d{1,7}):(\d{1,2}):1:([0-9a-f]{32}):([0-9a-f]{64})")


class PinError(Exception):
    """The PIN or its file is of no use; `code` is a key of `cli.lan_pin.*`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_form(pin: str) -> None:
    """PinError unless it is six to twelve digits, and not one of those everybody tries first."""
    if not re.fullmatch(rf"[0-9]{{{LEAST_DIGITS},{MOST_DIGITS}}}", pin):
        raise PinError("form")
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)}
    if len(set(pin)) < 3 or steps in ({1}, {9}):
        raise PinError("easy")


def hashed(pin: str, salt: bytes | None = None) -> str:
    """The line for the file."""
    salt = salt or os.urandom(16)
    return f"scrypt:{COST}:{BLOCK}:1:{salt.hex()}:{_reckon(pin, salt, COST, BLOCK).hex()}"


def is_right(pin: str, line: str) -> bool:
    """Whether the PIN is the one of this line. PinError when the line is none."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise PinError("file")
    cost, block = int(found[1]), int(found[2])
    if cost & (cost - 1) or not 2**10 <= cost <= 2**15 or not 1 <= block <= 8:
        raise PinError("file")
    return hmac.compare_digest(_reckon(pin, bytes.fromhex(found[3]), cost, block), bytes.fromhex(found[4]))


def read(path: Path) -> str:
    """The file's line. PinError when there is none to read, or it holds none."""
    try:
        with path.open("rb") as file:
            line = file.read(512).decode("ascii", "replace").strip()
    except OSError as error:
        raise PinError("unreadable") from error
    if _LINE.fullmatch(line) is None:
        raise PinError("file")
    return line


def write(path: Path, pin: str) -> None:
    """Set the PIN. PinError for one of no use, OSError when it cannot be written."""
    check_form(pin)
    write_durably(path, hashed(pin).encode() + b"\n", 0o600)


def _reckon(pin: str, salt: bytes, cost: int, block: int) -> bytes:
    secret = pin.encode("utf-8")[:64]
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=1, maxmem=_MEMORY, dklen=32)
