"""One HTTP POST for the channels: short deadlines, bounded answers, no redirects, a clear word on what went wrong."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from center.alerts.channel import DeliveryError

TIMEOUT_S = 15.0
DEADLINE_S = 30.0
"""For a whole exchange, however slowly the other side trickles."""
MAX_ANSWER_BYTES = 64 * 1024


def post_json(url: str, value: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """POST JSON; the answer's JSON object, {} when it is none.

    Raises:
        DeliveryError: see `post`.
    """
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return as_object(post(url, body, {"Content-Type": "application/json", **(headers or {})}))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """POST `body`; returns the answer's body (up to MAX_ANSWER_BYTES) when its status is 2xx.

    Raises:
        DeliveryError: it says whether the message may have arrived: not before it was sent, nor when it was refused.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DeliveryError("the channel's address is no http or https address", permanent=True) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DeliveryError("the channel's address is no http or https address", permanent=True)
    until_s = time.monotonic() + DEADLINE_S
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT_S)
    try:
        try:
            connection.connect()
        except (OSError, UnicodeError) as error:
            raise DeliveryError(f"cannot connect: {_reason(error)}") from error
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body, {"User-Agent": "sandi-center", **headers})
            answer = connection.getresponse()
            said = _read(answer, until_s)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"the connection broke: {_reason(error)}", uncertain=True) from error
    finally:
        connection.close()
    _judge(answer.status, answer.getheader("Retry-After") or "", said)
    return said


def as_object(said: bytes) -> dict[str, Any]:
    """An answer's JSON object; {} when it is none."""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _read(answer: http.client.HTTPResponse, until_s: float) -> bytes:
    said = bytearray()
    while len(said) < MAX_ANSWER_BYTES:
        if time.monotonic() > until_s:
            raise TimeoutError("the answer takes too long")
        piece = answer.read1(8192)
        if not piece:
            break
        said += piece
    return bytes(said[:MAX_ANSWER_BYTES])


def _judge(status: int, retry_after: str, said: bytes) -> None:
    """A server's own trouble may have come after it took the message; a refusal is a refusal."""
    if 200 <= status < 300:
        return
    wait_s = 0.0
    with suppress(ValueError):
        wait_s = min(3600.0, max(0.0, float(retry_after or 0)))
    if status == 429:
        asked = as_object(said).get("parameters")
        if isinstance(asked, dict) and isinstance(asked.get("retry_after"), int):
            wait_s = min(3600.0, max(0.0, float(asked["retry_after"])))
        raise DeliveryError("HTTP 429: too many messages", wait_s=wait_s or 30)
    why = as_object(said).get("description")
    text = f"HTTP {status}" + (f": {why[:100]}" if isinstance(why, str) else "")
    lasting = 300 <= status < 500 and status != 408
    raise DeliveryError(text, permanent=lasting, uncertain=status >= 500, wait_s=wait_s)


def _reason(error: BaseException) -> str:
    """What went wrong, without an address in it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or type(error).__name__
