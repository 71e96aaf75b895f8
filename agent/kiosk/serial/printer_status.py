"""What an ESC/POS printer says of itself: DLE EOT n, the real-time status. No I/O.

Many cheap printers never answer. Silence is therefore `unknown`, a state of its own: it is no reason not to print, and
no proof that something was printed. (Bits: Epson's ESC/POS reference, "DLE EOT".)
"""

from collections.abc import Iterable
from typing import Final, Literal

PrinterState = Literal["ok", "paper_out", "offline", "unknown"]

ASK_PRINTER: Final = b"\x10\x04\x01"
ASK_OFFLINE_CAUSE: Final = b"\x10\x04\x02"
ASK_PAPER: Final = b"\x10\x04\x04"
CLEAR: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: forget what waits in the printer's own memory, so that it is not printed once there is paper again."""

_FIXED_MASK, _FIXED = 0x93, 0x12
_OFFLINE, _PAPER_END_STOP, _PAPER_END = 0x08, 0x20, 0x60


def status_byte(data: Iterable[int]) -> int | None:
    """The newest byte that can be a status; others (XON, XOFF, echoes) are not for us."""
    fitting = [byte for byte in data if byte & _FIXED_MASK == _FIXED]
    return fitting[-1] if fitting else None


def judged(printer: int | None, cause: int | None, paper: int | None) -> PrinterState:
    """The state from the three answers; None where none came."""
    if printer is None and cause is None and paper is None:
        return "unknown"
    if (paper is not None and paper & _PAPER_END) or (cause is not None and cause & _PAPER_END_STOP):
        return "paper_out"
    if printer is not None and printer & _OFFLINE:
        return "offline"
    return "ok" if printer is not None else "unknown"
