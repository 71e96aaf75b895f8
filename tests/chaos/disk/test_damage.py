"""Bytes change under the agent's files: it opens, delivers nothing that nobody filed, and says what is gone."""

from pathlib import Path

import pytest

from tests.chaos.disk.damage import damage_files
from tests.support.torture import often

MUTATIONS, MUTATIONS_FULL = 80, often(120, 1500)


def test_random_damage_stops_nothing_and_changes_no_record(in_memory: Path) -> None:
    result = damage_files(in_memory, MUTATIONS, seed=2)
    assert not result.broken, result.told()
    assert result.accepted > 20 * MUTATIONS, "what is readable moves over"


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_lot_of_random_damage_stops_nothing_and_changes_no_record(in_memory: Path) -> None:
    result = damage_files(in_memory, MUTATIONS_FULL, seed=77)
    assert not result.broken, result.told()
