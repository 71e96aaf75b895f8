"""Fixtures of the accounts' tests: one account per role, and clients that sign in as people do."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import wall_city

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def people(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Accounts of all roles whose passwords are hashed with argon2 as ever, but at a cost tests can bear."""
    from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

    from center.accounts.models import User

    for name, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
    wall_city.add_people()
    User.objects.update(password=make_password(wall_city.PASSWORD))
    wall_city.add_sites()
    return center_data


@pytest.fixture
def signed_in(people: Path) -> Callable[..., "Client"]:
    """signed_in(role): a client that typed name and password."""
    from django.test import Client

    def sign_in(role: str, **headers: str) -> Client:
        client = Client(headers={"host": "localhost", **headers})
        answer = client.post("/login/", {"username": role, "password": wall_city.PASSWORD})
        assert answer.status_code == 302
        return client

    return sign_in
