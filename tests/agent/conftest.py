"""The laboratory of network namespaces."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, laboratory


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Boxes and cables of one test; all gone afterwards."""
    missing = [tool for tool in ("ip", "nft", "ping", "tc", "setpriv") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"network namespaces need root{' and ' + ', '.join(missing) if missing else ''}")
    with laboratory() as built:
        yield built
