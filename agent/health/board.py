"""What the board says about itself: model, serial number, throttling, temperature, why it was reset, card wear.

Everything is read below a root folder, so that a copied tree of any model can be read in tests. A board that does not
say gives None: unknown is not zero.
"""

import hashlib
import logging
import os
import subprocess
from pathlib import Path
from typing import Final

from agent.health.reset import ResetEvidence
from agent.throttling import read_throttled

log = logging.getLogger("agent.health")

_LONGEST_FILE_BYTES: Final = 64 * 1024  # /proc/cpuinfo of many cores is the longest
_CPU_ZONES: Final = ("cpu-thermal", "cpu_thermal", "soc-thermal", "x86_pkg_temp", "acpitz")


def _vcgencmd() -> str | None:
    """Where Raspberry Pi OS keeps it. (`shutil.which` would load 0.7 MiB of archive modules with it.)"""
    return next((path for path in ("/usr/bin/vcgencmd", "/opt/vc/bin/vcgencmd") if os.access(path, os.X_OK)), None)


class Board:
    """Reads one board. `ask_firmware` allows running `vcgencmd` where the kernel offers no file."""

    def __init__(self, root: Path = Path("/"), *, ask_firmware: bool = True) -> None:
        self.root = root
        self._vcgencmd = _vcgencmd() if ask_firmware and root == Path("/") else None

    def model(self) -> str | None:
        """`Raspberry Pi 4 Model B Rev 1.4`; on other machines what DMI calls the product."""
        return self._text("proc/device-tree/model") or self._text("sys/class/dmi/id/product_name")

    def board_id(self) -> str:
        """What binds an outbox to this board: the serial number, else a digest of the machine id.

        The machine id is not handed out as it stands (machine-id(5) asks for that). Without either: `unknown`, which
        never tells two boards apart; then only the centre notices a cloned card.
        """
        serial = self._text("proc/device-tree/serial-number") or self._cpuinfo_serial()
        if serial and serial.strip("0"):
            return f"serial-{serial.lower()}"
        machine = self._text("etc/machine-id")
        if machine:
            digest = hashlib.blake2b(machine.encode(), digest_size=8, person=b"sandi-board").hexdigest()
            return f"machine-{digest}"
        return "unknown"

    def throttled(self) -> int | None:
        """The firmware's throttling bits (`agent.throttling`)."""
        told = read_throttled(self.root)
        return told if told is not None else self._firmware("get_throttled")

    def temp_c(self) -> float | None:
        """The processor's temperature, else the first zone's."""
        zones: dict[str, Path] = {}
        for path in sorted(self.root.glob("sys/class/thermal/thermal_zone*/type")):
            zones.setdefault(_read(path) or "", path.parent / "temp")
        chosen = [zones[name] for name in _CPU_ZONES if name in zones] or list(zones.values())
        for path in chosen:
            millidegrees = _decimal(_read(path))
            if millidegrees is not None and -100_000 <= millidegrees <= 300_000:
                return round(millidegrees / 1000, 1)
        return None

    def sd_wear_pct(self) -> float | None:
        """Life used up of eMMC, in steps of 10 (JEDEC JESD84-B51: 0x01 = up to 10 %, 0x0b = over 100 %).

        SD cards have no such register: None for them.
        """
        for path in sorted(self.root.glob("sys/block/mmcblk*/device/life_time")):
            used = [step for step in map(_hexadecimal, (_read(path) or "").split()) if step]
            if used:
                return float(min(max(used) * 10, 100))
        return None

    def reset_reason(self) -> str | None:
        """Why this boot began; the words are those of `agent.health.reset`. None where nothing tells."""
        rsts = self._cell("proc/device-tree/chosen/bootloader/rsts")
        return ResetEvidence(
            rsts=rsts if rsts is not None else self._firmware("get_rsts"),
            pmic=self._cell("proc/device-tree/chosen/power/power_reset"),
            bootstatus=_decimal(self._text("sys/class/watchdog/watchdog0/bootstatus")),
            panic_dumps=sum(1 for _ in self.root.glob("sys/fs/pstore/dmesg-*")),
            is_pi5="Raspberry Pi 5" in (self.model() or "") or "Compute Module 5" in (self.model() or ""),
        ).reason()

    def _firmware(self, question: str) -> int | None:
        if self._vcgencmd is None:
            return None
        try:
            answer = subprocess.run(
                [self._vcgencmd, question], capture_output=True, text=True, timeout=2, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            log.info("firmware-silent", extra={"question": question, "detail": str(error)})
            self._vcgencmd = None  # no /dev/vcio, or not for us: asking again every report would only cost
            return None
        return _hexadecimal(answer.strip().rpartition("=")[2])

    def _cpuinfo_serial(self) -> str | None:
        lines = (_read(self.root / "proc/cpuinfo") or "").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("Serial")), None)

    def _text(self, path: str) -> str | None:
        return _read(self.root / path) or None

    def _cell(self, path: str) -> int | None:
        """A device-tree cell: 32 bits, big endian."""
        try:
            raw = (self.root / path).read_bytes()
        except OSError:
            return None
        return int.from_bytes(raw[:4], "big") if len(raw) >= 4 else None


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE_BYTES).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:
        return None


def _hexadecimal(text: str | None) -> int | None:
    """A 32-bit word, with or without 0x; None for anything else."""
    try:
        value = int(text[:20], 16) if text else -1
    except ValueError:
        return None
    return value if 0 <= value < 2**32 else None


def _decimal(text: str | None) -> int | None:
    try:
        return int(text[:20]) if text else None
    except ValueError:
        return None
