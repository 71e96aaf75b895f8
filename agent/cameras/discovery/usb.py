"""Webcams: /dev/video* with what sysfs says of each, and the name under /dev/v4l/by-id that survives a reboot.

A board has many /dev/video* that are no cameras (codecs, scalers, the metadata half of a webcam), so `webcam` is true
for the first node of a device that the kernel's webcam driver serves, and only for that.
"""

import os
import re
from pathlib import Path
from typing import Final

from wire.shape import Struct

SYSFS: Final = Path("/sys/class/video4linux")
DEVICES: Final = Path("/dev")
_NODE: Final = re.compile(r"video([0-9]{1,4})")
_WEBCAM_DRIVER: Final = "uvcvideo"
_MOST_NODES: Final = 256


class VideoDevice(Struct, frozen=True):
    """A video device; `device` is the path to put into the configuration."""

    device: str
    node: str
    name: str
    driver: str
    webcam: bool
    readable: bool
    """Whether this user may open it."""


def devices(sysfs: Path = SYSFS, dev: Path = DEVICES) -> list[VideoDevice]:
    """All video devices, webcams first. Empty where there is no sysfs."""
    try:
        nodes = sorted(
            (path for path in sysfs.iterdir() if _NODE.fullmatch(path.name)), key=lambda path: int(path.name[5:])
        )
    except OSError:
        return []
    found = [_device(node, dev) for node in nodes[:_MOST_NODES]]
    return sorted(found, key=lambda device: not device.webcam)


def _device(entry: Path, dev: Path) -> VideoDevice:
    driver = _link_name(entry / "device" / "driver")
    node = dev / entry.name
    return VideoDevice(
        device=str(_stable(node, dev / "v4l" / "by-id") or node),
        node=str(node),
        name=_line(entry / "name"),
        driver=driver,
        webcam=driver == _WEBCAM_DRIVER and _line(entry / "index") in ("0", ""),
        readable=os.access(node, os.R_OK | os.W_OK),
    )


def _stable(node: Path, by_id: Path) -> Path | None:
    try:
        links = sorted(by_id.iterdir())[:_MOST_NODES]
        return next((link for link in links if link.resolve() == node.resolve()), None)
    except OSError:
        return None


def _link_name(link: Path) -> str:
    try:
        return link.readlink().name
    except OSError:
        return ""


def _line(file: Path) -> str:
    """The first line, harmless for a terminal: a webcam names itself."""
    try:
        with file.open("rb") as stream:
            text = stream.read(256).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(sign if sign.isprintable() else "?" for sign in text.partition("\n")[0])[:64].strip()
