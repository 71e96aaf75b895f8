"""The intake socket as the screen's server asks it: without blocking, and with one word for everything that fails."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.control_client import NoDaemonError, RefusedError, ask

CHUNK_BYTES: Final = 96 * 1024
"""Of a photo in one line: 128 kB in base64, half of what a line may have."""
BOARD_S: Final = 3.0
PREPARE_S: Final = 0.2
"""The review waits no longer for it, though the agent may: it needs some 20 ms, and goes on by itself when given up."""
ASK_S: Final = 15.0


class AwayError(Exception):
    """Nobody answers at the socket: the agent starts again, or is not there. Asking again is right."""


class DoorError(Exception):
    """The agent said no. `code` is one of the intake's; nothing typed is in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Door:
    """What may be asked there. AwayError and DoorError, as above."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def ready(self, lang: str = "id") -> Mapping[str, object]:
        return await self.ask("ready", lang=lang)

    async def prepare(self) -> None:
        """Somebody is about to press Send: it goes faster then. Nothing hangs on it, so a failure is not told."""
        with contextlib.suppress(AwayError, DoorError):
            await self.ask("prepare", timeout_s=PREPARE_S)

    async def board(self) -> Mapping[str, object]:
        return await self.ask("board", timeout_s=BOARD_S, lang="id")

    async def photo(self, client_id: str, index: int, photo: bytes, lang: str) -> str:
        """Hand a photo in, piece by piece; the name it is kept under until the ticket names it."""
        digest = hashlib.sha256(photo).hexdigest()
        answer: Mapping[str, object] = {}
        for offset in range(0, len(photo), CHUNK_BYTES):
            answer = await self.ask(
                "photo",
                client_id=client_id,
                index=index,
                bytes_total=len(photo),
                offset=offset,
                data=base64.b64encode(photo[offset : offset + CHUNK_BYTES]).decode(),
                sha256=digest,
                lang=lang,
            )
        if not answer.get("complete"):
            raise DoorError("photo_incomplete")
        return str(answer["photo_id"])

    async def ask(self, op: str, timeout_s: float = ASK_S, **fields: object) -> Mapping[str, object]:
        """One question, one answer."""
        try:
            return await asyncio.to_thread(ask, self._socket, {"op": op, **fields}, timeout_s)
        except NoDaemonError as error:
            raise AwayError from error
        except RefusedError as error:
            if error.code == "busy":  # too many at the socket at once: it passes
                raise AwayError from error
            raise DoorError(error.code) from None
