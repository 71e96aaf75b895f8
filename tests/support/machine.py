"""A really booted systemd in a container of its own: no network but loopback, every write in memory.

It is driven from outside by entering its namespaces. It is stopped as a real machine is, by asking its first process
to power off; killing the container's supervisor would leave mounts behind.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from center.processes import die_with_parent

_POWER_OFF = signal.SIGRTMIN + 4  # systemd(1), "SIGRTMIN+4": starts the poweroff.target unit
_BOOT_TIMEOUT_S = 180
_STOP_TIMEOUT_S = 180
_OF_DEBIAN = ("apt-*.timer", "dpkg-*.timer", "e2scrub*.timer", "fstrim*.timer", "man-db*.timer")
"""What writes at hours of its own, whatever a test does meanwhile."""
_PATIENT = "/run/systemd/system/sandi-.service.d/patient.conf"
"""For all units of ours: how soon one ends is judged where it is promised, not by systemd's patience with a machine
that stands still."""


class Machine:
    """One booted machine; `leader` is its first process as seen from here."""

    def __init__(self, leader: int, console: Path) -> None:
        self.leader = leader
        self.console = console

    def run(self, *command: str, check: bool = True, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as root inside; AssertionError with all its words when it fails and `check` is set."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "--root", "env", "--chdir=/", "-i",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
             "SANDI_LANG=en", "SYSTEMD_BUS_TIMEOUT=110", *command],
            check=False, capture_output=True,
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a `kill` in there must never mean us
        )  # fmt: skip
        if check:
            assert done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit, as systemd has them now."""
        lines = self.run("systemctl", "show", unit, f"--property={','.join(properties)}").stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    def journal(self, unit: str) -> str:
        """What it has said until now, and systemd of it: journald is behind on a busy machine."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout

    def freeze(self, unit: str) -> int:
        """Stop its process where it is (SIGSTOP); which one that was. A watchdog of few seconds may have had it
        started anew before, where the machine stood still."""
        frozen: list[int] = []

        def froze() -> bool:
            known = self.show(unit, "ActiveState", "MainPID")
            pid = int(known["MainPID"])
            if known["ActiveState"] == "active" and pid:
                frozen.extend([pid] if self.run("kill", "-STOP", str(pid), check=False).returncode == 0 else [])
            return bool(frozen)

        self.wait_for(f"{unit} to freeze", froze)
        return frozen[0]

    def path(self, inside: str) -> Path:
        """A file of the machine, reachable from here while it runs."""
        return Path(f"/proc/{self.leader}/root") / inside.lstrip("/")

    def wait_for(self, what: str, condition: Callable[[], bool], deadline_s: float = 120) -> None:
        wait_for(what, condition, deadline_s)


def wait_for(what: str, condition: Callable[[], bool], deadline_s: float) -> None:
    """A look that costs something (a program that starts, say) is taken seldom, not to keep busy what is waited for."""
    end, looked_s = time.monotonic() + deadline_s, time.monotonic()
    while not condition():
        now_s = time.monotonic()
        assert now_s < end, f"still waiting after {deadline_s} s for: {what}"
        time.sleep(max(0.05, 2 * (now_s - looked_s)))
        looked_s = time.monotonic()


@contextlib.contextmanager
def booted(
    root: Path, scratch: Path, bind_read_only: Mapping[Path, str], options: Sequence[str] = ()
) -> Iterator[Machine]:
    """A machine booted from `root` with some directories of ours visible inside; powered off at the end.

    `options`: further ones of systemd-nspawn(1).
    """
    console = scratch / "console.log"
    binds = [f"--bind-ro={here}:{there}" for here, there in bind_read_only.items()]
    with console.open("wb") as log:
        supervisor = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", str(root), "-b", "--register=no", "--keep-unit", "--private-network",
             "--console=pipe", "--volatile=overlay", f"--machine=sandi-{uuid.uuid4().hex[:12]}", *binds, *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - prctl and getppid only
        )  # fmt: skip
    machine = None
    try:
        machine = Machine(_leader(supervisor, console), console)
        try:
            wait_for("the machine to boot", lambda: _has_booted(machine), _BOOT_TIMEOUT_S)
        except AssertionError as error:
            state = machine.run("systemctl", "is-system-running", check=False)
            error.add_note(f"systemctl says {state.stdout!r} {state.stderr!r}; its console:")
            error.add_note(console.read_text(errors="replace")[-3000:])
            raise
        machine.run("systemctl", "stop", *_OF_DEBIAN, check=False)
        machine.path(_PATIENT).parent.mkdir(parents=True)
        machine.path(_PATIENT).write_text("[Service]\nTimeoutStopSec=120\n")
        yield machine
    finally:
        _stop(supervisor, machine)


def _has_booted(machine: Machine) -> bool:
    return machine.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")


def _leader(supervisor: subprocess.Popen[bytes], console: Path) -> int:
    """The supervisor's descendant that is process 1 of its own namespace."""
    end = time.monotonic() + _BOOT_TIMEOUT_S
    while time.monotonic() < end:
        assert supervisor.poll() is None, f"the container did not start:\n{console.read_text(errors='replace')}"
        for process in psutil.Process(supervisor.pid).children(recursive=True):
            with contextlib.suppress(OSError, psutil.NoSuchProcess):
                status = Path(f"/proc/{process.pid}/status").read_text()
                spaces = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
                if spaces[-1] == "1" and len(spaces) > 1 and process.name() == "systemd":
                    return process.pid
        time.sleep(0.05)
    raise AssertionError("no process 1 appeared in the container")


def _stop(supervisor: subprocess.Popen[bytes], machine: Machine | None) -> None:
    if machine is not None and supervisor.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(machine.leader, _POWER_OFF)
    elif supervisor.poll() is None:
        supervisor.terminate()
    try:
        supervisor.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        supervisor.terminate()  # asks its container to end and cleans up; never -9
        supervisor.wait(_STOP_TIMEOUT_S)
        raise


def security_findings(unit: Path) -> dict[str, float]:
    """What `systemd-analyze security` holds against a unit file: name of the setting -> its weight."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--json=short", str(unit)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    rows = json.loads(done.stdout)
    return {row["name"]: float(row["exposure"]) for row in rows if row["exposure"]}


def systemd_version() -> int:
    """The number systemd-analyze of this machine names itself by."""
    words = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True, timeout=60)
    return int(words.stdout.split()[1])
