"""What a node and the centre's endpoint for line tests say to each other: one TLS connection per direction.

1. The node asks, one line: `sandi-throughput 1 down 4000000 5000` (version, direction, at most so many bytes, at most
   so many milliseconds).
2. The centre answers, one line: `ok 4000000 5000` (never more than was asked for), or `no quota 5400` (a code, and
   after how many seconds it is worth asking again) and closes.
3. `down`: the centre sends bytes until one limit is reached, then closes. `up`: the node sends bytes until it has sent
   all, or the centre says `done 2391040 4987`: what it received, from the first byte to the last within the time.

The one who receives does the counting: what a sender has written may still lie in a buffer.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from wire.errors import WireError

Way = Literal["down", "up"]
RefusalCode = Literal["busy", "second", "quota", "request", "name"]
"""`busy`: others are being measured; `second`: this node is; `quota`: this node's bytes of the day are spent;
`request`: the line could not be read; `name`: the certificate is no node's."""

VERSION: Final = 1
MAX_LINE_BYTES: Final = 64
MAX_SIZE_BYTES: Final = 64 * 1024 * 1024
"""What one direction can ask for: 5 s of a line of 100 Mbit/s."""
MAX_TIME_MS: Final = 30_000
MAX_WAIT_S: Final = 31 * 86_400
PORT_AFTER_BROKER: Final = 1
"""The endpoint listens on the port behind the broker's (8884) unless both sides say otherwise."""

_NUMBER = r"(0|[1-9][0-9]{0,9})"
_REQUEST = re.compile(rf"sandi-throughput {_NUMBER} ([a-z]{{1,8}}) {_NUMBER} {_NUMBER}", re.ASCII)
_GRANT = re.compile(rf"ok {_NUMBER} {_NUMBER}", re.ASCII)
_REFUSAL = re.compile(rf"no ([a-z]{{1,16}}) {_NUMBER}", re.ASCII)
_DONE = re.compile(rf"done {_NUMBER} {_NUMBER}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """One direction, and the most it may take."""

    way: Way
    size_bytes: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The centre's limits for this stream."""

    size_bytes: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Not now. `wait_s`: when to ask again."""

    code: str
    wait_s: int


@dataclass(frozen=True, slots=True)
class Done:
    """What the centre received of an upload, and in which time."""

    size_bytes: int
    time_ms: int


def encode(message: Request | Grant | Refusal | Done) -> bytes:
    """The line, with its end."""
    match message:
        case Request(way, size_bytes, time_ms):
            text = f"sandi-throughput {VERSION} {way} {size_bytes} {time_ms}"
        case Grant(size_bytes, time_ms):
            text = f"ok {size_bytes} {time_ms}"
        case Refusal(code, wait_s):
            text = f"no {code} {wait_s}"
        case Done(size_bytes, time_ms):
            text = f"done {size_bytes} {time_ms}"
    return f"{text}\n".encode("ascii")


def parse_request(line: bytes) -> Request:
    """What a node asks for. Raises WireError."""
    found = _matched(_REQUEST, line)
    version, way, size_bytes, time_ms = int(found[1]), found[2], int(found[3]), int(found[4])
    if version != VERSION:
        raise WireError("version", f"throughput version {version}; this side speaks {VERSION}")
    if way not in get_args(Way):
        raise WireError("schema", f"{way!r} is no direction")
    if not 1 <= size_bytes <= MAX_SIZE_BYTES or not 1 <= time_ms <= MAX_TIME_MS:
        raise WireError("range", f"{size_bytes} bytes in {time_ms} ms")
    return Request(cast(Way, way), size_bytes, time_ms)


def parse_reply(line: bytes, asked: Request) -> Grant | Refusal:
    """The centre's answer to `asked`; an unknown code of a refusal is kept as it is. Raises WireError."""
    if line.startswith(b"no "):
        found = _matched(_REFUSAL, line)
        return Refusal(found[1], min(int(found[2]), MAX_WAIT_S))
    found = _matched(_GRANT, line)
    grant = Grant(int(found[1]), int(found[2]))
    if not 1 <= grant.size_bytes <= asked.size_bytes or not 1 <= grant.time_ms <= asked.time_ms:
        raise WireError("range", "the centre grants nothing, or more than was asked for")
    return grant


def parse_done(line: bytes, sent_bytes: int) -> Done:
    """The centre's count of an upload of `sent_bytes`. Raises WireError."""
    found = _matched(_DONE, line)
    done = Done(int(found[1]), int(found[2]))
    if done.size_bytes > sent_bytes or done.time_ms > MAX_TIME_MS:
        raise WireError("range", f"{done.size_bytes} bytes in {done.time_ms} ms cannot be")
    return done


def _matched(pattern: re.Pattern[str], line: bytes) -> re.Match[str]:
    if len(line) > MAX_LINE_BYTES:
        raise WireError("too_large", f"a line of {len(line)} bytes")
    if not line.endswith(b"\n") or not line.isascii():
        raise WireError("schema", "not a whole line of ASCII")
    found = pattern.fullmatch(line[:-1].decode("ascii"))
    if found is None:
        raise WireError("schema", "not a line of a line test")
    return found
