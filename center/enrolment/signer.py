"""The process `sandi-center signer`: the only one with the authority's key. It has no network, only a unix socket.

Questions are read side by side, each within seconds and a bounded frame, and answered one after the other in one
thread, which has the database. When the database is in trouble the box is told "unavailable", and asks again.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from django.db import Error as AnyDatabaseError
from django.db import connection

from center.enrolment.answering import Answering
from center.enrolment.frames import (
    Ask,
    Question,
    Reply,
    pack,
    read_frame,
    refused,
    unpack_question,
)
from center.enrolment.refusals import Refusals
from center.errors import CenterError, SetupError
from center.files import make_directory
from center.notify import Watchdog
from center.processes import until_stopped
from center.unix_sockets import peer_of, require_unused, short_path
from wire.enrolment import ENROL_PATH, TRUST_PATH, Enrol, Refused, Renew, parse
from wire.errors import WireError

log = logging.getLogger("center.enrolment")

T = TypeVar("T", Enrol, Renew)

FLUSH_S = 3.0
QUESTION_S = 5.0
ANSWER_S = 5.0
MOST_AT_ONCE = 96
"""The listener has 64 connections; what is more than that comes from nobody of ours."""
RETRY_S = 15
"""When a box asks again that was told "unavailable"."""


class Signer:
    """Answers on a socket until cancelled. `peers`: user ids that may ask, besides this process's own."""

    def __init__(self, answering: Answering, refusals: Refusals, peers: frozenset[int] = frozenset()) -> None:
        self._answering = answering
        self._refusals = refusals
        self._peers = peers | {os.geteuid()}
        self._database = ThreadPoolExecutor(1, thread_name_prefix="signer")
        self._open = 0
        self._trouble = False

    async def serve(self, path: Path, on_ready: Callable[[], None]) -> None:
        """Listen on the unix socket at `path`. Raises SetupError or OSError."""
        await self._in_thread(self._refusals.load)
        make_directory(path.parent, 0o700)
        await require_unused(
            path,
            SetupError(
                f"a signer already answers on {path}; stop it first",
                f"sudah ada penanda tangan di {path}; hentikan dulu",
            ),
        )
        with short_path(path) as reachable:
            server = await asyncio.start_unix_server(self._connection, reachable, backlog=MOST_AT_ONCE)
        os.chmod(path, 0o660)  # noqa: PTH101 - at once: no pause between bind and this
        on_ready()
        try:
            async with server:
                watchdog = Watchdog()
                while True:
                    await asyncio.sleep(FLUSH_S)
                    await self._in_thread(self._flush)
                    watchdog.feed()  # the thread that signs came to it
        finally:
            await self._in_thread(self._flush)
            self._database.shutdown()

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._database, work)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            user = peer_of(writer.get_extra_info("socket"))
            if user not in self._peers or self._open > MOST_AT_ONCE:
                log.warning("signer-stranger", extra={"user": user})
                return
            async with asyncio.timeout(QUESTION_S):
                question = unpack_question(await read_frame(reader))
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(self._database, self.answer, question)
            async with asyncio.timeout(ANSWER_S):
                writer.write(pack(reply))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, EOFError, TimeoutError, WireError) as error:
            log.debug("signer-connection-cut", extra={"error": str(error)[:100]})
        finally:
            self._open -= 1
            writer.transport.abort()

    def answer(self, question: Question) -> Reply:
        """One question, in the thread that has the database."""
        if not isinstance(question, Ask):
            for turned in question.turned:
                self._refusals.add(turned.code, "", turned.address, turned.count)
            return Reply(200, b"{}")
        node = ""
        try:
            node, reply = self._ask(question)
            self._settled()
        except WireError as error:
            reply = refused("request", str(error))
        except (AnyDatabaseError, OSError, CenterError) as error:
            self._in_trouble(error)
            reply = refused("unavailable", "the centre cannot sign at the moment", RETRY_S)
        except Exception:
            log.exception("signer-failed", extra={"path": question.path})
            reply = refused("unavailable", "the centre cannot sign at the moment", RETRY_S)
        if reply.status >= 400:
            self._refusals.add(parse(reply.body, Refused).code, node, question.address)
        return reply

    def _ask(self, question: Ask) -> tuple[str, Reply]:
        if question.path == TRUST_PATH:
            return "", self._answering.trust()
        if question.path == ENROL_PATH:
            enrol = _storable(parse(question.body, Enrol))
            return enrol.node, self._answering.enrol(enrol, question.address)
        renew = _storable(parse(question.body, Renew))
        return renew.node, self._answering.renew(renew)

    def _flush(self) -> None:
        try:
            self._refusals.flush()
        except AnyDatabaseError as error:
            self._in_trouble(error)

    def _in_trouble(self, error: Exception) -> None:
        if not self._trouble:
            log.warning("signer-interrupted", extra={"error": repr(error)[:300]})
        self._trouble = True
        with suppress(AnyDatabaseError):
            connection.close()

    def _settled(self) -> None:
        if self._trouble:
            log.info("signer-resumed")
        self._trouble = False


def _storable(message: T) -> T:
    """The message, when each of its texts is one every database can keep. Raises WireError."""
    if any("\0" in text for text in msgspec.structs.astuple(message) if isinstance(text, str)):
        raise WireError("schema", "a text with a zero in it")
    return message


async def run(signer: Signer, path: Path, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT."""
    await until_stopped(signer.serve(path, on_ready))
