"""What a box has on its card before it is given its keys: Debian and our package on it, made once per run."""

import os
import subprocess
from pathlib import Path

from tests.support import packages
from tests.support.bundles import RELEASES, bundle_for, lay_slot
from tests.support.debian_root import debian_root
from tests.support.made_once import made_once

# A journal in memory is gone with the power, and what it knew is what a failed test has to tell.
_JOURNAL = "[Journal]\nStorage=volatile\nForwardToConsole=yes\nMaxLevelConsole=info\n"
_NO_WAITING = "[Manager]\nDefaultTimeoutStopSec=120s\n"
# systemd-nspawn gives each boot an id by a mount over a file of the kernel, lost in a unit with a /proc of its own:
# there all boots would be the one of the machine that runs the tests.
_BOOT_ID = "[Service]\nProtectProc=default\nProtectKernelTunables=no\nProtectControlGroups=no\n"
_NOT_OURS = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer")
_TIMEOUT_S = 300


def installed() -> str:
    """Trees for an overlay, the upper one first: Debian, and over it what installing wrote."""
    root = debian_root()
    return f"{made_once('afar-image', lambda folder: _install(folder, root))}/written:{root}"


def _install(folder: Path, root: Path) -> None:
    """The package, by dpkg, on a system that is not booted. Its slot may be there from another test: same wheels."""
    for name in ("written", "work", "system"):
        (folder / name).mkdir()
    layers = f"lowerdir={root},upperdir={folder}/written,workdir={folder}/work"
    _run("mount", "-t", "overlay", "sandi-image", "-o", layers, f"{folder}/system")
    try:
        system = folder / "system"
        lay_slot(system, root, bundle_for(root, "center", "agent"), "agent")
        _run(
            "systemd-nspawn", "-q", "-D", str(system), "--register=no", "--keep-unit", "--private-network", "--as-pid2",
            "--console=pipe", f"--machine=sandi-image-{os.getpid()}", f"--bind-ro={packages.built_once()}:/packages",
            "sh", "-euc", "dpkg --install /packages/sandi_*.deb",
        )  # fmt: skip
        _settle(system)
    finally:
        _run("umount", f"{folder}/system")


def _settle(system: Path) -> None:
    """What every box of these tests is like."""
    for name, text in (
        ("etc/systemd/journald.conf.d/99-console.conf", _JOURNAL),
        ("etc/systemd/system.conf.d/50-patient.conf", _NO_WAITING),
        ("etc/systemd/system/sandi-.service.d/50-boot.conf", _BOOT_ID),
    ):
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(text)
    for unit in _NOT_OURS:
        (system / "etc/systemd/system" / unit).symlink_to("/dev/null")


def slots(system: Path) -> list[str]:
    """The slots on a box, by name."""
    return sorted(path.name for path in (system / RELEASES.lstrip("/")).iterdir())


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S
    )
    assert done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
