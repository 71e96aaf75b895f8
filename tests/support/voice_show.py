"""Pictures of a complaint's way for the documentation: python -m tests.support.voice_show docs/img

The receipt at a kiosk without a line, the desk, and the answer at the same kiosk, from a real trip. Needs Chromium.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support.voice_journey import browser
from tests.support.voice_trip import there_and_back

COLOURS = 64


def main(target: Path) -> None:
    """Make the trip, and keep what is seen on the way."""
    from PIL import Image

    target.mkdir(parents=True, exist_ok=True)

    def keep(name: str, page: Any) -> None:
        page.wait_for_timeout(700)
        image = Image.open(BytesIO(page.screenshot()))
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(target / f"{name}.png", optimize=True)

    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        there_and_back(Path(folder), chromium, keep)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
