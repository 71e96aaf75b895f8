"""What the listener and the signer say to each other over the unix socket: one question, one answer, then closed.

A frame is its length in four bytes (big end first) and that many bytes of JSON. Neither side believes the other more
than it must: both limits and both deadlines hold on either end.
"""

import asyncio
import struct
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from center.unix_sockets import short_path
from wire import enrolment, strictjson
from wire.errors import WireError

MAX_FRAME_BYTES: Final = 128 * 1024
"""The largest answer is 64 kB; base64 makes 86 of it."""
SOCKET: Final = Path("run") / "signer.sock"
_LENGTH: Final = struct.Struct(">I")

Route = Literal["/v1/enrol", "/v1/renew", "/v1/trust"]
Address = Annotated[str, Meta(max_length=64)]


class Turned(Struct, frozen=True):
    """Whom the listener itself turned away, counted: why, from where."""

    code: Annotated[str, Meta(pattern=r"^[a-z_]{1,32}$(?!\n)")]
    address: Address
    count: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Ask(Struct, frozen=True, tag="ask"):
    """A box's request as it came: which of the three, from where, its body."""

    path: Route
    address: Address
    body: bytes


class Tell(Struct, frozen=True, tag="tell"):
    """What the listener turned away since it told last."""

    turned: Annotated[tuple[Turned, ...], Meta(max_length=256)]


class Reply(Struct, frozen=True):
    """Status and body for the box; the listener looks at neither."""

    status: Annotated[int, Meta(ge=100, le=599)]
    body: bytes


Question = Ask | Tell
T = TypeVar("T", Question, Reply)


def refused(code: str, detail: str = "", wait_s: int = 0) -> Reply:
    """A refusal as a reply."""
    body = enrolment.encode(enrolment.Refused(code, detail[:300], min(max(wait_s, 0), enrolment.MAX_WAIT_S)))
    return Reply(enrolment.STATUS[code], body)


def pack(message: Ask | Tell | Reply) -> bytes:
    """The frame."""
    body = msgspec.json.encode(message)
    return _LENGTH.pack(len(body)) + body


def unpack_question(body: bytes) -> Question:
    """What the listener asks. Raises WireError."""
    question: Question = strictjson.decode(body, msgspec.json.Decoder(Question))
    return question


def unpack_reply(body: bytes) -> Reply:
    """What the signer answers. Raises WireError."""
    return strictjson.decode(body, msgspec.json.Decoder(Reply))


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The bytes of one frame. Raises WireError (too large), EOFError or OSError."""
    (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if size > MAX_FRAME_BYTES:
        raise WireError("too_large", f"{size} bytes; {MAX_FRAME_BYTES} at most")
    return await reader.readexactly(size)


async def ask(path: Path, question: Ask | Tell, timeout_s: float) -> Reply:
    """Ask the signer. Raises OSError, EOFError, TimeoutError or WireError."""
    async with asyncio.timeout(timeout_s):
        with short_path(path) as reachable:
            reader, writer = await asyncio.open_unix_connection(reachable)
        try:
            writer.write(pack(question))
            await writer.drain()
            return unpack_reply(await read_frame(reader))
        finally:
            writer.transport.abort()
