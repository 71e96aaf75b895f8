"""The unix sockets: real ones, with honest, rude, slow and forbidden clients."""

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from agent import control
from agent.control import MAX_CLIENTS, MAX_LINE_BYTES, ControlError, ControlSocket
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.sockets import short_path

PATIENCE_S = 120.0


async def echo(request: Mapping[str, object]) -> Mapping[str, object]:
    return {"said": request.get("text")}


async def refuse(_: Mapping[str, object]) -> Mapping[str, object]:
    raise ControlError("disk_reserve", "no room")


async def crash(_: Mapping[str, object]) -> Mapping[str, object]:
    raise KeyError("a defect")


@contextlib.asynccontextmanager
async def serving(path: Path, group: str = "no-such-group") -> AsyncIterator[ControlSocket]:
    server = ControlSocket(path, {"echo": echo, "refuse": refuse, "crash": crash}, group)
    ready = asyncio.Event()
    task = asyncio.create_task(server.run(ready.set))
    await ready.wait()
    try:
        yield server
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def raw(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with short_path(path) as address:
        return await asyncio.open_unix_connection(address)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is cut for being slow where the test is about something else."""
    monkeypatch.setattr(control, "IDLE_TIMEOUT_S", PATIENCE_S)


def asking(path: Path, request: Mapping[str, object]) -> dict[str, object]:
    async def scenario() -> dict[str, object]:
        async with serving(path):
            return await asyncio.to_thread(ask, path, request, PATIENCE_S)

    return asyncio.run(scenario())


def test_a_request_is_answered(tmp_path: Path) -> None:
    assert asking(tmp_path / "c.sock", {"op": "echo", "text": "Kelurahan Sukawana"}) == {"said": "Kelurahan Sukawana"}


def test_a_socket_deep_in_the_tree_works_although_its_path_is_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    assert asking(deep / "c.sock", {"op": "echo", "text": "x"}) == {"said": "x"}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"op": "refuse"}, "disk_reserve"),
        ({"op": "crash"}, "internal"),
        ({"op": "shell"}, "unknown_op"),
        ({"op": ["echo"]}, "unknown_op"),
        ({}, "unknown_op"),
    ],
)
def test_a_refusal_has_a_code(tmp_path: Path, request_: dict[str, object], code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        asking(tmp_path / "c.sock", request_)
    assert caught.value.code == code


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b"[" * 5000 + b"\n", b"\xff\n", b"\n"])
def test_a_line_that_is_no_request_is_answered_and_the_connection_goes_on(tmp_path: Path, line: bytes) -> None:
    async def scenario() -> None:
        async with serving(tmp_path / "c.sock"):
            reader, writer = await raw(tmp_path / "c.sock")
            writer.write(line)
            assert json.loads(await reader.readline())["error"]["code"] == "bad_request"
            writer.write(b'{"op": "echo", "text": 1}\n')
            assert json.loads(await reader.readline()) == {"ok": True, "said": 1}
            writer.close()

    asyncio.run(scenario())


def test_a_line_over_the_limit_is_refused_and_cut(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path / "c.sock"):
            reader, writer = await raw(tmp_path / "c.sock")
            writer.write(b'{"op": "echo", "text": "' + b"x" * (MAX_LINE_BYTES + 10) + b'"}\n')
            assert json.loads(await reader.readline())["error"]["code"] == "too_large"
            assert await reader.read() == b""
            writer.close()

    asyncio.run(scenario())


def test_a_line_at_the_limit_is_served(tmp_path: Path) -> None:
    text = "x" * (MAX_LINE_BYTES - 100)
    assert asking(tmp_path / "c.sock", {"op": "echo", "text": text}) == {"said": text}


def test_a_silent_client_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE_TIMEOUT_S", 0.1)

    async def scenario() -> None:
        async with serving(tmp_path / "c.sock"):
            reader, writer = await raw(tmp_path / "c.sock")
            writer.write(b'{"op": "ec')
            async with asyncio.timeout(PATIENCE_S):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(scenario())


def test_a_client_that_does_not_read_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE_TIMEOUT_S", 0.2)

    async def scenario() -> None:
        async with serving(tmp_path / "c.sock") as server:
            with socket.socket(socket.AF_UNIX) as rude, short_path(tmp_path / "c.sock") as address:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                rude.connect(address)
                rude.setblocking(False)
                line = json.dumps({"op": "echo", "text": "x" * 200_000}).encode() + b"\n"
                loop = asyncio.get_running_loop()
                with pytest.raises((BrokenPipeError, ConnectionResetError)):
                    async with asyncio.timeout(PATIENCE_S):
                        while True:
                            await loop.sock_sendall(rude, line)
            assert not server._clients

    asyncio.run(scenario())


def test_one_client_too_many_is_told_so_and_the_others_are_served(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path / "c.sock"):
            held = [await raw(tmp_path / "c.sock") for _ in range(MAX_CLIENTS)]
            for reader, writer in held:
                writer.write(b'{"op": "echo", "text": 1}\n')
                assert json.loads(await reader.readline())["ok"]
            reader, writer = await raw(tmp_path / "c.sock")
            assert json.loads(await reader.readline())["error"]["code"] == "busy"
            for _, each in [*held, (reader, writer)]:
                each.close()

    asyncio.run(scenario())


def test_the_socket_file_is_for_owner_and_group_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    path.write_text("stale")

    async def scenario() -> None:
        async with serving(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660

    asyncio.run(scenario())
    assert not path.exists()
    with pytest.raises(NoDaemonError):
        ask(path, {"op": "echo"})


CLIENT = """
import os
import sys
from pathlib import Path
from agent.control_client import RefusedError, ask
uid, gid, *groups = map(int, sys.argv[2].split(","))
os.setgroups(groups), os.setgid(gid), os.setuid(uid)
try:
    print(ask(Path(sys.argv[1]), {"op": "echo", "text": "hi"}, 120)["said"])
except RefusedError as error:
    print(error.code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users")
@pytest.mark.parametrize(
    ("uid", "gid", "groups", "answer"),
    [
        (65534, 65534, [], "not_allowed"),
        (65534, 65534, [50], "hi"),  # a member of the group by supplementary group
        (65534, 50, [], "hi"),
        (0, 65534, [], "hi"),
    ],
)
def test_the_kernel_says_who_speaks(uid: int, gid: int, groups: list[int], answer: str) -> None:
    import grp
    import tempfile

    group = grp.getgrgid(50).gr_name

    async def scenario(path: Path) -> str:
        async with serving(path, group) as server:
            server.path.chmod(0o666)  # leave only the peer check in the way
            who = ",".join(map(str, (uid, gid, *groups)))
            client = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", CLIENT, str(path), who), stdout=subprocess.PIPE
            )
            return (await client.communicate())[0].decode().strip()

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        assert asyncio.run(scenario(Path(folder) / "c.sock")) == answer
