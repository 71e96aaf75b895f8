"""A centre, a wall, and boxes in the field: cards are made by the real commands; every step of a journey is timed."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.debian_root import debian_root
from tests.support.field_box import FieldBox, Switch, network_switch
from tests.support.field_centre import FieldCentre, Wall, field_centre, open_wall
from tests.support.packages import built_once
from tests.support.processes import program

MODEL = "pi-4b"
KIOSK, OFFICE = "kelurahan-kiosk", "opd"
CMDLINE = "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait\n"
"""As Raspberry Pi OS comes."""
PATIENCE_S = 180.0
_SCREEN_PROGRAM = """
import fcntl, os, pty, struct, termios
master, slave = pty.openpty()
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
os.symlink(os.ttyname(slave), "/dev/tty1")
with open("/run/screen", "wb", buffering=0) as copy:
    while True:
        copy.write(os.read(master, 65536))
"""
_SCREEN_UNIT = """[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
ExecStart=/usr/bin/python3 /etc/screen.py
ExecStartPost=/bin/sh -c 'until test -e /dev/tty1; do sleep 0.05; done'
"""


class Town:
    """One centre and what stands around it. `steps`: what each step of a journey took, in seconds."""

    def __init__(self, folder: Path, switch: Switch, centre: FieldCentre, wall: Wall, packages: Path) -> None:
        self.folder, self.switch, self.centre, self.wall, self.packages = folder, switch, centre, wall, packages
        self.steps: list[tuple[str, float]] = []
        self._boxes: list[FieldBox] = []

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note how long the block took."""
        began = time.monotonic()
        yield
        self.steps.append((name, time.monotonic() - began))

    def blank_card(self, name: str) -> Path:
        """The boot partition of a freshly written card."""
        card = self.folder / name
        card.mkdir()
        (card / "cmdline.txt").write_text(CMDLINE)
        (card / "config.txt").write_text("# For more options and information see\narm_64bit=1\n[all]\n")
        return card

    def provision(self, node: str, role: str, card: Path) -> None:
        """`sandi-center provision`, onto a card."""
        self.centre.command(
            "provision", node, "--model", MODEL, "--role", role, "--packages", str(self.packages), "--out", str(card)
        )

    def replace(self, node: str, card: Path) -> None:
        """`sandi-center replace`, onto a card."""
        self.centre.command("replace", node, "--packages", str(self.packages), "--out", str(card))

    def confirm(self, node: str, fingerprint: str) -> None:
        """What the operator at the telephone does."""
        self.centre.command("enrolment", "confirm", node, fingerprint)

    def epochs(self, node: str) -> list[tuple[object, ...]]:
        """(epoch, board, the one before, why) of a node, oldest first, as the centre heard of them."""
        sql = "SELECT epoch, board, predecessor, reason FROM ingest_epoch WHERE node = ? ORDER BY first_seen_ms"
        return self.centre.query(sql, node)

    def box(self, name: str, card: Path, *, cable: bool = True) -> FieldBox:
        """A box with this card in it, without power; taken away with the town unless somebody did before."""
        box = FieldBox(debian_root(), card, self.folder / name, self.switch, cable=cable)
        self._boxes.append(box)
        (box.system / "etc/resolv.conf").write_text(f"nameserver {self.switch.address}\n")
        _connect_screen(box.system)
        return box

    def close(self) -> None:
        for box in self._boxes:
            box.close()


def standing(box: FieldBox) -> dict[str, object]:
    """Where a running box stands with its certificate, as it wrote it down; empty before it did."""
    file = box.system / "var/lib/sandi-enrol/state.json"
    try:
        found: dict[str, object] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found


def screen(box: FieldBox) -> str:
    """All that a running box has drawn on its first console since it started."""
    return box.machine.path("/run/screen").read_bytes().decode("utf-8", "replace")


def _connect_screen(system: Path) -> None:
    """A container has no console of its own: its first one becomes a terminal whose other end is kept in a file."""
    (system / "etc/screen.py").write_text(_SCREEN_PROGRAM)
    units = system / "etc/systemd/system"
    (units / "screen.service").write_text(_SCREEN_UNIT)
    (units / "sysinit.target.wants").mkdir(parents=True, exist_ok=True)
    (units / "sysinit.target.wants/screen.service").symlink_to("/etc/systemd/system/screen.service")


@contextlib.contextmanager
def town(folder: Path) -> Iterator[Town]:
    """A running centre with a wall, a name server for its boxes, and the package of this checkout."""
    packages = built_once()
    with network_switch() as switch, _names(switch), field_centre(folder, switch) as centre, open_wall(centre) as wall:
        made = Town(folder, switch, centre, wall, packages)
        try:
            yield made
        finally:
            made.close()


@contextlib.contextmanager
def _names(switch: Switch) -> Iterator[None]:
    wishes = json.dumps({"addresses": {}, "bind": switch.address})
    with program(sys.executable, "-m", "tests.support.small_dns", wishes) as server:
        server.wait_for_output("ready")
        yield
