"""Fixtures of the reports' tests: a small city with a month behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import month_rows, wall_city
from tests.support.center import center_database, lay


@pytest.fixture(scope="module")
def month_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data directory for the tests of a module that only read; a month of four nodes, two providers."""
    with center_database(tmp_path_factory.mktemp("month") / "center") as directory:
        lay(directory, "reports-month", fill)
        yield directory


@pytest.fixture
def fresh_city(tmp_path: Path) -> Iterator[Path]:
    """The same, for a test that changes something."""
    with center_database(tmp_path / "center") as directory:
        lay(directory, "reports-month", fill)
        yield directory


def fill() -> None:
    wall_city.add_people()
    wall_city.add_sites()
    month_rows.add_registry()
    month_rows.add_month()


@pytest.fixture
def signed_in() -> Callable[[str], Any]:
    from django.test import Client

    from center.accounts.models import User

    def sign_in(role: str) -> Any:
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
