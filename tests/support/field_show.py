"""Pictures of the box's own screen for the technicians' page.

The real program in a terminal of 80 x 24, as on the console of a box; the frame it drew is set in the browser's own
letters. `bench/field.py --pictures DIR` takes them of a box that really enrols.
"""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support.machine import Machine
from tests.support.terminal import HOME, terminal

_STYLE = """
body { margin: 0; background: #0b1015 } pre { margin: 0; padding: 14px 16px; display: inline-block; color: #d8dee4;
font: 19px/1.22 "DejaVu Sans Mono", monospace }
"""


def frame(machine: Machine, text: str, *words: str) -> str:
    """The newest whole picture `sandi WORDS` drew on the box with this text in it, with its colours."""
    inside = (
        "nsenter", "--target", str(machine.leader), "--all", "--root", "env", "--chdir=/", "-i", "TERM=xterm-256color",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "SANDI_LANG=id", "sandi",
    )  # fmt: skip
    with terminal(*words, sandi=inside) as screen:
        screen.wait_for(text)
        return screen.raw.decode("utf-8", "replace").split(HOME)[-2].replace("\r", "")


def photograph(browser: Any, frames: Mapping[str, str], target: Path) -> None:
    """One PNG per frame, by its name; `browser` of Playwright's."""
    from PIL import Image

    target.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1040, "height": 640})
    for name, drawn in frames.items():
        page.set_content(f"<style>{_STYLE}</style><pre>{_html(drawn)}</pre>")
        image = Image.open(BytesIO(page.locator("pre").screenshot()))
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(target / f"{name}.png", optimize=True)
    page.close()


def _html(drawn: str) -> str:
    from rich.console import Console
    from rich.text import Text

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=80, file=nowhere, color_system="standard", force_terminal=True)
        for line in drawn.split("\n")[:24]:
            console.print(Text.from_ansi(line), no_wrap=True, crop=True)
        return console.export_html(inline_styles=True, code_format="{code}")
