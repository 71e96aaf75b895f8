"""Fixtures of the centre's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.center import center_database
from tests.support.one_day import wait_out_midnight


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Tests make what happened today, and then look at what today was; so do the fixtures of a whole module, which are
    made before any fixture of a test."""
    wait_out_midnight()


@pytest.fixture
def center_data(tmp_path: Path) -> Iterator[Path]:
    """A data directory with an empty, migrated database; Django works on it during the test."""
    with center_database(tmp_path / "center") as directory:
        yield directory
