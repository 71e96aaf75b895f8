"""The enrolment listener alone, in a thread, with limits of the test's own and a signer that says what it is told."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from center.enrolment.config import Limits
from center.enrolment.frames import Question, Reply, pack, read_frame, unpack_question
from center.enrolment.listener import Listener
from center.enrolment.service import server_context
from center.pki import create_authority
from center.throughput.server import open_listener
from center.unix_sockets import short_path

Answer = Callable[[Question], Reply | bytes | None]
"""None: it never answers. Bytes go out as they are."""
PATIENT = Limits(per_address_per_minute=10_000, per_address=64, handshake_s=60, request_s=60, answer_s=60, signer_s=60)


@dataclass(slots=True)
class Alone:
    """A running listener; `asked` is what reached the signer."""

    listener: Listener
    port: int
    ca: Path
    asked: list[Question]

    def connect(self) -> ssl.SSLSocket:
        """A TLS connection."""
        context = ssl.create_default_context(cafile=self.ca)
        plain = socket.create_connection(("127.0.0.1", self.port), 60)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def say(self, raw: bytes) -> bytes:
        """Send these bytes and read to the end; b"" when it was cut."""
        with self.connect() as line:
            return exchange(line, raw)


def exchange(line: socket.socket, raw: bytes) -> bytes:
    """Send, then read to the end; b"" when it was cut."""
    line.settimeout(60)
    found = b""
    with suppress(OSError):  # who is cut in the middle of sending may have been answered
        line.sendall(raw)
    try:
        while data := line.recv(65_536):
            found += data
    except OSError:
        return found
    return found


@contextmanager
def listener_alone(directory: Path, answer: Answer, limits: Limits = PATIENT) -> Iterator[Alone]:
    """The listener on 127.0.0.1 for the length of the block."""
    authority = create_authority(directory / "pki")
    certificate = authority.issue_server(["127.0.0.1"], "enrol")
    path, asked = directory / "signer.sock", []
    listener = Listener(limits, server_context(certificate.parent), path, tell_s=0.2)
    taken = open_listener("127.0.0.1", 0)
    loop, ready, ends = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            question = unpack_question(await read_frame(reader))
            asked.append(question)
            reply = answer(question)
            if reply is None:
                await ends.wait()
            else:
                writer.write(pack(reply) if isinstance(reply, Reply) else reply)
                await writer.drain()
        finally:
            writer.close()

    async def run() -> None:
        with short_path(path) as reachable:
            server = await asyncio.start_unix_server(connection, reachable)
        task = asyncio.create_task(listener.serve(taken))
        ready.set()
        await ends.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(60)
        yield Alone(listener, taken.getsockname()[1], authority.ca_certificate, asked)
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(60)
        loop.close()
        taken.close()
