"""What is drawn on: the latest picture of one camera and its mask file; what the page asks for is done here."""

import math
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from agent import cli_words as words
from agent.cameras.base import CameraError, MaskError
from agent.cameras.maskfile import clear_mask, save_mask
from agent.cameras.masks import ASPECT_TOLERANCE, MAX_CORNERS, MAX_MASK_BYTES, MAX_POLYGONS, Mask, make_mask, read_mask
from agent.messages import Messages
from wire.shape import Struct

MOST_BODY_BYTES: Final = MAX_MASK_BYTES + 1024
Share = Annotated[float, Meta(ge=0, le=1)]


class Shot(Struct, frozen=True):
    """A picture without masks and strip, as the camera sees it; `age_ms` when it was handed over."""

    jpeg: bytes
    width: int
    height: int
    age_ms: int = 0


Take = Callable[[], Awaitable[Shot]]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends."""

    csrf: Annotated[str, Meta(max_length=100)]
    aspect: Annotated[float, Meta(gt=0, lt=100)] = 0.5
    polygons: Annotated[
        list[Annotated[list[tuple[Share, Share]], Meta(max_length=MAX_CORNERS)]], Meta(max_length=MAX_POLYGONS)
    ] = []


class Reply(Struct, frozen=True):
    """An answer for the page: whether it was done, and what to say about it."""

    ok: bool
    facts: dict[str, object]


class Drawing:
    """One camera's mask being drawn. `take` gives a fresh picture or raises CameraError."""

    def __init__(
        self, camera: str, path: Path, shot: Shot, take: Take, messages: Messages, *, required: bool = False
    ) -> None:
        self.camera = camera
        self.shot = shot
        self.number = 1
        """Of the picture; another one has another number, so that no browser shows an old one."""
        self.saved: Mask | None = None
        """The mask saved last from this page."""
        self.cleared = False
        self._path = path
        self._take = take
        self._messages = messages
        self._required = required
        self._taken_s = time.time() - shot.age_ms / 1000

    def state(self) -> Reply:
        """The picture's facts and the polygons of the mask there is."""
        mask, note = self._present()
        return Reply(
            True,
            {
                **self._facts(),
                "polygons": mask.polygons if mask is not None else (),
                **({"note": note} if note else {}),
            },
        )

    async def fresh(self) -> Reply:
        """Take another picture. The mask drawn so far keeps its place on the page."""
        try:
            self.shot = await self._take()
        except CameraError as error:
            return self._no("mask_page.no_picture", detail=error.message)
        self.number += 1
        self._taken_s = time.time() - self.shot.age_ms / 1000
        return Reply(True, self._facts())

    def save(self, asked: Asked) -> Reply:
        """Keep the polygons as the camera's mask."""
        aspect = self.shot.width / self.shot.height
        if not math.isclose(asked.aspect, aspect, rel_tol=ASPECT_TOLERANCE):
            return self._no("mask_page.other_picture")
        try:
            mask = make_mask(aspect, asked.polygons)
            save_mask(self._path, mask)
        except MaskError as error:
            return self._no("mask_page.refused", detail=error.message)
        except OSError as error:
            return self._no("mask_page.not_written", detail=error.strerror or str(error))
        self.saved, self.cleared = mask, False
        return self._yes("mask_page.saved", count=len(mask.polygons), version=mask.version)

    def clear(self) -> Reply:
        """Take the camera's mask away, on purpose."""
        try:
            clear_mask(self._path)
        except OSError as error:
            return self._no("mask_page.not_written", detail=error.strerror or str(error))
        self.saved, self.cleared = None, True
        return self._yes("mask_page.cleared_required" if self._required else "mask_page.cleared")

    def _present(self) -> tuple[Mask | None, str]:
        """The mask there is, and what is wrong with it: one that cannot be used is not drawn."""
        try:
            mask = read_mask(self._path)
        except MaskError as error:
            return None, self._messages.text("mask_page.unreadable", detail=error.message)
        if mask is not None and abs(self.shot.width / self.shot.height / mask.aspect - 1) > ASPECT_TOLERANCE:
            return mask, self._messages.text("mask_page.other_aspect")
        return mask, ""

    def _facts(self) -> dict[str, object]:
        taken = words.wib(datetime.fromtimestamp(self._taken_s).astimezone())
        return {
            "number": self.number,
            "width": self.shot.width,
            "height": self.shot.height,
            "time": taken.strftime("%H.%M.%S WIB"),
        }

    def _yes(self, key: str, **facts: object) -> Reply:
        return Reply(True, {"text": self._messages.text(key, **facts)})

    def _no(self, key: str, **facts: object) -> Reply:
        return Reply(False, {"text": self._messages.text(key, **facts)})
