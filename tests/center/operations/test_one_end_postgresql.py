"""One end for every command, on PostgreSQL."""

from pathlib import Path

import pytest
from hypothesis import given

from tests.center.operations.test_one_end import ROLLS, SCHEDULES, Schedule, disagreements, patient
from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures

pytestmark = pytest.mark.full


@patient(30)
@given(ROLLS, SCHEDULES)
def test_every_command_has_one_end_on_postgresql_too(
    center_data: Path,  # noqa: F811
    roll: tuple[int, int, int],
    schedule: Schedule,
) -> None:
    assert disagreements(center_data, roll, schedule) == []
