"""The strip: rows added below a picture, never over it, that say when, where and which camera.

Written in Indonesian for whoever sees the picture alone, on a phone or in a printed report. The record in the file says
the same for machines, and is what is signed.
"""

import unicodedata
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIB: Final = timezone(timedelta(hours=7), "WIB")
UNSURE: Final = "jam belum pasti"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
_WIDTH_BY_SIZE: Final = 30
"""A phone shows a picture 380 px wide: letters of a thirtieth of the width are 12.7 px there."""
_SMALLEST_PX: Final = 11
_INK, _PAPER, _FAINT = (255, 255, 255), (0, 0, 0), (200, 200, 200)
_BETWEEN: Final = " · "
_CUT: Final = "…"


def strip_lines(wall_s: float | None, place: str, label: str) -> tuple[str, str]:
    """What the strip says: when (None = the clock is not sure), and where, the camera first: the end is cut first."""
    return _when(wall_s), _BETWEEN.join(part for part in (_plain(label), _plain(place)) if part)


def add_strip(picture: Image.Image, when: str, where: str) -> Image.Image:
    """The picture with the strip below it: one line when both texts fit beside each other, else two."""
    width, height = picture.size
    font = _font(max(_SMALLEST_PX, round(width / _WIDTH_BY_SIZE)))
    pad = max(2, round(font.size / 3))
    room = width - 2 * pad
    gap = font.getlength(_BETWEEN)
    where_width = font.getlength(where)
    beside = font.getlength(when) + gap + where_width <= room
    line_px = round(font.size * 1.3)
    strip_px = (line_px if beside or not where else 2 * line_px) + pad
    whole = Image.new("RGB", (width, height + strip_px), _PAPER)
    whole.paste(picture, (0, 0))
    draw = ImageDraw.Draw(whole)
    top = height + pad // 2
    draw.text((pad, top), _cut(when, font, room), _INK, font)
    if beside:
        draw.text((width - pad - where_width, top), where, _FAINT, font)
    elif where:
        draw.text((pad, top + line_px), _cut(where, font, room), _FAINT, font)
    return whole


def strip_height_px(width: int) -> int:
    """The most rows a strip adds to a picture of this width."""
    size = max(_SMALLEST_PX, round(width / _WIDTH_BY_SIZE))
    return 2 * round(size * 1.3) + max(2, round(size / 3))


def _when(wall_s: float | None) -> str:
    if wall_s is None:
        return UNSURE
    try:
        at = datetime.fromtimestamp(wall_s, WIB)
    except (ValueError, OverflowError, OSError):
        return UNSURE
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} WIB"


@lru_cache(maxsize=4)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # a size asks for it
    return font


def _plain(text: str) -> str:
    """With the letters Pillow's own font has: accents dropped, anything else as a question mark, on one line."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    dashed = bare.replace("\u2013", "-").replace("\u2014", "-").replace("\u2019", "'")
    return " ".join(
        "".join(" " if letter.isspace() else letter if " " <= letter <= "~" else "?" for letter in dashed).split()
    )


def _cut(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + _CUT) > room:
        text = text[:-1]
    return text.rstrip() + _CUT
