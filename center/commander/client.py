"""Asking the commander, from the pages, the API and the terminal. `ask_now` blocks; `ask` is the same for a coroutine.

A refusal is an answer like any other (`Answer.code`); what cannot be asked at all is a `CommanderError`. An order that
was asked and not answered may stand: ask again with the same key, and the answer names it.
"""

import asyncio
import os
import socket
import time
from pathlib import Path
from typing import Final

from center.commander.frames import SOCKET, Answer, Question, pack, read_frame_from, unpack_answer
from center.errors import CenterError
from center.unix_sockets import short_path
from wire.errors import WireError

VARIABLE: Final = "SANDI_CENTER_COMMANDER"
"""The socket, where the commander is a unit of its own."""
UNIT_SOCKET: Final = Path("/run/sandi-commander/commander.sock")
TIMEOUT_S: Final = 15.0


class CommanderError(CenterError):
    """The commander cannot be asked. The text says what to do."""


class CommanderDownError(CommanderError):
    """Nobody answers at the socket, or this user may not ask there. Nothing was ordered."""


class CommanderSilentError(CommanderError):
    """It was asked and has not answered in time, or not sensibly: the order may stand. Ask again with the same key."""


def socket_of(data: Path) -> Path:
    """Where the commander of the centre in `data` answers."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    own = data / SOCKET
    return own if _is_there(own) or not _is_there(UNIT_SOCKET) else UNIT_SOCKET


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # in a folder that is not for this user: asking there says so
        return True


def ask_now(data: Path, question: Question, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask and wait, from code that may block. Raises CommanderError."""
    return _ask(socket_of(data), question, timeout_s)


async def ask(path: Path, question: Question, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask at the socket `path` (`socket_of`) without holding up the loop. Raises CommanderError."""
    return await asyncio.to_thread(_ask, path, question, timeout_s)


def _ask(path: Path, question: Question, timeout_s: float) -> Answer:
    try:
        frame = pack(question)
    except WireError as error:
        raise CommanderError(f"the order is too large: {error}", f"perintah terlalu besar: {error}") from error
    deadline = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_path(path) as reachable:
                connection.connect(reachable)
        except OSError as error:
            raise _down(path, error) from error
        try:
            connection.sendall(frame)
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            return unpack_answer(read_frame_from(connection))
        except (OSError, EOFError, WireError) as error:
            raise CommanderSilentError(
                f"the commander at {path} did not answer ({error or 'too slow'}); the order may stand all the same: "
                "look among the operations before ordering again",
                f"komandan di {path} tidak menjawab ({error or 'terlalu lambat'}); perintahnya mungkin tetap berlaku: "
                "lihat daftar operasi sebelum memerintah lagi",
            ) from error


def _down(path: Path, error: OSError) -> CommanderDownError:
    if isinstance(error, PermissionError):
        return CommanderDownError(
            f"this user may not ask the commander at {path}; run this as the user of the pages or of the signer",
            f"pengguna ini tidak boleh bertanya kepada komandan di {path}; jalankan sebagai pengguna halaman web atau "
            "penanda tangan",
        )
    return CommanderDownError(
        f"no commander answers at {path}; start it: sandi-center up (or: systemctl start sandi-commander)",
        f"tidak ada komandan yang menjawab di {path}; jalankan: sandi-center up (atau systemctl start sandi-commander)",
    )
