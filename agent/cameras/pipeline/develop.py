"""The order: decode within bounds, mask, measure, caption, encode into the budget. Each step fails closed."""

import time
from pathlib import Path
from typing import Final

from PIL import Image

from agent.cameras.base import RECORD_ROOM, CameraConfig, Frame, MaskError
from agent.cameras.lines import Grab, Measures, Setup
from agent.cameras.masks import Mask, read_mask
from agent.cameras.pipeline.budget import Fitted, Fitter
from agent.cameras.pipeline.decode import Decoded, decode
from agent.cameras.pipeline.mask import Masker
from agent.cameras.pipeline.measures import measure
from agent.cameras.pipeline.plain import plain_jpeg
from agent.cameras.pipeline.strip import add_strip, strip_lines
from wire.shape import Struct

_LEAST_BUDGET_BYTES: Final = 1000


class Developed(Struct, frozen=True):
    """A picture that may leave, with what is known of it. `encodes` is 0 for a camera's own JPEG passed on.

    `timings_ms`: "decode", "mask" (when there is one), "measure" and "encode".
    """

    jpeg: bytes
    width: int
    height: int
    measures: Measures
    mask_version: str
    encodes: int
    timings_ms: dict[str, int]


class Developer:
    """Develops the frames of one camera; keeps what the encoder learned (`warmth`)."""

    def __init__(self, setup: Setup, config: CameraConfig) -> None:
        self._config = config
        self._place = setup.place
        self._label = config.label or setup.camera
        self._mask_file = setup.mask_file
        self._fitter = Fitter(setup.warmth)
        self._masker = Masker()

    @property
    def warmth(self) -> str:
        """For the `Setup` of the next worker."""
        return self._fitter.warmth

    def develop(self, frame: Frame, grab: Grab, taken_s: float) -> Developed:
        """The frame as it may leave. `taken_s`: when it was taken, in seconds since 1970 by the device's clock.

        MaskError, PictureInvalidError or PictureTooLargeError: there is no picture.
        """
        watch = _Watch()
        mask = self._mask()
        decoded = decode(frame)
        watch.lap("decode")
        picture, hidden = decoded.picture, None
        if mask is not None:
            picture, hidden = self._masker.apply(decoded, mask)
            watch.lap("mask")
        measures = measure(picture, hidden)
        watch.lap("measure")
        budget_bytes = max(_LEAST_BUDGET_BYTES, (grab.max_bytes or self._config.max_bytes) - RECORD_ROOM)
        passed = self._passed_on(frame, decoded, budget_bytes) if mask is None else None
        fitted = passed or self._encoded(picture, budget_bytes, taken_s if grab.synced else None)
        watch.lap("encode")
        return Developed(
            jpeg=fitted.jpeg,
            width=fitted.width,
            height=fitted.height,
            measures=measures,
            mask_version=mask.version if mask is not None else "",
            encodes=fitted.encodes,
            timings_ms=watch.laps_ms,
        )

    def _mask(self) -> Mask | None:
        """Read before each picture: what was drawn a moment ago lies on the next one."""
        mask = read_mask(Path(self._mask_file)) if self._mask_file else None
        if mask is None and self._config.mask == "required":
            raise MaskError("a privacy mask is required and there is none: draw it with `sandi camera mask`")
        return mask

    def _passed_on(self, frame: Frame, decoded: Decoded, budget_bytes: int) -> Fitted | None:
        """The camera's own bytes, when nothing has to be added, hidden or made smaller."""
        if self._config.strip or not frame.jpeg or not decoded.upright:
            return None
        jpeg = plain_jpeg(frame.jpeg)
        if jpeg is None or len(jpeg) > budget_bytes:
            return None
        return Fitted(jpeg, decoded.width, decoded.height, 0)

    def _encoded(self, picture: Image.Image, budget_bytes: int, taken_s: float | None) -> Fitted:
        if not self._config.strip:
            return self._fitter.fit(picture, budget_bytes)
        when, where = strip_lines(taken_s, self._place, self._label)
        return self._fitter.fit(picture, budget_bytes, lambda smaller: add_strip(smaller, when, where))


class _Watch:
    """Milliseconds of each step, one after the other."""

    def __init__(self) -> None:
        self.laps_ms: dict[str, int] = {}
        self._since_s = time.monotonic()

    def lap(self, name: str) -> None:
        now_s = time.monotonic()
        self.laps_ms[name] = round((now_s - self._since_s) * 1000)
        self._since_s = now_s
