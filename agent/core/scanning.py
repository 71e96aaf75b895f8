"""What a scanner on a serial line has read, and what of it may go on: a ticket's code, and nothing else. No I/O.

A kiosk collects no identity numbers (NIK) and no card numbers: whatever is not a ticket's code is forgotten here, and
only the reason is told.
"""

import re
from typing import Final, Literal

from wire.errors import WireError
from wire.shape import Struct
from wire.tickets import normalize_code

LONGEST_SCAN_BYTES: Final = 256
PARTIAL_SCAN_S: Final = 0.5
"""A scanner sends in one go: 256 bytes take 0.27 s at 9600 baud."""
_STX, _ETX, _CR, _LF = 0x02, 0x03, 0x0D, 0x0A
_NIK_DIGITS: Final = 16
_RUNS: Final = re.compile(r"[0-9](?:[ .\-]?[0-9])*")

Framing = Literal["cr", "stx"]
Reason = Literal["nik", "unknown"]


class TicketScan(Struct, frozen=True):
    """The code of a ticket, as issued."""

    code: str

    def __repr__(self) -> str:
        return "TicketScan()"


class OtherScan(Struct, frozen=True):
    """Something else. `nik`: it holds 16 digits, as an identity number has."""

    reason: Reason


def sort_scan(text: str) -> TicketScan | OtherScan:
    """A code as it stands on a receipt, or behind the `#` of the address in its QR."""
    said = text.strip()
    candidate = said.rpartition("#")[2] if said.lower().startswith(("http://", "https://")) else said
    try:
        return TicketScan(normalize_code(candidate))
    except WireError:
        pass
    runs = (re.sub(r"[^0-9]", "", run) for run in _RUNS.findall(said))
    return OtherScan("nik" if any(len(run) == _NIK_DIGITS for run in runs) else "unknown")


class ScanDecoder:
    """Bytes to scans: ended by CR (or LF), or between STX and ETX. Damaged, endless and unfinished ones are dropped."""

    def __init__(self, framing: Framing) -> None:
        self._framed = framing == "stx"
        self._partial = bytearray()
        self._inside = not self._framed
        self._began_s = 0.0
        self.dropped = 0

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Every scan that has become whole with `data`; `now_s` is monotonic."""
        self.expire(now_s)
        found: list[str] = []
        for byte in data:
            if self._framed and byte == _STX:
                self._drop_rest()
                self._inside, self._began_s = True, now_s
            elif byte == _ETX if self._framed else byte in (_CR, _LF):
                if self._inside:
                    self._finish(found)
                self._inside = not self._framed
            elif self._inside:
                self._keep(byte, now_s)
        return found

    def expire(self, now_s: float) -> None:
        """Give up a scan that nobody ends: the next one must not be counted to it."""
        if self._partial and now_s - self._began_s >= PARTIAL_SCAN_S:
            self._drop_rest()
            self._inside = not self._framed

    def _keep(self, byte: int, now_s: float) -> None:
        if not self._partial:
            self._began_s = now_s
        if len(self._partial) >= LONGEST_SCAN_BYTES:
            self._drop_rest()
            self._inside = False  # until the next end, or the next STX
            return
        self._partial.append(byte)

    def _finish(self, found: list[str]) -> None:
        raw = bytes(self._partial).strip()
        self._partial.clear()
        if not raw:
            return
        try:
            text = raw.decode("ascii")
        except UnicodeDecodeError:
            self.dropped += 1
            return
        if text.isprintable():
            found.append(text)
        else:
            self.dropped += 1

    def _drop_rest(self) -> None:
        if self._partial:
            self.dropped += 1
            self._partial.clear()
