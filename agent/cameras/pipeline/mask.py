"""The privacy mask is painted black before anything else looks at the picture."""

from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from agent.cameras.masks import Mask, check_aspect
from agent.cameras.pipeline.decode import Decoded
from wire.shape import Struct

MARGIN_PX: Final = 2
"""Around each polygon: a corner drawn on a pixel means the whole pixel, and JPEG blends neighbours' colours."""
DECIMATED: Final = 4
"""Measures are taken of a picture so many times smaller; see `measures`."""


class Hidden(Struct, frozen=True):
    """Where the mask lies on a picture of one size: `area` is 255 there. For the measures, which pixels of the
    decimated picture show something (`shown`), and which show nothing but what has shown neighbours (`inner`).
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
            area = _paint(mask, size, MARGIN_PX + reach_px)
            shown = area.reduce(DECIMATED).point([255] + [0] * 255)
            self._hidden, self._key = Hidden(area, shown, shown.filter(ImageFilter.MinFilter(3))), key
        return self._hidden


def _paint(mask: Mask, size: tuple[int, int], margin_px: int) -> Image.Image:
    """The polygons grown by the margin on all sides: filled, with thick sides and round corners."""
    area = Image.new("L", size, 0)
    draw = ImageDraw.Draw(area)
    for polygon in mask.polygons:
        corners = [(x * size[0] - 0.5, y * size[1] - 0.5) for x, y in polygon]  # a pixel's centre is its coordinate
        draw.polygon(corners, fill=255)
        draw.line([*corners, corners[0]], fill=255, width=2 * margin_px + 1)
        for x, y in corners:
            draw.ellipse((x - margin_px, y - margin_px, x + margin_px, y + margin_px), fill=255)
    return area
