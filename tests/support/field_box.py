"""A box in the field: a board, its card, its cable. The card outlives the power, the cable can be out.

The board is a container that boots a real systemd; this module is its boot loader: at every start it reads
`cmdline.txt` from the card's boot partition and hands its words to systemd, which reads them there as it reads the
kernel's on a real one. What only a Raspberry Pi has is not here: its firmware, `config.txt`, a serial number of the
board (the container's identity stands in for it).
"""

import contextlib
import itertools
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from center.processes import die_with_parent
from tests.support.lab import run
from tests.support.machine import Machine

BOOT = "/boot/firmware"
_POWER_OFF = signal.SIGRTMIN + 4
_REBOOTED = 133
"""What systemd-nspawn ends with under `--keep-unit` when its container wants to start again (EXIT_FORCE_RESTART)."""
_START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 180.0
_numbers = itertools.count(1)


class Switch:
    """A network of its own on this machine; the centre listens on `address`, boxes get theirs by hand."""

    def __init__(self) -> None:
        self.name = f"sandi{os.getpid()}-{next(_numbers)}"[:15]
        self._third = _free_third()
        self._taken = itertools.count(10)
        self.address = f"198.18.{self._third}.1"
        """RFC 2544's range for measurements: nobody's network at home."""
        run(("ip", "link", "add", self.name, "type", "bridge"))
        run(("ip", "address", "add", f"{self.address}/24", "dev", self.name))
        run(("ip", "link", "set", self.name, "up"))

    def next_address(self) -> str:
        return f"198.18.{self._third}.{next(self._taken)}"

    def close(self) -> None:
        subprocess.run(("ip", "link", "del", self.name), check=False, capture_output=True)


class FieldBox:
    """A board with a card in it. `card`: the folder of its boot partition; `system`: of the rest of it, kept.

    `root`: the tree it begins with, or several, the upper ones first, with colons between.
    """

    def __init__(self, root: Path | str, card: Path, scratch: Path, switch: Switch, *, cable: bool = True) -> None:
        self._root, self.card, self._scratch, self._switch = root, card, scratch, switch
        self.board = uuid.uuid4().hex
        self.cable = cable
        """Whether the network is plugged in; `plug` changes it."""
        self.starts = 0
        self.console = scratch / "console.log"
        self._address = switch.next_address()
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._machine: Machine | None = None
        self.system = scratch / "system"
        for name in ("written", "work", "system"):
            (scratch / name).mkdir(parents=True)
        self._mount()
        for name in ("etc/machine-id", "var/lib/dbus/machine-id"):  # as an image comes: the first boot makes them
            (self.system / name).unlink(missing_ok=True)
        (self.system / "etc/machine-id").touch()

    @property
    def machine(self) -> Machine:
        """The running one."""
        assert self._machine is not None, "the box has no power"
        return self._machine

    def power_on(self) -> None:
        """Start as the card says. Returns once its first process runs; see `follow`."""
        assert self._supervisor is None, "it has power already"
        words = (self.card / "cmdline.txt").read_text().split() if (self.card / "cmdline.txt").exists() else []
        self.starts += 1
        run(("chmod", "-R", "0755", str(self.card)))  # FAT knows no modes: all of it may be run
        with self.console.open("ab") as log:
            self._supervisor = subprocess.Popen(
                ["systemd-nspawn", "-q", "-D", str(self.system), "-b", "--register=no", "--keep-unit",
                 "--private-network", "--console=pipe", f"--machine=sandi-{self.board[:12]}", f"--uuid={self.board}",
                 f"--bind={self.card}:{BOOT}", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - prctl and getppid only
            )  # fmt: skip
        self._machine = Machine(self._first_process(), self.console)
        self._lay_cable()

    def follow(self, what: str, condition: Callable[[], bool], deadline_s: float) -> None:
        """Wait for something while the box does as it wants: where it starts again by itself, so it is done."""
        end, looked_s = time.monotonic() + deadline_s, time.monotonic()
        while not condition():
            took_s = time.monotonic() - looked_s
            if self._supervisor is not None and self._supervisor.poll() is not None:
                code = self._supervisor.returncode
                self._supervisor = self._machine = None
                assert code == _REBOOTED, f"the box went off by itself ({code}):\n{self.said()}"
                self.power_on()
            assert time.monotonic() < end, f"still waiting after {deadline_s:g} s for: {what}\n{self.said()}"
            time.sleep(max(0.05, 2 * took_s))  # a dear look is taken seldom
            looked_s = time.monotonic()

    def has_booted(self) -> bool:
        """Whether the usual system is up, not the one of a first run."""
        if self._machine is None:
            return False
        asked = self._machine.run("systemctl", "is-active", "multi-user.target", check=False)
        return asked.stdout.strip() == "active"

    def plug(self, into_network: bool) -> None:
        """Put the cable in, or pull it. Address and route come and go with it, as where a site's router gives them."""
        self.cable = into_network
        run(("ip", "link", "set", self._port, "up" if into_network else "down"))
        inside = ("nsenter", "--target", str(self.machine.leader), "--net", "ip")
        run((*inside, "address", "flush", "dev", "eth0"))
        if into_network:
            run((*inside, "address", "add", f"{self._address}/24", "dev", "eth0"))
            run((*inside, "route", "add", "default", "via", self._switch.address))

    def power_off(self) -> None:
        """Shut down in order, as by its button."""
        if self._supervisor is None:
            return
        if self._machine is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._machine.leader, _POWER_OFF)
        self._supervisor.wait(_STOP_TIMEOUT_S)
        self._supervisor = self._machine = None

    def lose_power(self) -> None:
        """Gone within a moment, nothing is written any more."""
        if self._supervisor is None:
            return
        if self._machine is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._machine.leader, signal.SIGKILL)
        self._supervisor.wait(_STOP_TIMEOUT_S)
        self._supervisor = self._machine = None

    def said(self) -> str:
        """The end of its console."""
        return self.console.read_text(errors="replace")[-4000:] if self.console.exists() else ""

    def close(self) -> None:
        """Off, and the card out."""
        try:
            self.power_off()
        finally:
            subprocess.run(("ip", "link", "del", self._port), check=False, capture_output=True)
            run(("umount", str(self.system)))

    def _mount(self) -> None:
        layers = f"lowerdir={self._root},upperdir={self._scratch / 'written'},workdir={self._scratch / 'work'}"
        run(("mount", "-t", "overlay", "sandi-card", "-o", layers, str(self.system)))

    @property
    def _port(self) -> str:
        return f"sb{self.board[:10]}"

    def _lay_cable(self) -> None:
        """A pair of interfaces between the switch and the box."""
        subprocess.run(("ip", "link", "del", self._port), check=False, capture_output=True)
        leader = str(self.machine.leader)
        run(("ip", "link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", leader))
        run(("ip", "link", "set", self._port, "master", self._switch.name))
        run(("nsenter", "--target", leader, "--net", "ip", "link", "set", "eth0", "up"))
        self.plug(self.cable)

    def _first_process(self) -> int:
        assert self._supervisor is not None
        end = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < end:
            assert self._supervisor.poll() is None, f"the box did not start:\n{self.said()}"
            for process in psutil.Process(self._supervisor.pid).children(recursive=True):
                with contextlib.suppress(OSError, psutil.NoSuchProcess):
                    status = Path(f"/proc/{process.pid}/status").read_text()
                    spaces = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
                    if spaces[-1] == "1" and len(spaces) > 1 and process.name() == "systemd":
                        return process.pid
            time.sleep(0.05)
        raise AssertionError("no process 1 appeared")


@contextlib.contextmanager
def field_box(root: Path, card: Path, scratch: Path, switch: Switch, *, cable: bool = True) -> Iterator[FieldBox]:
    """A box without power yet; off and away at the end of the block."""
    box = FieldBox(root, card, scratch, switch, cable=cable)
    try:
        yield box
    finally:
        box.close()


@contextlib.contextmanager
def network_switch() -> Iterator[Switch]:
    switch = Switch()
    try:
        yield switch
    finally:
        switch.close()


def _free_third() -> int:
    """A part of the range that no interface here has."""
    taken = run(("ip", "-4", "-o", "address", "show"))
    start = os.getpid() % 200
    return next(third for third in itertools.chain(range(start, 250), range(start)) if f"198.18.{third}." not in taken)
