"""What the wall reads, and the screens' door, once more on PostgreSQL."""

from pathlib import Path

import pytest

from tests.center.test_postgresql import center_data, url
from tests.center.web import test_screens, test_wall_payload

pytestmark = pytest.mark.full


@pytest.fixture(autouse=True)
def no_screens_yet(center_data: Path) -> None:
    """What the emptied tables of the records do not include."""
    from center.accounts.models import Act
    from center.publicsites.models import Look
    from center.wall.models import Display

    Look.objects.all().delete()
    Act.objects.all().delete()
    Display.objects.all().delete()


globals().update(
    {
        name: test
        for module in (test_wall_payload, test_screens)
        for name, test in vars(module).items()
        if name.startswith("test_") and "command_line" not in name
    }
)
__all__ = ["center_data", "url"]
