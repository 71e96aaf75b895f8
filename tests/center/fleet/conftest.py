"""Two enrolled boxes, and a commander that knows one person, for the commands about the fleet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commander_alone import Phones, commander
from tests.support.commanding import enrolled

BOXES = ("kel-3673011001", "kel-3673011002")


@pytest.fixture
def data(center_data: Path) -> Path:
    for node in BOXES:
        enrolled(node)
    return center_data


@pytest.fixture
def phones(data: Path) -> Iterator[Phones]:
    with commander(data, "sari") as found:
        yield found
