"""Fixtures of Open311's tests: the city with its sealing key, and another system with a key of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import wall_city
from tests.support.center import lay

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def city(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The 100 sites and a sealing key; PINs are hashed with argon2 as ever, but at a cost tests can bear."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from center.api.rate import Limiter
    from center.open311 import keys
    from center.sealing import make_key_pair

    for name, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
    monkeypatch.setattr(keys, "reading", Limiter())
    monkeypatch.setattr(keys, "handing_over", Limiter(burst=60, per_s=0.5))
    lay(center_data, "sites", wall_city.add_sites)
    make_key_pair(center_data / "keys")
    return center_data


@pytest.fixture
def key(city: Path) -> str:
    """The key of a system called rabeg."""
    from center.accounts.tokens import EXCHANGE, add_token

    return add_token("rabeg", EXCHANGE, made_by="test")


@pytest.fixture
def client(city: Path) -> "Client":
    """Somebody without an account; CSRF is checked, as for everybody."""
    from django.test import Client

    return Client(enforce_csrf_checks=True, headers={"host": "localhost"})


@pytest.fixture
def get(client: "Client", key: str) -> Callable[..., Any]:
    """get(path, query): the answer to the system with the key, below /open311/v2/."""

    def ask(path: str, query: dict[str, str] | None = None, **headers: str) -> Any:
        return client.get(f"/open311/v2/{path}", query, headers={"authorization": f"Bearer {key}", **headers})

    return ask


@pytest.fixture
def post(client: "Client", key: str) -> Callable[..., Any]:
    """post(fields): the answer to a request of the system with the key; JSON unless `path` says otherwise."""
    from urllib.parse import urlencode

    def hand_over(
        fields: dict[str, Any], path: str = "requests.json", brought: str | None = None, **headers: str
    ) -> Any:
        body = urlencode({"api_key": key if brought is None else brought, **fields}, doseq=True)
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        return client.post(f"/open311/v2/{path}", body, content_type=kind, headers=headers)

    return hand_over
