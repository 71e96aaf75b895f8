"""The vendored icons and the QR code, as SVG to put into the page. An icon says nothing: its word stands beside it."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

ICONS: Final = Path(__file__).parent / "static" / "vendor" / "tabler-icons"
_ATTRIBUTES: Final = re.compile(r'\s(?:class|width|height)="[^"]*"')
QR_QUIET_MODULES: Final = 4  # ISO 18004: what readers need around it


@lru_cache(maxsize=128)
def icon(name: str) -> Markup:
    """The drawing of that name, sized by the style sheet; KeyError when it is not vendored."""
    try:
        drawn = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    except OSError as error:
        raise KeyError(name) from error
    opening, _, rest = _ATTRIBUTES.sub("", drawn).partition(">")
    return Markup(f'{opening} class="icon" aria-hidden="true" focusable="false">{rest}')  # noqa: S704 - vendored


def qr(text: str) -> Markup:
    """A QR code that leads to `text`."""
    import segno

    code = segno.make(text, micro=False, error="m")
    drawn = code.svg_inline(border=QR_QUIET_MODULES, omitsize=True, svgclass="qr", lineclass=None, light="#fff")
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704 - segno escapes
