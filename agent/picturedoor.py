"""The picture door: the unix socket at which the camera process hands pictures to the core (`cameras.handing`).

Who may speak is asked of the kernel, as at the other sockets. One connection at a time; a second one is told `busy`.
Who breaks the order of the words, writes a line over the limit or falls silent in the middle of a picture is cut, and
may come again. A picture of a camera that is not in this configuration, or that must not take any, is refused for good:
here is the last gate.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraConfig, PictureRefusedError
from agent.cameras.handing import (
    VERSION,
    CameraReport,
    Facts,
    FromCore,
    Hello,
    Kept,
    Missed,
    Offer,
    Refused,
    Report,
    Take,
    read_from_camera,
)
from agent.cameras.lines import MAX_LINE_BYTES, LineError, write_line
from agent.snapshots import Picture, Stored
from agent.sockets import Peer, group_id, peer_of, serve_at

log: Final = logging.getLogger("agent.pictures")

GREETING_S: Final = 10.0
SILENCE_S: Final = 60.0
"""Between two messages. A report comes every ten seconds: who is silent for so long hangs, and keeps others out."""
BODY_SILENCE_S: Final = 10.0
BODY_S: Final = 60.0
"""For the whole of a picture, however steadily it drips."""
WRITE_S: Final = 10.0
MOST_UNREAD_BYTES: Final = 64 * 1024
"""What may wait for a camera process that does not read; then it is cut."""
STALE_S: Final = 30.0
"""A report of before says nothing about now."""
PIECE_BYTES: Final = 64 * 1024

Keep = Callable[[Picture], Awaitable[Stored]]


class _Cut(Exception):  # noqa: N818 - what is done, not what went wrong
    """End this connection; the text is for the log."""


class Listener:
    """Hears what becomes of pictures. All of it is optional."""

    def kept(self, offer: Offer, stored: Stored, age_ms: int) -> None:
        """A picture is in the outbox, and so old by now."""

    def missed(self, camera: str, request_id: str, code: str, message: str) -> None:
        """There is no picture for this request."""

    def left(self) -> None:
        """The camera process is gone, with all it was asked for."""


class PictureDoor:
    """Serves one camera process at `path`; hands its pictures to `keep`, which raises PictureRefusedError."""

    def __init__(
        self, path: Path, cameras: Mapping[str, CameraConfig], group: str, *, facts: Callable[[], Facts], keep: Keep
    ) -> None:
        self.path = path
        self.listener = Listener()
        self.stands: set[str] = set()
        """What the camera process said it has; empty while there is none."""
        self._cameras = cameras
        self._group, self._gid = group, group_id(group)
        self._facts, self._keep = facts, keep
        self._told: Facts | None = None
        self._visitor: asyncio.StreamWriter | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._reports: dict[str, tuple[CameraReport, float]] = {}

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until cancelled; the socket file goes when this ends. OSError when it cannot be bound."""
        await serve_at(self.path, self._gid, self._serve, limit=MAX_LINE_BYTES, visitors=self._clients, ready=ready)

    @property
    def connected(self) -> bool:
        """Whether a camera process is there and has said which cameras it has."""
        return bool(self.stands)

    def take(self, wish: Take) -> bool:
        """Ask for a picture; False when nobody is there to take it."""
        if self._visitor is None or not self.connected:
            return False
        self._say(self._visitor, wish)
        return True

    def report(self, camera: str) -> CameraReport | None:
        """What the camera process last said of this camera; None when that is too long ago."""
        said, at_s = self._reports.get(camera, (None, 0.0))
        return said if time.monotonic() - at_s <= STALE_S else None

    # -- a visit -----------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            peer = peer_of(writer.get_extra_info("socket"))
            if not self._may(peer):
                log.warning("peer-refused", extra={"path": str(self.path), "uid": peer.uid, "pid": peer.pid})
                await self._turn_away(writer, "not_allowed", f"this user is not in the group {self._group}")
            elif self._visitor is not None:
                await self._turn_away(writer, "busy", "another camera process is connected")
            else:
                await self._visit(reader, writer)
        except (_Cut, LineError, ValueError) as error:  # ValueError: StreamReader's word for a line over its limit
            log.warning("camera-process-cut", extra={"detail": str(error)[:200]})
            writer.transport.abort()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            if isinstance(error, TimeoutError):
                log.warning("camera-process-cut", extra={"detail": "silent for too long"})
            writer.transport.abort()
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _turn_away(self, writer: asyncio.StreamWriter, code: str, message: str) -> None:
        self._say(writer, Refused(code, message))
        async with asyncio.timeout(WRITE_S):
            await writer.drain()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitor = writer
        self._reports.clear()  # those of the camera process before this one
        try:
            hello = await self._next(reader, GREETING_S)
            if not isinstance(hello, Hello):
                raise _Cut("the first word was no greeting")
            if hello.version != VERSION:
                await self._turn_away(writer, "version", f"this agent speaks version {VERSION}; update both")
                return
            self.stands = set(hello.cameras)
            log.info("camera-process-connected", extra={"cameras": len(self.stands)})
            self._tell_facts(writer)
            while (word := await self._next(reader, SILENCE_S)) is not None:
                await self._hear(word, reader, writer)
                self._tell_facts(writer)
        finally:
            self._visitor, self._told = None, None
            if self.stands:
                self.stands = set()
                log.info("camera-process-left")
                self.listener.left()

    async def _next(self, reader: asyncio.StreamReader, within_s: float) -> Hello | Offer | Missed | Report | None:
        """The next message; None at the end."""
        async with asyncio.timeout(within_s):
            line = await reader.readline()
        if not line:
            return None
        if not line.endswith(b"\n"):
            raise _Cut("the last line was cut")
        return read_from_camera(line)

    async def _hear(
        self, word: Hello | Offer | Missed | Report, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match word:
            case Offer():
                received_s = time.monotonic()
                image = await _body(reader, word.size_bytes)
                self._say(writer, await self._judged(word, image, received_s))
                async with asyncio.timeout(WRITE_S):
                    await writer.drain()
            case Missed():
                self.listener.missed(word.camera, word.request_id, word.code, word.message)
            case Report():  # of some of the cameras: many do not fit one line
                now_s = time.monotonic()
                self._reports |= {name: (said, now_s) for name, said in word.cameras.items() if name in self._cameras}
            case Hello():
                raise _Cut("greeted twice")

    async def _judged(self, offer: Offer, image: bytes, received_s: float) -> Kept | Refused:
        refusal, stored = await self._stored(offer, image, received_s)
        if refusal is not None or stored is None:
            answer = refusal or Refused("refused", "the picture was not kept")
            if offer.request_id is not None:
                self.listener.missed(offer.camera, offer.request_id, answer.code, answer.message)
            return answer
        age_ms = offer.age_ms + round((time.monotonic() - received_s) * 1000)
        self.listener.kept(offer, stored, age_ms)
        return Kept(stored.seq)

    async def _stored(self, offer: Offer, image: bytes, received_s: float) -> tuple[Refused | None, Stored | None]:
        config = self._cameras.get(offer.camera)
        if config is None:
            return Refused("not_configured", "no such camera in the agent's configuration", permanent=True), None
        reason = config.capture_refusal()
        if reason is not None or config.purpose is None:
            return Refused("notice", (reason or "")[:500], permanent=True), None
        picture = Picture(offer, image, received_s, config.purpose, config.max_bytes)
        try:
            return None, await self._keep(picture)
        except PictureRefusedError as error:
            return Refused(error.code, error.message[:500]), None

    def _tell_facts(self, writer: asyncio.StreamWriter) -> None:
        facts = self._facts()
        if facts != self._told:
            self._told = facts
            self._say(writer, facts)

    def _say(self, writer: asyncio.StreamWriter, word: FromCore) -> None:
        """Without waiting; whoever does not read at all is cut."""
        if writer.transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            writer.transport.abort()
            return
        writer.write(write_line(word))

    def _may(self, peer: Peer) -> bool:
        return peer.uid in (0, os.geteuid()) or (self._gid is not None and self._gid in peer.groups)


async def _body(reader: asyncio.StreamReader, size_bytes: int) -> bytes:
    """Exactly so many bytes; TimeoutError when they stop coming, IncompleteReadError when the connection ends."""
    body = bytearray()
    async with asyncio.timeout(BODY_S):
        while len(body) < size_bytes:
            async with asyncio.timeout(BODY_SILENCE_S):
                piece = await reader.read(min(PIECE_BYTES, size_bytes - len(body)))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size_bytes)
            body += piece
    return bytes(body)
