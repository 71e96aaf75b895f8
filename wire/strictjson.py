"""JSON from outside: bounded before it is parsed, then decoded strictly by msgspec.

msgspec checks numbers and types, refuses NaN, and passes over what the message does not name. Left to do here: nesting
depth, and of the passed over too: texts in UTF-8, and no key given twice, where readers disagree which one counts.
"""

from typing import TypeVar

import msgspec

from wire.errors import WireError

MAX_DEPTH = 32
T = TypeVar("T")
_BRACKETS = b"{}[]"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


_ANYTHING = msgspec.json.Decoder(float_hook=len)
"""Decodes to plain values. A number's own value matters to nobody here, and 1e999 in an unknown key has none."""
_ENCODER = msgspec.json.Encoder()


def decode(payload: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Decode a whole document or raise WireError with code `depth`, `json` or `schema`."""
    message = decode_part(payload, decoder)
    check_whole(payload)
    return message


def decode_part(payload: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """As `decode`, for a part of a document that passed `check_whole`: a record's body."""
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


def check_whole(payload: bytes) -> None:
    """Raise WireError("json") when a text anywhere is not UTF-8 or any object repeats a key. Depth is checked before.

    Plain values keep one of two equal keys. So written out again they have fewer strings than the payload exactly when
    a key was given twice. (Without the standard library's json, which a device would load for nothing else.)
    """
    try:
        again = _ENCODER.encode(_ANYTHING.decode(payload))
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise WireError("json", str(error)) from error
    if _quotes(again) != _quotes(payload):
        raise WireError("json", "an object gives the same key twice")


def _quotes(payload: bytes) -> int:
    """How many quotation marks begin or end a string."""
    if b"\\" in payload:
        payload = payload.replace(b"\\\\", b"").replace(b'\\"', b"")
    return payload.count(b'"')
