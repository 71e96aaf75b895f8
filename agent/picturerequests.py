"""Pictures somebody asked for: a command at the box, later the centre.

1. Each request has an id, which stands in the picture's signed record.
2. Per camera one picture is under way; who asks meanwhile waits for the same one.
3. A picture that a request brought serves whoever asks within `FRESH_S` after it; its age is told as it is then.
4. Whatever happens, there is an answer: the picture, or SnapshotError with the cause, within `patience_s`.
"""

import asyncio
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from agent.cameras.base import CameraConfig
from agent.cameras.handing import Offer, Take
from agent.picturedoor import Listener, PictureDoor
from agent.snapshots import Stored
from wire.shape import Struct

FRESH_S: Final = 3.0
QUEUE_S: Final = 5.0
"""Beyond two deadlines of the camera: the picture by schedule that was just being taken, then this one, and storing."""
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class SnapshotError(Exception):
    """No picture. `code` is for programs: one of a camera's errors, or one of this module's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def patience_s(config: CameraConfig) -> float:
    """How long a request for a picture of this camera waits at most."""
    return 2 * config.deadline_s + QUEUE_S


class Answer(Struct, frozen=True):
    """A picture as the centre gets it too (`jpeg`, record and signature inside), and what is known of it.

    `age_ms` is how old it was when this answer was made. `timings_ms` says how long each step took, `total` from the
    request to the outbox; `shared`: somebody else's request brought it.
    """

    camera: str
    request_id: str
    seq: int
    verdict: str
    mask_version: str
    age_ms: int
    width: int
    height: int
    size_bytes: int
    timings_ms: dict[str, int]
    shared: bool
    jpeg: bytes


class _Flight(Struct, eq=False):
    """A picture under way."""

    request_id: str
    began_s: float
    done: "asyncio.Future[Answer]"


class _Landed(Struct, frozen=True):
    answer: Answer
    at_s: float


class PictureRequests(Listener):
    """All requests of a node; hears of pictures from the door it asks."""

    def __init__(
        self, door: PictureDoor, cameras: Mapping[str, CameraConfig], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._door, self._cameras, self._now_s = door, cameras, now_s
        self._flights: dict[str, _Flight] = {}
        self._landed: dict[str, _Landed] = {}
        door.listener = self

    async def snapshot(self, camera: str, request_id: str = "") -> Answer:
        """A picture taken now, or less than `FRESH_S` ago for somebody else. SnapshotError says why there is none."""
        config = self._permitted(camera)
        if request_id and _ID.fullmatch(request_id) is None:
            raise SnapshotError("bad_request", "a request id has 1 to 64 letters, digits and hyphens")
        landed = self._landed.get(camera)
        if landed is not None and self._now_s() - landed.at_s < FRESH_S:
            return self._shared(landed)
        flight = self._flights.get(camera)
        shared = flight is not None
        if flight is None:
            flight = self._begin(camera, request_id or f"cli-{os.urandom(8).hex()}")
        longest_s = patience_s(config)
        try:
            async with asyncio.timeout(longest_s):
                answer = await asyncio.shield(flight.done)
        except TimeoutError as error:
            self._fail(camera, flight, "timeout", f"no picture within {longest_s:g} s")
            raise SnapshotError("timeout", f"no picture within {longest_s:g} s") from error
        return self._shared(_Landed(answer, self._now_s())) if shared else answer

    # -- what the door tells -----------------------------------------------------------------------------------------

    def kept(self, offer: Offer, stored: Stored, age_ms: int) -> None:
        flight = self._flights.get(offer.camera)
        if flight is None or offer.request_id != flight.request_id:
            return
        del self._flights[offer.camera]
        now_s = self._now_s()
        timings = {**offer.timings_ms, "total": round((now_s - flight.began_s) * 1000)}
        answer = Answer(
            offer.camera, flight.request_id, stored.seq, offer.verdict, offer.mask_version, age_ms,
            offer.width, offer.height, len(stored.file), timings, False, stored.file,
        )  # fmt: skip
        landed = _Landed(answer, now_s)
        self._landed[offer.camera] = landed
        asyncio.get_running_loop().call_later(FRESH_S, self._forget, offer.camera, landed)
        if not flight.done.done():
            flight.done.set_result(answer)

    def missed(self, camera: str, request_id: str, code: str, message: str) -> None:
        flight = self._flights.get(camera)
        if flight is not None and flight.request_id == request_id:
            self._fail(camera, flight, code, message)

    def left(self) -> None:
        for camera, flight in tuple(self._flights.items()):
            self._fail(camera, flight, "no_camera_process", "the camera process ended meanwhile")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _permitted(self, camera: str) -> CameraConfig:
        config = self._cameras.get(camera)
        if config is None:
            known = ", ".join(sorted(self._cameras)) or "-"
            raise SnapshotError("not_configured", f"there is no such camera here; known: {known}")
        refusal = config.capture_refusal()
        if refusal is not None:
            raise SnapshotError("notice", refusal)
        return config

    def _begin(self, camera: str, request_id: str) -> _Flight:
        if self._door.connected and camera not in self._door.stands:
            raise SnapshotError("not_configured", "the camera process has another configuration; restart it")
        if not self._door.take(Take(camera, "request", request_id)):
            raise SnapshotError("no_camera_process", "the camera process is not connected")
        flight = _Flight(request_id, self._now_s(), asyncio.get_running_loop().create_future())
        flight.done.add_done_callback(_heard)
        self._flights[camera] = flight
        return flight

    def _fail(self, camera: str, flight: _Flight, code: str, message: str) -> None:
        if self._flights.get(camera) is flight:
            del self._flights[camera]
        if not flight.done.done():
            flight.done.set_exception(SnapshotError(code, message))

    def _forget(self, camera: str, landed: _Landed) -> None:
        if self._landed.get(camera) is landed:
            del self._landed[camera]

    def _shared(self, landed: _Landed) -> Answer:
        from wire.shape import replace

        passed_ms = round((self._now_s() - landed.at_s) * 1000)
        return replace(landed.answer, shared=True, age_ms=landed.answer.age_ms + passed_ms)


def _heard(done: "asyncio.Future[Answer]") -> None:
    """Whoever asked may be gone: that is no error nobody looked at."""
    if not done.cancelled():
        done.exception()
