"""`[kiosk.serial]`: the devices on serial lines. Nothing is opened that does not stand here."""

from pathlib import Path
from typing import Literal

from agent.configuration.settings import Settings, field

BAUD_RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800)
_DEVICE = {"help": "the device's stable name; `sandi kiosk devices` lists them", "example": "/dev/serial/by-id/usb-..."}
_DEVICE_ELSE = {"help": "tried when `device` is not there, e.g. its name below /dev/serial/by-path"}


class PanelConfig(Settings, frozen=True, kw_only=True):
    """A panel with buttons. `mode` lines is for micro-controllers that cannot make frames."""

    device: Path = field(metadata=_DEVICE)
    device_else: Path | None = field(default=None, metadata=_DEVICE_ELSE)
    baud: int = field(default=115200, metadata={"choices": BAUD_RATES, "help": "speed of the line"})
    mode: Literal["frames", "lines"] = field(default="frames", metadata={"help": "frames, or lines of text"})
    checked: bool = field(default=False, metadata={"help": "lines of text carry a check (CRC-16) both ways"})
    lang: Literal["id", "en"] = field(default="id", metadata={"help": "language of what the panel shows"})
    receipts: bool = field(default=True, metadata={"help": "print a receipt for what is handed in here"})
    presses_per_min: int = field(
        default=60, metadata={"min": 1, "max": 100_000, "help": "more than this and the panel is asked to wait"}
    )


class ScannerConfig(Settings, frozen=True, kw_only=True):
    """A reader of bar codes, QR or RFID. Only ticket codes go on; everything else is forgotten at once."""

    device: Path = field(metadata=_DEVICE)
    device_else: Path | None = field(default=None, metadata=_DEVICE_ELSE)
    baud: int = field(default=9600, metadata={"choices": BAUD_RATES, "help": "speed of the line"})
    framing: Literal["cr", "stx"] = field(default="cr", metadata={"help": "a scan ends in CR, or stands in STX..ETX"})


class PrinterConfig(Settings, frozen=True, kw_only=True):
    """An ESC/POS receipt printer, on a serial line or at /dev/usb/lp0."""

    device: Path = field(metadata={**_DEVICE, "example": "/dev/usb/lp0"})
    device_else: Path | None = field(default=None, metadata=_DEVICE_ELSE)
    baud: int = field(default=19200, metadata={"choices": BAUD_RATES, "help": "speed of the line"})
    columns: int = field(default=32, metadata={"min": 24, "max": 64, "help": "characters in a line: 32 on 58 mm, 48"})
    cut: bool = field(default=False, metadata={"help": "the printer has a knife"})
    write_timeout_s: float = field(default=5.0, metadata={"max": 60, "help": "a printer that takes nothing this long"})
    stale_s: float = field(
        default=60.0, metadata={"min": 5, "max": 600, "help": "a receipt not printed by then is not printed at all"}
    )


class SerialConfig(Settings, frozen=True):
    """Lists of panels and scanners, and the one printer; `sandi kiosk serial` serves them."""

    run_dir: Path = field(
        default=Path("/run/sandi-kiosk-serial"), metadata={"help": "socket for the screen; in memory, never on disk"}
    )
    state_dir: Path = field(
        default=Path("/var/lib/sandi-kiosk-serial"), metadata={"help": "how far each panel has counted"}
    )
    panel: tuple[PanelConfig, ...] = field(default=())
    scanner: tuple[ScannerConfig, ...] = field(default=())
    printer: tuple[PrinterConfig, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(self.printer) > 1:
            raise ValueError("one printer at most: a receipt must come out in one place")
        devices = [one.device for one in self.panel]
        devices += [one.device for one in self.scanner]
        devices += [one.device for one in self.printer]
        if len(set(devices)) != len(devices):
            raise ValueError("a device stands here twice")

    @property
    def any(self) -> bool:
        """Whether there is anything to serve."""
        return bool(self.panel or self.scanner or self.printer)
