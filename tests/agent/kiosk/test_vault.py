"""The process that stretches, seals and opens: right, killable, and silent about what it is asked."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from agent.kiosk import stretch
from agent.kiosk.errors import IntakeError
from agent.kiosk.vault import COMMAND, Vault
from tests.support.in_loop import in_loop

SALT = b"0123456789abcdef"


@in_loop
async def test_stretching_is_argon2id_as_another_library_knows_it() -> None:
    async with Vault().talk() as talk:
        first, second = await talk.stretch((b"kode", SALT), (b"kode lain", SALT))
    cost = {"time_cost": stretch.PASSES, "memory_cost": stretch.MEMORY_BYTES // 1024, "parallelism": 1, "hash_len": 32}
    assert first == hash_secret_raw(b"kode", SALT, **cost, type=Type.ID)
    assert second == hash_secret_raw(b"kode lain", SALT, **cost, type=Type.ID)
    assert stretch.MEMORY_BYTES >= 32 * 1024 * 1024 and stretch.PASSES >= 2


@in_loop
async def test_what_is_sealed_opens_with_the_other_half_and_with_no_other() -> None:
    key = PrivateKey.generate()
    async with Vault().talk() as talk:
        assert await talk.public(bytes(key)) == bytes(key.public_key)
        box = await talk.seal(bytes(key.public_key), "Sudah diganti ✓".encode())
        empty = await talk.seal(bytes(key.public_key), b"")
        assert SealedBox(key).decrypt(box).decode() == "Sudah diganti ✓"
        foreign = bytes(SealedBox(PrivateKey.generate().public_key).encrypt(b"x"))
        broken = box[:-1] + bytes([box[-1] ^ 1])
        opened = await talk.open(bytes(key), [box, foreign, broken, b"", b"short", empty])
    assert opened == ["Sudah diganti ✓".encode(), None, None, None, None, b""]


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(600)",
        "import sys; sys.exit(1)",
        "import sys; sys.stdin.readline(); print('zz zz')",
        "import sys; sys.stdin.readline(); print('no')",
        "import sys; sys.stdin.readline(); print('00' * 20_000_000)",
        "import sys; sys.stdin.readline(); sys.stdout.write('00'); sys.stdout.flush()",
    ],
)
def test_a_process_that_hangs_dies_or_talks_nonsense_is_a_box_that_is_busy(code: str) -> None:
    async def scenario() -> None:
        vault = Vault((sys.executable, "-c", code), deadline_s=3.0)
        with pytest.raises(IntakeError) as refusal:
            async with vault.talk() as talk:
                await talk.stretch((b"rahasia", SALT), (b"rahasia", SALT))
        assert refusal.value.code == "busy" and not refusal.value.permanent
        assert "rahasia" not in repr(refusal.value) + str(refusal.value)

    asyncio.run(scenario())


@in_loop
async def test_a_process_that_cannot_be_started_is_a_box_that_is_busy() -> None:
    with pytest.raises(IntakeError) as refusal:
        async with Vault(("/nowhere/python",)).talk():
            raise AssertionError("there is nobody to talk to")
    assert refusal.value.code == "busy"


@in_loop
async def test_however_a_conversation_ends_no_process_is_left() -> None:
    vault = Vault((sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"))
    pids: list[int] = []
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with vault.talk() as talk:
                pids.append(int(await talk._child.line()))
                raise ZeroDivisionError
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@in_loop
async def test_more_than_two_at_once_wait_for_their_turn() -> None:
    vault, running, most = Vault(), 0, 0

    async def one() -> None:
        nonlocal running, most
        async with vault.talk() as talk:
            running += 1
            most = max(most, running)
            await talk.stretch((b"x", SALT))
            running -= 1

    await asyncio.gather(*(one() for _ in range(6)))
    assert most == 2


@in_loop
async def test_secrets_stand_neither_in_the_arguments_nor_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDI_CREDENTIALS", "/run/keys")
    async with Vault().talk() as talk:
        await talk.stretch((b"rahasia", SALT))
        place = Path("/proc") / str(talk._child.pid)
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        for secret in (b"rahasia", b"rahasia".hex().encode(), b"SANDI_CREDENTIALS"):
            assert secret not in seen
        assert "Max core file size        0 " in (place / "limits").read_text()


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_any_line_is_answered_or_refused_with_a_value_error(line: str) -> None:
    try:
        stretch.answered(" ".join(word for word in line.split() if word != "stretch") or "x")
    except Exception as error:  # noqa: BLE001 - what main() turns into "no"
        assert not isinstance(error, MemoryError | RecursionError)


def test_the_process_answers_no_to_what_is_no_request_and_goes_on() -> None:
    asked = "stretch\nopen zz 00\n\nseal 00\npublic " + "11" * 32 + "\nstretch 00 1111\n"
    answers = subprocess.run(COMMAND, input=asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert answers[:4] == ["no"] * 4 and len(answers[4]) == 64 and answers[5] == "no"


def test_the_process_loads_little() -> None:
    """A citizen waits for its start."""
    code = f"import sys; sys.path.insert(0, {str(Path(stretch.__file__).parent)!r}); import stretch\n" + (
        "from nacl import bindings\n"
        "heavy = {'asyncio', 'msgspec', 'json', 'sqlite3', 'ssl', 'logging', 'agent'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


@in_loop
async def test_a_prepared_process_is_the_one_that_is_talked_to_and_there_is_never_a_second_one(tmp_path: Path) -> None:
    started = tmp_path / "started"
    mark = f"open({str(started)!r}, 'a').write('x'); import runpy; runpy.run_path({COMMAND[-1]!r}, run_name='__main__')"
    vault = Vault((sys.executable, "-P", "-c", mark))
    await asyncio.gather(*(vault.prepare() for _ in range(20)))
    await vault.prepare()
    spare = vault._spare
    assert spare is not None and vault._spare_ends is not None
    async with vault.talk() as talk:
        assert talk._child is spare and vault._spare is None
        assert len(await talk.stretch((b"kode", SALT))) == 1
        assert started.read_text() == "x", "twenty who ask at once do not start twenty"
        async with vault.talk() as other:
            assert other._child is not spare
    assert gone(spare.pid)


@in_loop
async def test_a_prepared_process_nobody_comes_for_goes_by_itself_and_with_the_intake() -> None:
    for vault in (Vault(spare_s=0.05), Vault()):
        await vault.prepare()
        spare = vault._spare
        assert spare is not None
        if vault._spare_s == 60:
            vault.close()
        await until(lambda pid=spare.pid: gone(pid))  # type: ignore[misc]
        assert vault._spare is None
        async with vault.talk() as talk:
            assert talk._child is not spare and await talk.stretch((b"kode", SALT))


@in_loop
async def test_a_prepared_process_that_died_waiting_is_replaced() -> None:
    """It is among the first to go when memory ends."""
    vault = Vault()
    await vault.prepare()
    first = vault._spare
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: not first.alive)
    async with vault.talk() as talk:
        assert talk._child is not first and await talk.stretch((b"kode", SALT))
    await vault.prepare()
    second = vault._spare
    assert second is not None
    os.kill(second.pid, signal.SIGKILL)
    await until(lambda: not second.alive)
    await vault.prepare()
    assert vault._spare not in (None, second)
    vault.close()


@in_loop
async def test_what_cannot_be_prepared_is_no_error() -> None:
    vault = Vault(("/nowhere/python",))
    await vault.prepare()
    assert vault._spare is None


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def until(state: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not state():  # noqa: ASYNC110 - another process's end sets no event here
            await asyncio.sleep(0.01)
