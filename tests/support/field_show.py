"""Pictures of the box's own screen for the technicians' page: python -m tests.support.field_show docs/img/teknisi

The real program in a terminal of 80 x 24, as on the console of a box; the frame it drew is set in the browser's own
letters. `layar-menunggu`: a kiosk that waits for the centre; `layar-hijau`: one that is enrolled and connected.
"""

import html
import os
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.city import NODE, running_city, wait_until
from tests.support.terminal import HOME, Terminal, terminal

_STYLE = """
body { margin: 0; background: #0b1015 } pre { margin: 0; padding: 14px 16px; display: inline-block; color: #d8dee4;
font: 19px/1.22 "DejaVu Sans Mono", monospace }
"""


def main(target: Path) -> None:
    """Draw both."""
    from playwright.sync_api import sync_playwright

    os.environ["SANDI_LANG"] = "id"
    target.mkdir(parents=True, exist_ok=True)
    frames = {"layar-hijau": _green()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1040, "height": 640})
        for name, frame in frames.items():
            _photograph(page, frame, target / f"{name}.png")
        browser.close()


def _waiting() -> str:
    from agent.core.enrolment import Standing
    from agent.enrol import statefile

    now_ms = time.time_ns() // 1_000_000
    fingerprint = "a1b2c3d4e5f60718" + "9" * 48
    standing = Standing("waiting", now_ms - 20_000, now_ms - 2_000, NODE, fingerprint, retry_s=10)
    with tempfile.TemporaryDirectory() as folder:
        statefile.write(Path(folder) / "state.json", standing)
        with terminal("enrol", "--watch", SANDI_ENROL_STATE=folder) as screen:
            return _frame(screen, "a1b2 c3d4")


def _green() -> str:
    with tempfile.TemporaryDirectory() as folder, running_city(Path(folder)) as city:
        agent = city.agent()
        agent.start()
        wait_until(lambda: city.state() == "UP", "the node up")
        with terminal("watch", "--config", str(agent.config)) as screen:
            screen.wait_for("Putusan")
            return _frame(screen, "OK")


def _frame(screen: Terminal, text: str) -> str:
    """The newest whole picture that says so, with its colours."""
    screen.wait_for(text)
    return screen.raw.decode("utf-8", "replace").split(HOME)[-2].replace("\r", "")


def _photograph(page: Any, frame: str, file: Path) -> None:
    from PIL import Image
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=80, file=open(os.devnull, "w"), color_system="standard", force_terminal=True)  # noqa: SIM115
    for line in frame.split("\n")[:24]:
        console.print(Text.from_ansi(line), no_wrap=True, crop=True)
    drawn = console.export_html(inline_styles=True, code_format="{code}")
    assert html.unescape(drawn)
    page.set_content(f"<style>{_STYLE}</style><pre>{drawn}</pre>")
    image = Image.open(BytesIO(page.locator("pre").screenshot()))
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
