"""What the tests of installation share: the Debian tree, a bundle made from this checkout, and one node's keys."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from center.pki import create_authority
from tests.support.bundles import bundle_for, lay_slot
from tests.support.debian_root import debian_root
from tests.support.machine import Machine

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
def bundle(machine_root: Path) -> Path:
    """What a technician carries to a node without internet."""
    return bundle_for(machine_root, "agent")


@pytest.fixture(scope="session")
def center_bundle(machine_root: Path) -> Path:
    """The same for a machine that is command centre and node."""
    return bundle_for(machine_root, "center", "agent")


@pytest.fixture(scope="session")
def lay(machine_root: Path, center_bundle: Path) -> Callable[[Machine, str], None]:
    """Gives a machine the slot of a role as install.sh makes it from `center_bundle`, just before it is installed."""

    def _lay(machine: Machine, role: str) -> None:
        lay_slot(machine.path("/"), machine_root, center_bundle, role)

    return _lay


@pytest.fixture(scope="session")
def node_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from nacl.public import PrivateKey

    directory = tmp_path_factory.mktemp("keys")
    authority = create_authority(directory / "authority")
    authority.issue_node(NODE, directory / NODE, seal_public_key=bytes(PrivateKey.generate().public_key))
    return directory / NODE
