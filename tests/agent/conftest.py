"""The laboratory of network namespaces."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, laboratory
from tests.support.line import Line, build_line


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Boxes and cables of one test; all gone afterwards."""
    missing = [tool for tool in ("ip", "nft", "ping", "tc", "setpriv") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"network namespaces need root{' and ' + ', '.join(missing) if missing else ''}")
    with laboratory() as built:
        yield built


@pytest.fixture
def line(lab: Lab) -> Line:
    """node - gateway - isp - far, by IPv4 and IPv6."""
    return build_line(lab)
