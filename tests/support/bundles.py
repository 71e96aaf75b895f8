"""What a technician carries to a machine, and the software that is made of it there: each made once per run.

Every wheel of a run is built at the same time of its own reckoning, so it is the same file each time, and what a
bundle, a package and another bundle are installed as has the same name.
"""

import os
import subprocess
from pathlib import Path

from tests.support.made_once import made_once

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASES = "/opt/sandi/releases"
BUILT_AT = {"SANDI_KEEP_ENVIRONMENT": "1", "SOURCE_DATE_EPOCH": "1790000000"}
"""For `scripts/bundle` and `scripts/deb`: the environment as it is, and one time for all of a run."""
_TIMEOUT_S = 900


def bundle_for(root: Path, *roles: str) -> Path:
    """`scripts/bundle` of this checkout, for this processor and the Python of the machine that lies at `root`."""
    return made_once(f"bundle-{'-'.join(roles)}", lambda folder: make_bundle(folder / "sandi", root, *roles)) / "sandi"


def make_bundle(target: Path, root: Path, *roles: str) -> None:
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = _run("chroot", str(root), "python3", "-c", version).strip()
    _run(str(REPOSITORY / "scripts/bundle"), str(target), os.uname().machine, python, *roles)


def lay_slot(machine: Path, root: Path, bundle: Path, role: str) -> None:
    """Put the slot install.sh makes from `bundle` on a machine (its tree as seen from here), as if an earlier
    installation had been there: the next one only switches to it. For tests of what comes after."""
    made = made_once(f"slot-{role}", lambda folder: _install(folder, root, bundle, role))
    target = machine / RELEASES.lstrip("/")
    target.mkdir(parents=True, exist_ok=True)
    _run("cp", "--archive", f"{made}/.", str(target))


def _install(folder: Path, root: Path, bundle: Path, role: str) -> None:
    """By install.sh itself, on a machine that is not booted and whose slots lie in `folder`."""
    # A centre that was set up before is not set up again: its data are another matter, and take long.
    known = "mkdir -p /var/lib/sandi-center/pki && touch /var/lib/sandi-center/pki/ca.crt"
    install = f"/bundle/systemd/install.sh --offline-wheels /bundle/wheels --role {role} --host 127.0.0.1"
    _run(
        "systemd-nspawn", "-q", "-D", str(root), "--register=no", "--keep-unit", "--private-network", "--as-pid2",
        "--console=pipe", "--volatile=overlay", f"--machine=sandi-slot-{role}-{os.getpid()}",
        f"--bind-ro={bundle}:/bundle", f"--bind={folder}:{RELEASES}", "sh", "-euc", f"{known}; exec {install}",
    )  # fmt: skip


def _run(*command: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **BUILT_AT}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
