"""The commander's door: whatever bytes come, it answers or hangs up, orders nothing, and answers the next one."""

import asyncio
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.commander_door import commander_thread, said
from tests.support.commanding import born, enrolled

NODE = "kel-3673011001"


@pytest.fixture
def door(center_data: Path) -> Iterator[Path]:
    enrolled(NODE)
    born(NODE, "nonce")
    with commander_thread(center_data) as path:
        yield path


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def is_well(data: Path) -> bool:
    from center.commander.client import ask_now
    from center.commander.frames import Status

    return ask_now(data, Status(), 60).facts["entries"] == 0


WHOLE = {"type": "order", "key": "k", "command": "ping", "nodes": [NODE], "by": "sari", "arguments": {"host": "x"}}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from([*WHOLE, "roll", "otp", "toml", "per_node", "per_node_arguments", "note", "operation", "what"])
bodies = st.one_of(
    st.binary(max_size=300),
    values.map(msgspec.json.encode),
    st.dictionaries(names, values, min_size=1, max_size=3).map(
        lambda changed: msgspec.json.encode({**WHOLE, "command": "reboot", **changed})
    ),
)


def test_whatever_comes_through_the_door_nothing_is_ordered(center_data: Path, door: Path) -> None:
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies, st.sampled_from(["whole", "long", "short", "bare"]))
    def tried(body: bytes, how: str) -> None:
        frames = {
            "whole": framed(body), "long": struct.pack(">I", len(body) + 5) + body,
            "short": struct.pack(">I", max(0, len(body) - 1)) + body, "bare": body,
        }  # fmt: skip
        answer = said(door, frames[how])
        if answer:
            found = msgspec.json.decode(answer[4:])
            assert found["code"], found
            assert found["operation"] == ""

    tried()
    assert is_well(center_data)


def test_a_frame_that_is_too_large_is_not_read(center_data: Path, door: Path) -> None:
    assert said(door, struct.pack(">I", 2**31) + b"x") == b""
    assert is_well(center_data)


@pytest.mark.full
def test_who_says_half_a_question_is_cut_and_keeps_nobody_waiting(center_data: Path, door: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as slow:
        slow.connect(str(door))
        slow.sendall(b"\0\0")
        assert is_well(center_data)
        slow.settimeout(60)
        assert slow.recv(1) == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be asked as by root alone")
def test_another_user_is_not_answered(center_data: Path, door: Path) -> None:
    door.chmod(0o666)
    for folder in (door.parent, *door.parent.parents):
        if str(folder).startswith(os.environ.get("TMPDIR", "/tmp")):
            folder.chmod(folder.stat().st_mode | 0o011)
    child = os.fork()
    if child == 0:
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        os._exit(0 if said(door, framed(msgspec.json.encode({"type": "status"}))) == b"" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert is_well(center_data)


def test_a_database_that_is_away_is_said_and_nothing_is_ordered(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the book is written: the order is not there, and asking again with the same key makes it."""
    from django.db import OperationalError

    from center.commander.frames import Order
    from center.commander.service import Commander
    from tests.support.commanding import desk

    with desk(center_data, NODE) as made:
        raw = msgspec.json.encode(Order("k1", "ping", (NODE,), "sari", arguments={"host": "x"}))
        commander = Commander(made.office)

        def away(*_: object) -> set[str]:
            raise OperationalError("gone")

        with monkeypatch.context() as patched:
            patched.setattr(made.office._ordering, "nodes", away)
            assert commander.answer(raw).code == "unavailable"
        assert made.office.book.asked("k1") is None
        assert commander.answer(raw).code == ""


def test_a_coroutine_asks_the_same(center_data: Path, door: Path) -> None:
    from center.commander.client import ask, socket_of
    from center.commander.frames import Order

    order = Order("k1", "ping", (NODE,), "sari", arguments={"host": "10.0.0.1"})
    answer = asyncio.run(ask(socket_of(center_data), order, 60))
    assert answer.code == ""
    assert answer.operation


def test_nobody_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    from center.commander.client import CommanderDownError, ask_now
    from center.commander.frames import Status

    with pytest.raises(CommanderDownError, match="sandi-center up"):
        ask_now(tmp_path, Status(), 5)


def test_what_is_asked_and_not_answered_is_said_to_stand_perhaps(tmp_path: Path) -> None:
    import socket

    from center.commander.client import CommanderSilentError, ask_now
    from center.commander.frames import Status

    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(str(tmp_path / "run" / "commander.sock"))
        deaf.listen(1)
        with pytest.raises(CommanderSilentError, match="may stand"):
            ask_now(tmp_path, Status(), 0.2)
