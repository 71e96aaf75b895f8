"""Screenshots of the kiosk's screen for the documentation: python -m tests.support.kiosk_show docs/img

One visit, seen on a screen of 1280 x 800. Needs Chromium.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.kiosk_screen import Visitor, kiosk_screen
from tests.support.small_intake import CREATED_MS, SmallIntake

DAY_MS = 86_400_000


def main(target: Path) -> None:
    """Fill a passing kiosk, and photograph its screens."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, SmallIntake(Path(name)) as intake, sync_playwright() as playwright:
        folder = Path(name)
        intake.online = False
        when_and_where = "Setiap Rabu pukul 9 sampai 12 di aula kelurahan. Bawa KK asli."
        intake.notices = [{"title": "Perekaman KTP", "text": when_and_where, "until_ms": 1}]
        intake.answered = [
            {"subject": "jalan", "category": "aduan", "handed_in_ms": 0, "answered_ms": 3 * DAY_MS},
            {"subject": "lampu", "category": "aduan", "handed_in_ms": 0, "answered_ms": DAY_MS // 4},
        ]
        status_url = 'status_url = "https://aduan.serangkota.go.id/status"'
        with kiosk_screen(folder, folder, 'languages = ["id", "en", "su"]', status_url) as base:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            page = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True).new_page()
            page.goto(base)
            page.wait_for_selector('input[name=camera][value="1"]', state="attached")
            _visit(Visitor(page), intake, target)
            browser.close()


def _visit(visitor: Visitor, intake: SmallIntake, target: Path) -> None:
    page = visitor.page
    _photograph(page, target / "kios-awal.png")
    page.click('[name=lang][value="id"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("aduan", "subject")
    _photograph(page, target / "kios-tentang.png")
    visitor.choose("banjir", "area")
    visitor.choose("own", "rt_rw")
    visitor.type("03/05")
    visitor.go_on("text")
    page.keyboard.type("Saluran di depan pasar mampet sejak Senin.")
    _photograph(page, target / "kios-tulis.png")
    visitor.go_on("photo")
    visitor.go_on("identity")
    page.click('[data-key="reach"]')
    page.wait_for_selector('body[data-reach="low"]')
    _photograph(page, target / "kios-rendah.png")
    page.click('[data-key="reach"]')
    page.wait_for_selector('body[data-reach="full"]')
    visitor.choose("anonymous", "review")
    _photograph(page, target / "kios-periksa.png")
    visitor.go_on("receipt")
    _photograph(page, target / "kios-terima.png")
    code, pin = (page.inner_text(f"[data-{name}]").replace(" ", "") for name in ("code", "pin"))
    visitor.choose("survey", "survey1")
    _photograph(page, target / "kios-survei.png")
    page.click('[data-key="exit"]')
    visitor.wait("idle")
    intake.replies = [
        {"status": "in_progress", "step": "routed", "text": "Ke Dinas PUPR.", "at_ms": CREATED_MS + DAY_MS},
        {"status": "answered", "step": "", "text": "Saluran sudah dikeruk.", "at_ms": CREATED_MS + 3 * DAY_MS},
    ]  # fmt: skip
    page.click('[name=lang][value="id"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("status", "code")
    visitor.type(code)
    visitor.go_on("pin")
    visitor.type(pin)
    visitor.go_on("answer")
    _photograph(page, target / "kios-jawaban.png")


def _photograph(page: Any, file: Path) -> None:
    from PIL import Image

    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    image = Image.open(BytesIO(page.screenshot()))
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
