"""Bytes change under the agent's files: it opens, delivers nothing that nobody filed, and says what is gone."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.disk.damage import damage_files

MEMORY = Path("/dev/shm")
MUTATIONS, MUTATIONS_FULL = 200, 1500


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder whose fsync costs nothing: what is judged here is what is read, not what survives."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_random_damage_stops_nothing_and_changes_no_record(in_memory: Path) -> None:
    result = damage_files(in_memory, MUTATIONS, seed=2)
    assert not result.broken, result.told()
    assert result.accepted > 20 * MUTATIONS, "what is readable moves over"


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_lot_of_random_damage_stops_nothing_and_changes_no_record(in_memory: Path) -> None:
    result = damage_files(in_memory, MUTATIONS_FULL, seed=77)
    assert not result.broken, result.told()
