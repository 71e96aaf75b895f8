"""The firmware's throttling bits, where the kernel offers them as files: for the health report and the power probe.

Bits: Raspberry Pi's documentation of `vcgencmd get_throttled`; 16 and above hold since boot.
"""

from pathlib import Path
from typing import Final

UNDERVOLTAGE_NOW: Final = 1 << 0
CAPPED_NOW: Final = 1 << 1
THROTTLED_NOW: Final = 1 << 2
HOT_NOW: Final = 1 << 3
UNDERVOLTAGE_SINCE_BOOT: Final = 1 << 16
_LONGEST_BYTES: Final = 64


def read_throttled(root: Path) -> int | None:
    """The bits as Raspberry Pi's kernel tells them. Mainline kernels only raise an alarm, which becomes the
    undervoltage bit. None where neither does: then the firmware would have to be asked."""
    for path in sorted(root.glob("sys/devices/platform/soc*/*firmware/get_throttled")):
        value = _word(_read(path))
        if value is not None:
            return value
    for name in sorted(root.glob("sys/class/hwmon/hwmon*/name")):
        if _read(name) == "rpi_volt":
            alarm = _read(name.parent / "in0_lcrit_alarm")
            return None if alarm is None else int(alarm == "1") * UNDERVOLTAGE_NOW
    return None


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_BYTES).decode("ascii", "replace").strip("\0 \t\r\n")
    except OSError:
        return None


def _word(text: str | None) -> int | None:
    """32 bits in hexadecimal, with or without 0x; None for anything else."""
    try:
        value = int(text, 16) if text else -1
    except ValueError:
        return None
    return value if 0 <= value < 2**32 else None
