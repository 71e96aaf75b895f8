"""What is said to the commander over its unix socket: one question, one answer, then closed.

Framing, limits and peers as of the signer (`center.enrolment.frames`): length in four bytes, then JSON.
"""

import asyncio
import socket
import struct
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire import strictjson
from wire.errors import WireError
from wire.messages import Name, NodeName

SOCKET: Final = Path("run") / "commander.sock"
MAX_FRAME_BYTES: Final = 1024 * 1024
MOST_NODES: Final = 1000
_LENGTH: Final = struct.Struct(">I")

Account = Annotated[str, Meta(min_length=1, max_length=150)]
Otp = Annotated[str, Meta(pattern=r"^(?:[0-9]{6})?$(?!\n)")]
Percent = Annotated[int, Meta(ge=0, le=100)]
Scalar = str | int | float | bool | None


class Roll(Struct, frozen=True):
    """How an order goes over its nodes; zeros: all at once. `abort_pct` of ALL nodes, counting the failed ones."""

    canary: Annotated[int, Meta(ge=0, le=100)] = 0
    batch_size: Annotated[int, Meta(ge=0, le=MOST_NODES)] = 0
    abort_pct: Percent = 10
    pause_s: Annotated[int, Meta(ge=0, le=86_400)] = 0


class Order(Struct, frozen=True, tag="order"):
    """Make an operation. `by`: the account; `otp`: its one-time code (touch and grave), "" for look.

    For `config`: `toml` and `per_node` (node -> TOML over it), `confirm_within_s`; no arguments.
    `key` makes it idempotent: the same key gives the same operation again.
    """

    key: Name
    command: Name
    nodes: Annotated[tuple[NodeName, ...], Meta(min_length=1, max_length=MOST_NODES)]
    by: Account
    arguments: Annotated[dict[str, Scalar], Meta(max_length=20)] = {}
    per_node_arguments: Annotated[dict[NodeName, dict[str, Scalar]], Meta(max_length=MOST_NODES)] = {}
    roll: Roll = Roll()
    otp: Otp = ""
    note: Annotated[str, Meta(max_length=200)] = ""
    toml: Annotated[str, Meta(max_length=32_000)] = ""
    per_node: Annotated[dict[NodeName, Annotated[str, Meta(max_length=32_000)]], Meta(max_length=MOST_NODES)] = {}
    confirm_within_s: Annotated[int, Meta(ge=30, le=3600)] = 300


class Approve(Struct, frozen=True, tag="approve"):
    """The second person of a grave order; must be another than who made it."""

    operation: Name
    by: Account
    otp: Otp


class Stop(Struct, frozen=True, tag="stop"):
    """`cancel`: nothing more is sent, for good. `pause` and `resume`: the next wave waits."""

    operation: Name
    what: Annotated[str, Meta(pattern=r"^(?:cancel|pause|resume)$(?!\n)")]
    by: Account


class Status(Struct, frozen=True, tag="status"):
    """How the commander is: its key, how many people it knows, its refusals of late."""


class Answer(Struct, frozen=True):
    """`code` "" = done. Refusals: otp | person | same_person | rate | command | arguments | nodes | state | too_many |
    unavailable | busy. `detail` for people. `facts`: for Status."""

    code: Annotated[str, Meta(max_length=40)] = ""
    detail: Annotated[str, Meta(max_length=500)] = ""
    operation: Annotated[str, Meta(max_length=64)] = ""
    facts: dict[str, Scalar] = {}


Question = Order | Approve | Stop | Status


def unpack_question(body: bytes) -> Question:
    """Raises WireError."""
    question: Question = strictjson.decode(body, msgspec.json.Decoder(Question))
    return question


def unpack_answer(body: bytes) -> Answer:
    """Raises WireError."""
    return strictjson.decode(body, msgspec.json.Decoder(Answer))


def pack(message: Question | Answer) -> bytes:
    """The frame. Raises WireError: too large."""
    body = msgspec.json.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise WireError("too_large", f"{len(body)} bytes; {MAX_FRAME_BYTES} at most")
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The bytes of one frame. Raises WireError (too large), EOFError or OSError."""
    (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if size > MAX_FRAME_BYTES:
        raise WireError("too_large", f"{size} bytes; {MAX_FRAME_BYTES} at most")
    return await reader.readexactly(size)


def read_frame_from(connection: socket.socket) -> bytes:
    """The same from a blocking socket, each read within the socket's own timeout."""
    (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if size > MAX_FRAME_BYTES:
        raise WireError("too_large", f"{size} bytes; {MAX_FRAME_BYTES} at most")
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if not (part := connection.recv(min(size - len(parts), 65_536))):
            raise EOFError("the other side closed")
        parts += part
    return bytes(parts)
