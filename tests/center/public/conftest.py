"""Fixtures of the public pages' tests: the city, a client without an account, one browser for a module."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.center.web.conftest import browser, city, client_as, visit
from tests.support import voices

__all__ = ["browser", "city", "client_as", "visit"]


@pytest.fixture
def ask(city: Path, client_as: Callable[[str], Any]) -> Callable[..., Any]:
    """Code and PIN (the right one where none is given) typed into the status page; its answer."""
    client = client_as("")

    def post(code: str, pin: str = voices.PIN, **more: Any) -> Any:
        return client.post("/status/", {"code": code, "pin": pin}, **more)

    return post
