"""What the tests of installation share: the Debian tree, a bundle made from this checkout, and one node's keys."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from center.pki import create_authority
from tests.support.debian_root import debian_root

REPOSITORY = Path(__file__).resolve().parents[2]
NODE = "kel-3673011001"


@pytest.fixture(scope="session")
def machine_root() -> Path:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for program in ("systemd-nspawn", "debootstrap", "nsenter"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing; scripts/test-full installs it")
    return debian_root()


@pytest.fixture(scope="session")
def bundle(machine_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a technician carries to a node without internet."""
    return _bundle(machine_root, tmp_path_factory.mktemp("bundle") / "sandi", "agent")


@pytest.fixture(scope="session")
def center_bundle(machine_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for a machine that is command centre and node."""
    return _bundle(machine_root, tmp_path_factory.mktemp("bundle") / "sandi", "center", "agent")


def _bundle(root: Path, target: Path, *roles: str) -> Path:
    """Made from this checkout, for the Python of the machine it is for."""
    version = subprocess.run(
        ["chroot", str(root), "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [str(REPOSITORY / "scripts/bundle"), str(target), os.uname().machine, version, *roles],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "SANDI_KEEP_ENVIRONMENT": "1"},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="session")
def node_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from nacl.public import PrivateKey

    directory = tmp_path_factory.mktemp("keys")
    authority = create_authority(directory / "authority")
    authority.issue_node(NODE, directory / NODE, seal_public_key=bytes(PrivateKey.generate().public_key))
    return directory / NODE
