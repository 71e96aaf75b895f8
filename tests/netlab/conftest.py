"""Towns for the laboratory's own tests."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.netlab.town import Town

NEEDED = ("ip", "nft", "ping", "tc", "ethtool", "curl", "mosquitto")


def skip_unless_possible() -> None:
    """Skip with the reason when this machine cannot build towns."""
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"network namespaces need root{' and ' + ', '.join(missing) if missing else ''}")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town for all tests of one module: each must leave it as it was."""
    skip_unless_possible()
    built = Town(tmp_path_factory.mktemp("town"), seed=1)
    try:
        yield built
    finally:
        built.close()
