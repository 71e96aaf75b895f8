"""The intake socket as it is: whatever comes at each operation, the answer is typed, and what is stored is text."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.control import ControlSocket
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.kiosk.errors import IntakeCode
from agent.operations import KioskDoor
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import NODE, Kiosk, a_request

CODES = {*get_args(IntakeCode), "too_large", "bad_request", "unknown_op"}
OPERATIONS = ("ready", "submit", "photo", "survey", "lookup", "board")
FIELDS = (
    "category", "text", "name", "contact", "client_id", "channel", "lang", "subject", "area", "rt_rw", "identity",
    "photos", "follows_code", "follows_pin", "purpose", "way", "assisted", "code", "pin", "unit", "answers", "index",
    "offset", "bytes_total", "data", "sha256", "__class__",
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats(allow_nan=False) | st.text(max_size=40)
    | st.sampled_from(["aduan", "ppid", "web", "k" * 20, "0000000000", "1234", "opd-disdukcapil", "\x1b@\x00"]),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "escpos": "\x1b@\x1bm\x1dV\x00 potong kertas \x10\x04\x01",
    "nul": "sebelum\0sesudah",
    "emoji": "👩‍👩‍👧‍👦 🔥" * 50,
    "turned": "\u202eakgna 000.1\u202c",
    "path": "../../../../etc/passwd",
    "sql": "'); DROP TABLE ticket; --",
    "format": "{key} %s ${jndi:ldap://x} {0.__class__}",
    "zalgo": "a" + "\u0301" * 500,
}


async def with_socket(kiosk: Kiosk, talk: Callable[[Path], object]) -> object:
    """Serve the real socket and speak to it from a thread."""
    path = kiosk.directory / "intake.sock"
    door = KioskDoor(NODE, kiosk.writer, kiosk.clock, kiosk.directory, kiosk.seal_path, config=kiosk.config)
    door._intake = kiosk.intake
    door._is_open.set()
    ready = asyncio.Event()
    serving = asyncio.create_task(ControlSocket(path, door.operations(), "nobody-of-this-name").run(ready.set))
    try:
        await ready.wait()
        return await asyncio.to_thread(talk, path)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.dictionaries(st.sampled_from(FIELDS), values, max_size=8))))
def test_any_json_object_at_each_operation_gets_an_answer_or_a_typed_refusal(
    kiosk: Kiosk, requests: list[tuple[str, dict[str, object]]]
) -> None:
    def talk(path: Path) -> None:
        for name, request in requests:
            try:
                answer = ask(path, {**request, "op": name}, timeout_s=60)
                assert isinstance(answer, dict)
            except RefusedError as error:
                assert error.code in CODES, error
                assert error.message and "intake." not in error.message

    kiosk.intake.lock = asyncio.Lock()
    kiosk.intake.vault._places = asyncio.Semaphore(2)
    asyncio.run(with_socket(kiosk, talk))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_stored_as_text_in_every_field(kiosk: Kiosk, name: str) -> None:
    from agent.kiosk.fields import normalised

    text = HOSTILE[name]

    def talk(path: Path) -> object:
        more = {"text": text, "name": text[:90], "contact": text[:90], "rt_rw": text[:5]}
        return ask(path, a_request() | more, timeout_s=60)

    ticket = asyncio.run(with_socket(kiosk, talk))
    assert isinstance(ticket, dict)
    opened = kiosk.opened(kiosk.complaints()[0])
    assert opened["text"] == normalised(text) and opened["name"] == " ".join(normalised(text[:90]).split())
    assert not [one for one in "\0\x1b\x1d\x10\u202e" if one in "".join(opened.values())]
    assert text not in json.dumps(ticket)


@in_loop
async def test_a_lone_surrogate_and_ten_megabytes_are_refused_clearly(kiosk: Kiosk) -> None:
    import socket

    def raw(path: Path, line: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(path))
            with contextlib.suppress(BrokenPipeError):
                client.sendall(line + b"\n")
            try:
                return client.makefile("rb").readline()
            except ConnectionResetError:
                return b""

    def talk(path: Path) -> list[bytes]:
        surrogate = b'{"op":"submit","category":"aduan","text":"rusak \\ud800 sekali","client_id":"' + b"u" * 20 + b'"}'
        huge = b'{"op":"submit","category":"aduan","text":"' + b"x" * 10_000_000 + b'"}'
        return [raw(path, surrogate), raw(path, huge), raw(path, b"[1]"), raw(path, b'{"op":"submit"')]

    answers = await with_socket(kiosk, talk)
    assert isinstance(answers, list)
    codes = [json.loads(one)["error"]["code"] if one else "cut" for one in answers]
    assert codes[0] == "bad_request" and codes[1] in ("too_large", "cut") and codes[2:] == ["bad_request"] * 2
    assert kiosk.complaints() == []


@in_loop
async def test_the_kiosk_s_socket_does_nothing_else(kiosk: Kiosk) -> None:
    def talk(path: Path) -> list[str]:
        found = []
        for name in ("status", "outbox", "flush", "on_reply", "close", "run", "watch"):
            try:
                ask(path, {"op": name})
            except RefusedError as error:
                found.append(error.code)
            except NoDaemonError:
                found.append("gone")
        return found

    assert await with_socket(kiosk, talk) == ["unknown_op"] * 7
