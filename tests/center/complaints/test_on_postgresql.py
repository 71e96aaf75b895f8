"""The desk on PostgreSQL: every test whose statements are SQL of our own, or hang on locks and LIKE."""

import importlib
from typing import Any

import pytest

from tests.center.complaints.test_watching import told  # noqa: F401 - a fixture
from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures

pytestmark = pytest.mark.full

MODULES = ("test_steps", "test_asking", "test_bulk_and_classes", "test_watching", "test_leftovers", "test_erasure")
SQLITE_ONLY = {
    # They look into the database's file.
    "test_thirty_days_after_the_end_every_word_is_gone_and_every_number_is_there",
    "test_records_as_nodes_sent_them_are_erased_and_what_comes_again_is_swept_away",
}


def _again() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in MODULES:
        module = vars(importlib.import_module(f"tests.center.complaints.{name}"))
        found |= {key: value for key, value in module.items() if key.startswith("test_") and key not in SQLITE_ONLY}
    return found


globals().update(_again())


def test_nothing_here_is_left_out_by_mistake() -> None:
    assert len([name for name in globals() if name.startswith("test_")]) > 40
