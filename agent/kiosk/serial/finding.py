"""Devices by names that stay: /dev/serial/by-id, and by-path where the first cannot tell two of a kind apart.

Cheap CH341 adapters all carry the serial number 0 (or none): two of them have one name by id, which points at whichever
came last. The name by path says in which socket a device is plugged instead.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from wire.shape import Struct

SERIAL_FOLDER: Final = Path("/dev/serial")


class Device(Struct, frozen=True):
    """A serial device there is. `advised` is the name to write down; "" for one that has no name that stays."""

    path: str
    by_id: str
    by_path: str
    description: str
    twins: bool

    @property
    def advised(self) -> str:
        return self.by_path if self.twins or not self.by_id else self.by_id


def present(device: Path, device_else: Path | None) -> Path:
    """The first of the two that is there; `device` when none is, so that errors name it."""
    for path in (device, device_else):
        if path is not None and path.exists():
            return path
    return device


def devices(folder: Path = SERIAL_FOLDER) -> list[Device]:
    """Every serial device of this box, with its names."""
    from serial.tools.list_ports import comports

    ports = sorted(comports(), key=lambda port: str(port.device))
    kinds = [(port.vid, port.pid, port.serial_number) for port in ports if port.vid is not None]
    by_id, by_path = _links(folder / "by-id"), _links(folder / "by-path")
    return [
        Device(
            path=port.device,
            by_id=by_id.get(_real(port.device), ""),
            by_path=by_path.get(_real(port.device), ""),
            description=_words((port.manufacturer, port.product, port.description)),
            twins=port.vid is not None and kinds.count((port.vid, port.pid, port.serial_number)) > 1,
        )
        for port in ports
    ]


def _links(folder: Path) -> dict[str, str]:
    """Target to link, of all the links in a folder of udev's."""
    try:
        return {str(link.resolve()): str(link) for link in sorted(folder.iterdir())}
    except OSError:
        return {}


def _real(device: str) -> str:
    return str(Path(device).resolve())


def _words(said: Iterable[str | None]) -> str:
    """A device says of itself what it likes: one line, printable, short."""
    text = " ".join(dict.fromkeys(word for word in said if word and word != "n/a"))
    return "".join(character if character.isprintable() else "?" for character in text)[:60]
