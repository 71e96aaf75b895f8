"""The process `sandi-center commander serve`: the only one with the command key. No network, only a unix socket.

Questions are read side by side, each within seconds and a bounded frame, and answered one after the other in the one
thread that has the book and the main database. The same thread signs what is due, every POLL_S and after each answer.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.db import Error as AnyDatabaseError
from django.db import connection

from center.commander.dispatch import MOST_AT_ONCE as MOST_SIGNED
from center.commander.frames import Answer, pack, read_frame, unpack_question
from center.commander.office import Office
from center.errors import CenterError, SetupError
from center.files import make_directory
from center.notify import Watchdog
from center.processes import until_stopped
from center.unix_sockets import peer_of, require_unused, short_path
from wire.errors import WireError

log = logging.getLogger("center.commander")

POLL_S: Final = 0.2
IN_TROUBLE_S: Final = 2.0
"""How long a round waits after one that failed."""
QUESTION_S: Final = 5.0
ANSWER_S: Final = 5.0
MOST_AT_ONCE: Final = 64


class Commander:
    """Answers on a socket and signs, until cancelled. `peers`: user ids that may ask, besides this process's own and
    root."""

    def __init__(self, office: Office, peers: frozenset[int] = frozenset()) -> None:
        self._office = office
        self._peers = peers | {os.geteuid(), 0}
        self._databases = ThreadPoolExecutor(1, thread_name_prefix="commander")
        self._open = 0
        self._wanted = asyncio.Event()
        self._trouble = False

    async def serve(self, path: Path, on_ready: Callable[[], None]) -> None:
        """Listen on the unix socket at `path`. Raises SetupError or OSError."""
        make_directory(path.parent, 0o700)
        await require_unused(
            path,
            SetupError(
                f"a commander already answers on {path}; stop it first", f"sudah ada komandan di {path}; hentikan dulu"
            ),
        )
        with short_path(path) as reachable:
            server = await asyncio.start_unix_server(self._connection, reachable, backlog=MOST_AT_ONCE)
        os.chmod(path, 0o660)  # noqa: PTH101 - at once: no pause between bind and this
        on_ready()
        try:
            async with server:
                await self._sign_for_ever()
        finally:
            self._databases.shutdown()

    async def _sign_for_ever(self) -> None:
        watchdog, loop = Watchdog(), asyncio.get_running_loop()
        while True:
            pause_s = await loop.run_in_executor(self._databases, self._round)
            watchdog.feed()  # the thread that signs came to it
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wanted.wait()
            self._wanted.clear()

    def _round(self) -> float:
        """One round; how long to wait before the next."""
        try:
            signed = self._office.round()
        except (AnyDatabaseError, OSError, CenterError) as error:
            self._in_trouble(error)
            return IN_TROUBLE_S
        except Exception:
            log.exception("commander-failed")
            return IN_TROUBLE_S
        if self._trouble:
            log.info("commander-resumed")
        self._trouble = False
        return 0.0 if signed >= MOST_SIGNED else POLL_S

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            user = peer_of(writer.get_extra_info("socket"))
            if user not in self._peers or self._open > MOST_AT_ONCE:
                log.warning("commander-stranger", extra={"user": user})
                return
            async with asyncio.timeout(QUESTION_S):
                body = await read_frame(reader)
            reply = await asyncio.get_running_loop().run_in_executor(self._databases, self.answer, body)
            self._wanted.set()
            async with asyncio.timeout(ANSWER_S):
                writer.write(pack(reply))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, EOFError, TimeoutError, WireError) as error:
            log.debug("commander-connection-cut", extra={"error": str(error)[:100]})
        finally:
            self._open -= 1
            writer.transport.abort()

    def answer(self, body: bytes) -> Answer:
        """One question, in the thread that has the databases."""
        try:
            return self._office.answer(unpack_question(body))
        except WireError as error:
            return Answer("arguments", str(error)[:300])
        except (AnyDatabaseError, OSError, CenterError) as error:
            self._in_trouble(error)
            return Answer(
                "unavailable", "the commander cannot reach its book or the database; ask again with the same key"
            )
        except Exception:
            log.exception("commander-failed")
            return Answer("unavailable", "the commander failed; its log says why")

    def _in_trouble(self, error: Exception) -> None:
        if not self._trouble:
            log.warning("commander-interrupted", extra={"error": repr(error)[:300]})
        self._trouble = True
        with suppress(AnyDatabaseError):
            connection.close()


def now_ms() -> int:
    """Unix time."""
    return time.time_ns() // 1_000_000


async def run(commander: Commander, path: Path, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT."""
    await until_stopped(commander.serve(path, on_ready))
