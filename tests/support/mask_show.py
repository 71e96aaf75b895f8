"""Screenshots of the mask page for the documentation: python -m tests.support.mask_show docs/img

A camera with two areas drawn, on a desk and on a telephone. Needs Chromium.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from agent.cameras.maskfile import save_mask
from agent.cameras.masks import make_mask, mask_path
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.mask_page import CAMERA, mask_page, write_config

HOUSE = [(0.02, 0.36), (0.13, 0.34), (0.22, 0.42), (0.22, 0.6), (0.02, 0.62)]
SHOP = [(0.79, 0.38), (0.98, 0.37), (0.98, 0.6), (0.8, 0.58)]


def main(target: Path) -> None:
    """Serve a passing mask page, and photograph it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        save_mask(mask_path(folder / "camera", CAMERA), make_mask(960 / 540, [HOUSE, SHOP]))
        with mask_page(write_config(folder)) as served:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            for file, width, height in (("kamera-masker", 1100, 900), ("kamera-masker-telepon", 360, 740)):
                page = browser.new_page(viewport={"width": width, "height": height}, has_touch=width < 400)
                page.goto(served.base)
                page.wait_for_selector("body[data-picture]")
                page.locator('.handle[data-area="1"][data-corner="0"]').focus()
                page.keyboard.press("ArrowLeft")
                _photograph(page, target / f"{file}.png")
            browser.close()


def _photograph(page: Any, file: Path) -> None:
    from PIL import Image

    page.wait_for_timeout(300)
    image = Image.open(BytesIO(page.screenshot(full_page=True)))
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=200).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
