"""The privacy mask is painted black before anything else looks at the picture."""

from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from agent.cameras.masks import Mask, check_aspect
from agent.cameras.pipeline.decode import Decoded
from wire.shape import Struct

MARGIN_PX: Final = 2
"""Around each polygon: a corner drawn on a pixel means the whole pixel, and JPEG blends neighbours' colours."""
DECIMATED: Final = 4
"""Measures are taken of a picture so many times smaller; see `measures`."""


class Hidden(Struct, frozen=True):
    """Where the mask lies on a picture of one size: `area` is set there (mode "1", which paints faster than "L").

    For the measures, which pixels of the decimated picture show something (`shown`), and which of them have neighbours
    that do (`inner`).
    """

    area: Image.Image
    shown: Image.Image
    inner: Image.Image


class Masker:
    """Remembers the painted form of one mask for the size that comes again and again."""

    def __init__(self) -> None:
        self._key: tuple[str, tuple[int, int], int] | None = None
        self._hidden: Hidden | None = None

    def apply(self, decoded: Decoded, mask: Mask) -> tuple[Image.Image, Hidden]:
        """The picture with the mask's polygons in black, and where they are. MaskError: another aspect."""
        check_aspect(mask, decoded.width, decoded.height)
        hidden = self._painted(mask, decoded.picture.size, decoded.reach_px)
        picture = decoded.picture.copy()
        picture.paste((0, 0, 0), (0, 0, *picture.size), hidden.area)
        return picture, hidden

    def _painted(self, mask: Mask, size: tuple[int, int], reach_px: int) -> Hidden:
        key = (mask.version, size, reach_px)
        if self._hidden is None or self._key != key:
            area = _grown(_paint(mask, size), reach_px + 1 if reach_px else 0)
            shown = area.reduce(DECIMATED).point([255] + [0] * 255)
            inner = ImageChops.darker(shown.filter(ImageFilter.MinFilter(3)), inside(shown.size))
            self._hidden, self._key = Hidden(area.convert("1"), shown, inner), key
        return self._hidden


def inside(size: tuple[int, int]) -> Image.Image:
    """255 but for the outermost pixels, which have no neighbours on all sides."""
    found = Image.new("L", size, 0)
    if min(size) >= 3:
        found.paste(255, (1, 1, size[0] - 1, size[1] - 1))
    return found


def _paint(mask: Mask, size: tuple[int, int]) -> Image.Image:
    """The polygons with their margin: filled, with thick sides and round corners."""
    area = Image.new("L", size, 0)
    draw = ImageDraw.Draw(area)
    for polygon in mask.polygons:
        corners = [(x * size[0] - 0.5, y * size[1] - 0.5) for x, y in polygon]  # a pixel's centre is its coordinate
        draw.polygon(corners, fill=255)
        draw.line([*corners, corners[0]], fill=255, width=2 * MARGIN_PX + 1)
        for x, y in corners:
            draw.ellipse((x - MARGIN_PX, y - MARGIN_PX, x + MARGIN_PX, y + MARGIN_PX), fill=255)
    return area


def _grown(area: Image.Image, by_px: int) -> Image.Image:
    """The area larger by a square of so many pixels to each side: all that a JPEG's square shares with a hidden pixel.

    What was grown by d is whole again when shifted by up to 2 d + 1 either way, so three steps reach 13 pixels.
    """
    for dx, dy in ((1, 0), (0, 1)):
        done = 0
        while done < by_px:
            step = min(2 * done + 1, by_px - done)
            plain = area
            for way in (-step, step):
                shifted = Image.new("L", area.size, 0)
                shifted.paste(plain, (way * dx, way * dy))
                area = ImageChops.lighter(area, shifted)
            done += step
    return area
