"""A citizen's complaint reaches the desk, and its answer the same kiosk, although the line is cut twice on the way."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.voice_journey import browser
from tests.support.voice_trip import there_and_back

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.browser, pytest.mark.timeout(500)]


def test_from_citizen_to_desk_and_back_with_the_line_cut_twice(tmp_path: Path) -> None:
    seen: list[str] = []

    def look(name: str, page: Any) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        seen.append(name)

    with browser() as chromium:
        there_and_back(tmp_path, chromium, look)
    assert seen == ["kios-perjalanan-tanda-terima", "kios-perjalanan-meja", "kios-perjalanan-jawaban"]
