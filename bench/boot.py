"""From switching on to the first record, of a box that was made from a package: python -m bench.boot [--json]

A Debian tree of its own gets the package as an image builder would (chroot, no systemd running), a configuration and
keys; then a container boots it with a real systemd. Counted from the container's start, on a monotonic clock: a board's
firmware and kernel come on top, and are not measured here. Root, debootstrap and systemd-nspawn.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nacl.public import PrivateKey

from bench import table
from center.pki import create_authority
from tests.support import packages
from tests.support.debian_root import debian_root
from tests.support.machine import Machine, booted

UNIT = "sandi-agent.service"
NODE = "kel-3673011001"
GOAL_S = 10.0
RUNS = 3


def run() -> list[table.Row]:
    """Slowest of three boots."""
    if os.geteuid() != 0 or shutil.which("systemd-nspawn") is None or shutil.which("debootstrap") is None:
        return [table.figure("skipped: needs root, debootstrap and systemd-nspawn", "-", "")]
    with tempfile.TemporaryDirectory(prefix="sandi-boot-") as name:
        folder = Path(name)
        root = _box(folder)
        runs = [_boot(root, folder) for _ in range(RUNS)]
    started, ready, recorded = (max(values) for values in zip(*runs, strict=True))
    return [
        table.figure("container's start to the agent's process", started, "s"),
        table.figure("to READY", ready, "s"),
        table.below("to the first record on the disk", recorded, "s", GOAL_S),
    ]


def _box(folder: Path) -> Path:
    """A copy of the Debian tree with the package, a five-line configuration and one node's keys."""
    root = folder / "root"
    subprocess.run(["cp", "--archive", "--reflink=auto", str(debian_root()), str(root)], check=True)
    package = packages.built(folder / "packages")
    shutil.copy(package, root / "sandi.deb")
    subprocess.run(["chroot", str(root), "dpkg", "--install", "/sandi.deb"], check=True, stdout=sys.stderr)
    authority = create_authority(folder / "authority")
    authority.issue_node(NODE, folder / NODE, seal_public_key=bytes(PrivateKey.generate().public_key))
    shutil.copytree(folder / NODE, root / "etc/sandi/credentials", dirs_exist_ok=True)
    (root / "etc/sandi/agent.toml").write_text(f'[node]\nid = "{NODE}"\n[uplink]\nhost = "127.0.0.1"\n')
    own = "chown root:sandi-technician /etc/sandi/agent.toml; chown -R sandi-enrol /etc/sandi/credentials"
    subprocess.run(["chroot", str(root), "sh", "-c", own], check=True)
    return root


def _boot(root: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds from the container's start to: the agent's process, its READY, its first record."""
    began, began_wall = time.monotonic(), time.time()
    with booted(root, folder, {}) as machine:
        machine.wait_for("the agent", lambda: machine.show(UNIT, "ActiveState")["ActiveState"] == "active", 120)
        names = ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
        times = machine.show(UNIT, *names)
        machine.run("systemctl", "stop", UNIT)
        recorded = _first_record_s(machine, folder)
    return (*(int(times[name]) / 1e6 - began for name in names), recorded - began_wall)  # type: ignore[return-value]


def _first_record_s(machine: Machine, folder: Path) -> float:
    """When the first event was accepted, by the wall clock: its commit came before the next could begin."""
    copy = folder / "outbox.db"
    shutil.copy(machine.path("/var/lib/sandi/outbox.db"), copy)
    database = sqlite3.connect(copy)
    try:
        (wall_ms,) = database.execute("SELECT min(wall_ms) FROM event_record").fetchone()
    finally:
        database.close()
    return int(wall_ms) / 1000


if __name__ == "__main__":
    table.show("a box boots", run(), "--json" in sys.argv)
