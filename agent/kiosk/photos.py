"""Photos on their way in: collected piece by piece in the memory of a worker process, decoded and sealed there.

The daemon holds one piece at a time and never a picture. Each upload has its own worker from the first piece on; it is
killed when the upload is given up, or the worker thinks for too long. One picture is decoded at a time.
"""

import asyncio
import base64
import binascii
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.kiosk.bounds import CHUNK_BYTES_MAX, PHOTO_BYTES_MAX, PHOTOS_MAX
from agent.kiosk.child import Child
from agent.kiosk.errors import IntakeError
from agent.kiosk.fields import Request, bad, only, text
from wire.shape import Struct

UPLOADS_AT_ONCE: Final = 2
UPLOAD_S: Final = 180.0
"""An upload that is not complete after this long is given up."""
WORK_S: Final = 20.0
MOST_SEALED_BYTES: Final = 1_000_000
REMEMBERED: Final = 64
"""Finished uploads a repeat of their last piece is answered for."""
COMMAND: Final = (sys.executable, "-P", str(Path(__file__).with_name("photo_worker.py")))
_FIELDS: Final = frozenset(("op", "client_id", "index", "bytes_total", "offset", "data", "sha256", "lang"))


class Piece(Struct, frozen=True):
    """One piece of a photo, checked. (client_id, index, sha256) names the upload."""

    client_id: str
    index: int
    sha256: str
    bytes_total: int
    offset: int
    data: bytes

    def __repr__(self) -> str:
        return f"Piece({self.index}, {self.offset}+{len(self.data)} of {self.bytes_total})"

    @property
    def upload(self) -> tuple[str, int, str]:
        return self.client_id, self.index, self.sha256

    @property
    def place(self) -> tuple[str, int]:
        return self.client_id, self.index


def read_piece(request: Request) -> Piece:
    """Check every field; IntakeError says which is wrong."""
    only(request, _FIELDS)
    client_id = text(request, "client_id")
    if not (16 <= len(client_id) <= 80 and client_id.isascii() and client_id.isprintable()):
        raise bad("client_id", "16..80 ASCII")
    sha256 = text(request, "sha256").lower()
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise bad("sha256", "64 hex")
    total = _number(request, "bytes_total", 1, 2**53)
    if total > PHOTO_BYTES_MAX:
        raise IntakeError("photo_too_large", permanent=True, limit=PHOTO_BYTES_MAX // 1024 // 1024)
    raw = text(request, "data")
    try:
        data = base64.b64decode(raw.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise bad("data", "base64") from None
    offset = _number(request, "offset", 0, total)
    if len(data) > CHUNK_BYTES_MAX or offset + len(data) > total:
        raise bad("data", f"<= {CHUNK_BYTES_MAX}")
    return Piece(client_id, _number(request, "index", 0, PHOTOS_MAX - 1), sha256, total, offset, data)


class _Upload:
    """A worker and what it has got."""

    def __init__(self, child: Child, began_s: float) -> None:
        self.child = child
        self.began_s = began_s
        self.have = 0
        self.header = b""
        self.lock = asyncio.Lock()
        self.over = False

    async def end(self) -> None:
        """Kill its worker, whatever that is doing."""
        self.over = True
        await self.child.end()


class Uploads:
    """All that is on its way. `take` says how far a photo has come, and gives the sealed bytes of a complete one."""

    def __init__(self, command: tuple[str, ...] = COMMAND, work_s: float = WORK_S, upload_s: float = UPLOAD_S) -> None:
        self._command = command
        self._work_s = work_s
        self._upload_s = upload_s
        self._going: dict[tuple[str, int, str], _Upload] = {}
        self._finished: dict[tuple[str, int, str], str] = {}
        self._one_at_a_time = asyncio.Lock()
        self._beginning = asyncio.Lock()

    async def take(self, piece: Piece, seal_key: bytes) -> tuple[int, bytes | None]:
        """Bytes the worker has now, and the sealed photo when these were the last.

        A piece that is there already changes nothing; one that comes too early is not taken. Either way the answer
        says from where to go on, which is 0 after a restart.
        IntakeError `photo_busy`, `photo_too_large`, `photo_unreadable` or `photo_off`.
        """
        upload = await self._upload(piece, seal_key)
        if upload is None:
            return 0, None
        async with upload.lock:
            if upload.over:
                raise IntakeError("photo_busy")
            fresh = piece.offset <= upload.have < piece.offset + len(piece.data)
            if not fresh or piece.offset + len(piece.data) < piece.bytes_total:
                if fresh:
                    await self._hand_over(piece, upload)
                return upload.have, None
            try:
                async with self._one_at_a_time:  # it begins to decode with the last piece
                    await self._hand_over(piece, upload)
                    return upload.have, await self._result(upload)
            finally:
                await self._drop(piece.upload)

    def finished(self, piece: Piece) -> str | None:
        """The id of the photo that this upload became, for a repeat of its last piece."""
        return self._finished.get(piece.upload)

    def remember(self, piece: Piece, photo_id: str) -> None:
        self._finished[piece.upload] = photo_id
        while len(self._finished) > REMEMBERED:
            del self._finished[next(iter(self._finished))]

    async def drop_old(self) -> None:
        """Give up what is not complete in time."""
        now_s = asyncio.get_running_loop().time()
        for name in [name for name, one in self._going.items() if now_s - one.began_s > self._upload_s]:
            await self._drop(name)

    async def close(self) -> None:
        for name in list(self._going):
            await self._drop(name)

    async def _upload(self, piece: Piece, seal_key: bytes) -> _Upload | None:
        """The one this piece belongs to; None when its beginning is gone with an earlier worker."""
        async with self._beginning:  # many first pieces at once must not all find a place free
            going = self._going.get(piece.upload)
            if going is not None and not going.over:
                return going
            await self.drop_old()
            for name in [name for name in self._going if name[:2] == piece.place]:
                await self._drop(name)  # the citizen chose another picture instead
            if len(self._going) >= UPLOADS_AT_ONCE:
                raise IntakeError("photo_busy")
            if piece.offset:
                return None
            return await self._start(piece, seal_key)

    async def _start(self, piece: Piece, seal_key: bytes) -> _Upload:
        try:
            child = await Child.start(self._command)
        except OSError:
            raise IntakeError("photo_busy") from None
        upload = self._going[piece.upload] = _Upload(child, asyncio.get_running_loop().time())
        header = {"bytes_total": piece.bytes_total, "sha256": piece.sha256, "seal_key": seal_key.hex()}
        upload.header = msgspec.json.encode(header) + b"\n"
        return upload

    async def _hand_over(self, piece: Piece, upload: _Upload) -> None:
        fresh = piece.data[upload.have - piece.offset :]
        try:
            async with asyncio.timeout(self._work_s):
                await upload.child.write(upload.header + fresh)
        except (OSError, TimeoutError):
            await self._drop(piece.upload)
            raise IntakeError("photo_busy") from None
        upload.header = b""
        upload.have += len(fresh)

    async def _result(self, upload: _Upload) -> bytes:
        try:
            async with asyncio.timeout(self._work_s):
                line = await upload.child.line()
                answer = msgspec.json.decode(line or b"{}", type=dict[str, object])
                size = answer.get("size_bytes")
                if type(size) is int and 0 < size <= MOST_SEALED_BYTES:
                    return await upload.child.exactly(size)
        except TimeoutError:
            raise IntakeError("photo_too_large", permanent=True, limit=PHOTO_BYTES_MAX // 1024 // 1024) from None
        except (OSError, ValueError, EOFError):
            raise IntakeError("photo_unreadable", permanent=True) from None
        raise _told(answer)

    async def _drop(self, name: tuple[str, int, str]) -> None:
        upload = self._going.pop(name, None)
        if upload is not None:
            await upload.end()


def _told(answer: Mapping[str, object]) -> IntakeError:
    code = str(answer.get("error", ""))
    if code == "photo_off":
        return IntakeError("photo_off", permanent=True)
    if code == "photo_too_large":
        return IntakeError("photo_too_large", permanent=True, limit=PHOTO_BYTES_MAX // 1024 // 1024)
    return IntakeError("photo_unreadable", permanent=True)


def can_decode() -> bool:
    """Whether the library that opens pictures is installed, without loading it."""
    return any((Path(folder) / "PIL" / "__init__.py").is_file() for folder in sys.path if folder)


def _number(request: Request, key: str, least: int, most: int) -> int:
    value = request.get(key)
    if type(value) is not int or not least <= value <= most:
        raise bad(key, f"{least}..{most}")
    return value
