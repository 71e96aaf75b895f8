"""The broadcaster's tests once more, on PostgreSQL."""

import pytest

from tests.center.test_postgresql import center_data, url
from tests.center.web import test_live

pytestmark = pytest.mark.full

SQLITE_ONLY = {"test_a_database_that_cannot_be_read_shows_in_the_heartbeat_until_it_can_be_read_again"}

globals().update(
    {name: test for name, test in vars(test_live).items() if name.startswith("test_") and name not in SQLITE_ONLY}
)
__all__ = ["center_data", "url"]
