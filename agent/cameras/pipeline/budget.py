"""A picture is encoded to fit its bytes with few tries: how large the result will be is predicted, then corrected.

JPEG's size follows two powers (measured on 19 pictures: bytes ~ pixels^0.75 * quantiser^-0.6, the exponents within
0.62..0.84 and 0.46..0.9). How much there is in a camera's view is learned from each picture and kept for the next,
across worker processes by `Fitter.warmth`. Between two sizes it does not swing: each has its quality to be left at.
"""

import io
import math
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from PIL import Image

from agent.cameras.base import PictureTooLargeError
from wire.shape import Struct

LONG_SIDES_PX: Final = (1920, 1600, 1280, 960, 800, 640, 480, 320, 240, 160)
BEST_QUALITY: Final = 85
LEAVE_BELOW, ENTER_AT = 36, 52
"""A size is left for a smaller one below the first quality, and chosen from the second on."""
WORST_QUALITY: Final = 8
"""Only at the smallest size, where there is no other way left."""
AIM: Final = 0.87
ENOUGH: Final = 0.68
"""Shares of the budget: what is aimed at, and what is good enough not to try again."""
SATISFIED_AFTER: Final = 3
MAX_ENCODES: Final = 12
_PIXELS_POWER: Final = 0.75
_QUANTISER_POWER: Final = 0.6
_COLD: Final = math.log(70_000) - _PIXELS_POWER * math.log(1280 * 720)
"""Before anything is known: 70 kB for 1280x720 at quality 60."""
_SAME_Q: Final = 0.15

Caption = Callable[[Image.Image], Image.Image]


class Fitted(Struct, frozen=True):
    """An encoded picture within its budget, and how often it was encoded for that."""

    jpeg: bytes
    width: int
    height: int
    encodes: int


class _Warmth(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What is handed to the next worker: the view's richness, the quantiser's power, the long side used per budget."""

    richness: Annotated[float, Meta(ge=-20, le=20)] = _COLD
    power: Annotated[float, Meta(ge=0.3, le=1.1)] = _QUANTISER_POWER
    long_px: Annotated[dict[int, Annotated[int, Meta(ge=1, le=8192)]], Meta(max_length=4)] = {}


_WARMTH: Final = msgspec.json.Decoder(_Warmth)


class Fitter:
    """Encodes the pictures of one camera. `warmth` of an earlier one saves tries; unreadable, it is a cold start."""

    def __init__(self, warmth: str = "") -> None:
        try:
            self._warm = _WARMTH.decode(warmth or "{}")
        except (msgspec.DecodeError, ValueError, RecursionError):
            self._warm = _Warmth()

    @property
    def warmth(self) -> str:
        """To be handed to the next Fitter of this camera; under 200 characters."""
        return msgspec.json.encode(self._warm).decode()

    def fit(self, picture: Image.Image, budget_bytes: int, caption: Caption | None = None) -> Fitted:
        """The picture, smaller if need be and with what `caption` adds, in at most `budget_bytes`.

        PictureTooLargeError when not even a smudge fits.
        """
        attempt = _Attempt(self._warm, picture, budget_bytes, caption)
        fitted = attempt.run()
        long_px = {**self._warm.long_px, budget_bytes: attempt.long_px}
        self._warm.long_px = dict(list(long_px.items())[-4:])
        return fitted


class _Attempt:
    """One picture on its way into its budget."""

    def __init__(self, warm: _Warmth, picture: Image.Image, budget_bytes: int, caption: Caption | None) -> None:
        self._warm = warm
        self._picture = picture
        self._budget_bytes = budget_bytes
        self._caption = caption
        longest = max(picture.size)
        self._sides = [min(longest, LONG_SIDES_PX[0]), *(side for side in LONG_SIDES_PX if side < longest)]
        self._sides = sorted(set(self._sides), reverse=True)
        known = warm.long_px.get(budget_bytes, 0)
        self._at = self._sides.index(known) if known in self._sides else None
        self._canvas: Image.Image | None = None
        self._canvas_side = 0
        self._too_much = BEST_QUALITY + 1  # the lowest quality known to be over the budget at this size
        self._points: list[tuple[float, int]] = []

    @property
    def long_px(self) -> int:
        """The side of the last size tried."""
        return self._canvas_side

    def run(self) -> Fitted:
        best: Fitted | None = None
        for count in range(1, MAX_ENCODES + 1):
            quality = self._choose()
            jpeg = self._encode(quality)
            if len(jpeg) <= self._budget_bytes:
                canvas = self._made()
                if best is None or len(jpeg) > len(best.jpeg):
                    best = Fitted(jpeg, canvas.width, canvas.height, count)
                if self._good(len(jpeg), quality, count):
                    break
            elif best is not None and count >= SATISFIED_AFTER:
                break
        else:
            count = MAX_ENCODES
        if best is None:
            raise PictureTooLargeError(f"the picture does not fit {self._budget_bytes} bytes at any size worth seeing")
        return Fitted(best.jpeg, best.width, best.height, count)

    def _good(self, size_bytes: int, quality: int, count: int) -> bool:
        whole = self._at == 0 and quality >= BEST_QUALITY
        between = quality + 1 >= self._too_much
        return whole or between or count >= SATISFIED_AFTER or size_bytes >= ENOUGH * self._budget_bytes

    def _choose(self) -> int:
        """Settle on a size, then on the quality that should meet the aim there."""
        at = self._at
        if at is None or not self._points:
            self._go_to(self._best_size(at))
        elif self._quality_for(self._sides[at]) < LEAVE_BELOW or self._too_much <= LEAVE_BELOW:
            self._go_to(max(self._best_size(at), min(at + 1, len(self._sides) - 1)))
        elif at and self._quality_for(self._sides[at]) >= BEST_QUALITY:
            self._go_to(min(self._best_size(at), at))
        assert self._at is not None
        wanted = round(self._quality_for(self._sides[self._at]))
        last = self._at == len(self._sides) - 1
        lowest = WORST_QUALITY if last else LEAVE_BELOW - 1
        return max(1, min(self._too_much - 1, BEST_QUALITY, max(lowest, wanted)))

    def _best_size(self, now: int | None) -> int:
        """The largest size with a quality worth it; the one in use keeps its place while it is bearable."""
        for at, side in enumerate(self._sides):
            if self._quality_for(side) >= (LEAVE_BELOW if at == now else ENTER_AT):
                return at
        return len(self._sides) - 1

    def _go_to(self, at: int) -> None:
        if at != self._at:
            self._too_much = BEST_QUALITY + 1
            self._points = []
        self._at = at

    def _quality_for(self, side: int) -> float:
        """Which quality should meet the aim at this size."""
        over = self._warm.richness + _PIXELS_POWER * math.log(self._pixels(side)) - math.log(AIM * self._budget_bytes)
        return _quality(math.exp(max(-20.0, min(20.0, over / self._warm.power))) * _quantiser(60))

    def _encode(self, quality: int) -> bytes:
        canvas = self._made()
        target = io.BytesIO()
        canvas.save(target, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
        self._learn(quality, target.tell())
        if target.tell() > self._budget_bytes:
            self._too_much = min(self._too_much, quality)
        return target.getvalue()

    def _learn(self, quality: int, size_bytes: int) -> None:
        step = math.log(_quantiser(quality) / _quantiser(60))
        for other_step, other_bytes in self._points[-1:]:
            if abs(step - other_step) > _SAME_Q:
                slope = math.log(other_bytes / size_bytes) / (step - other_step)
                self._warm.power = max(0.35, min(1.0, (self._warm.power + slope) / 2))
        self._points.append((step, size_bytes))
        pixels = _PIXELS_POWER * math.log(self._pixels(self._canvas_side))
        self._warm.richness = max(-20.0, min(20.0, math.log(size_bytes) - pixels + self._warm.power * step))

    def _made(self) -> Image.Image:
        """The picture at the chosen size, with its caption."""
        assert self._at is not None
        side = self._sides[self._at]
        if self._canvas is None or self._canvas_side != side:
            smaller = self._picture
            if side < max(smaller.size):
                smaller = smaller.resize(self._size(side), Image.Resampling.BICUBIC, reducing_gap=2.0)
            self._canvas = self._caption(smaller) if self._caption is not None else smaller
            self._canvas_side = side
        return self._canvas

    def _size(self, side: int) -> tuple[int, int]:
        scale = side / max(self._picture.size)
        return max(1, round(self._picture.width * scale)), max(1, round(self._picture.height * scale))

    def _pixels(self, side: int) -> int:
        width, height = self._size(side)
        return width * height


def _quantiser(quality: float) -> float:
    """What libjpeg multiplies its tables by at this quality, as a share (jcparam.c)."""
    return 50 / quality if quality < 50 else max(0.02, 2 - quality / 50)


def _quality(quantiser: float) -> float:
    """The quality whose multiplier this is."""
    return 50 / quantiser if quantiser > 1 else 100 - 50 * quantiser
