"""JSON from outside: bounded before it is parsed, then decoded strictly by msgspec.

msgspec checks UTF-8, numbers and types and refuses NaN. Left to do here: nesting depth, and keys given twice, where
readers disagree about which one counts.
"""

from typing import TypeVar

import msgspec

from wire.errors import WireError

MAX_DEPTH = 32
T = TypeVar("T")
_BRACKETS = b"{}[]"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


def decode(payload: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Decode or raise WireError with code `depth`, `json` or `schema`."""
    check_depth(payload)
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise WireError("schema", str(error)) from error
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise WireError("json", str(error)) from error


def check_depth(payload: bytes, limit: int = MAX_DEPTH) -> None:
    """Refuse deep nesting without recursion and without a loop over bytes.

    1. Drop string literals, so that brackets in a text do not count (an escaped quote does not end its string).
    2. Keep only brackets; each round of removing empty pairs takes away the innermost level.
    Brackets that do not pair up are refused here too: no message of ours has any.
    """
    if payload.count(b"{") + payload.count(b"[") <= limit:
        return
    if b"\\" in payload:
        payload = payload.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(payload.split(b'"')[::2]).translate(None, _ALL_BUT_BRACKETS)
    for _ in range(limit):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    if brackets:
        raise WireError("depth", f"nested deeper than {limit}")


def check_unique_keys(payload: bytes) -> None:
    """Raise WireError("json") when any object repeats a key. Imported machinery: only the centre calls this."""
    import json  # noqa: PLC0415 - the device never calls this, and need not load it

    def pairs(items: list[tuple[str, object]]) -> None:
        if len({key for key, _ in items}) != len(items):
            raise WireError("json", "an object gives the same key twice")

    try:
        # Decoded here: given bytes, json lets encoded surrogates pass, which no database takes as text.
        json.loads(payload.decode(), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise WireError("json", str(error)) from error
