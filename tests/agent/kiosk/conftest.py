"""Fixtures of the kiosk tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kiosk_box import Kiosk, a_request


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path)
    yield made
    made.abandon()


@pytest.fixture
def request_() -> dict[str, object]:
    return a_request()
