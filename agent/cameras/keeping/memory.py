"""What the camera process remembers of one camera over restarts: a small JSON file, written now and then.

The privacy mask is the reason to be strict. A camera for which one was seen takes no picture without it: a mask that
got lost (a wrong restore, a bad card) must not turn into pictures of the neighbours' windows. `sandi camera mask NAME
--clear` says that it went on purpose, by a note beside it (`agent.cameras.maskfile`).
"""

import logging
import time
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from agent.cameras.base import MaskError
from agent.cameras.config import CameraProcessConfig
from agent.cameras.lines import Warmth
from agent.cameras.maskfile import cleared_path
from agent.cameras.masks import mask_path
from agent.core.pictureplan import DayBytes
from agent.files import write_durably

log: Final = logging.getLogger("agent.cameras")
MAX_FILE_BYTES: Final = 64 * 1024
SAVE_EVERY_S: Final = 300.0
"""A card has a limited number of writes; what is lost by a power cut is five minutes of learning and counting."""
UNKNOWN_MASK: Final = "unknown"
"""A mask lies there that no picture carried yet; or the memory could not be read: whether there was a mask nobody
knows, so there was one."""


class Remembered(msgspec.Struct, forbid_unknown_fields=False):
    """The file. `eyes` is the judge's own memory, `warmth` the encoder's; both are opaque here."""

    mask_version: Annotated[str, Meta(max_length=16)] = ""
    warmth: Warmth = ""
    eyes: Annotated[str, Meta(max_length=32_000)] = ""
    day: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    day_bytes: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


class CameraMemory:
    """One camera's. Reading and writing block for as long as the disk does."""

    def __init__(self, settings: CameraProcessConfig, camera: str) -> None:
        self._camera = camera
        self._path = settings.memory_dir / f"{camera}.json"
        self.mask_file = mask_path(settings.data_dir, camera)
        self._note = cleared_path(self.mask_file)
        self.now = Remembered()
        self._saved: Remembered | None = None
        self._saved_s: float | None = None
        self._complained = False

    def load(self) -> None:
        """Read what an earlier run left. A damaged file counts as one that knew of a mask, and is written anew."""
        try:
            with self._path.open("rb") as stream:
                content = stream.read(MAX_FILE_BYTES + 1)
            self.now = msgspec.json.decode(content, type=Remembered)
            self._saved = msgspec.structs.replace(self.now)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.now = Remembered(mask_version=UNKNOWN_MASK)
            log.error("camera-memory-unreadable", extra={"camera": self._camera, "detail": str(error)[:200]})

    def today(self) -> DayBytes:
        """Bytes of the day, as they were counted last."""
        return DayBytes(self.now.day, self.now.day_bytes)

    def count(self, today: DayBytes) -> None:
        """Bytes of the day as they are counted now."""
        self.now.day, self.now.day_bytes = today.day, today.size_bytes

    def demand_mask(self) -> None:
        """MaskError when this camera had a mask and there is none any more; OSError as for files."""
        there = self.mask_file.exists()
        noted = self._note.exists()
        if noted and not there and self.now.mask_version:
            self.now.mask_version = ""
            self.save()
        if noted and there and self.mask_file.stat().st_ctime_ns > self._note.stat().st_ctime_ns:
            self._note.unlink(missing_ok=True)  # a mask put back by hand counts again, and must not get lost
        if there and not self.now.mask_version:
            self.now.mask_version = UNKNOWN_MASK  # until a picture carries it, which may never be: it does not fit
            self.save()
        if self.now.mask_version and not there:
            raise MaskError(
                f"the privacy mask of {self._camera} is gone: draw it again (sandi camera mask {self._camera}) "
                "or say that none is wanted (--clear)"
            )

    def applied_mask(self, version: str) -> None:
        """A picture carries this mask ("" = none). MaskError when it should carry one; a new one is written down."""
        if not version and self.now.mask_version:
            raise MaskError(f"a picture of {self._camera} came without its privacy mask and was thrown away")
        if version != self.now.mask_version:
            self.now.mask_version = version
            self.save()

    def save_now_and_then(self) -> None:
        """`save`, unless that was done a short while ago."""
        if self._saved_s is None or time.monotonic() - self._saved_s >= SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write it down if anything changed. A disk that refuses is said once; pictures go on."""
        self._saved_s = time.monotonic()
        if self.now == self._saved:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._path, msgspec.json.encode(self.now))
        except OSError as error:
            if not self._complained:
                log.error("camera-memory-not-saved", extra={"camera": self._camera, "detail": error.strerror})
            self._complained = True
        else:
            self._complained = False
            self._saved = msgspec.structs.replace(self.now)
