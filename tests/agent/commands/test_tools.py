"""What commands are lent: a real child process that is heard, bounded and gone; the helper's box of wishes."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.commanding import AgentTools, child
from agent.commands.job import CommandError
from agent.config import parse
from tests.support.processes import wait_until


class Ear:
    """A job that only listens."""

    def __init__(self) -> None:
        self.text = ""

    async def output(self, text: str) -> None:
        self.text += text


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def ran(code: str, timeout_s: float = 60.0, stdin: bytes = b"") -> tuple[int, str]:
    """Exit code and all it printed."""
    ear = Ear()
    return asyncio.run(child(python(code), ear.output, timeout_s=timeout_s, stdin=stdin)), ear.text


def test_all_a_child_prints_is_heard_in_order_with_its_exit_code() -> None:
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr, flush=True); print('é'); sys.exit(3)"
    assert ran(code) == (3, "one\ntwo\né\n")


def test_it_is_given_what_it_is_to_read_and_need_not_read_it() -> None:
    assert ran("import sys; print(len(sys.stdin.read()))", stdin=b"x" * 300_000) == (0, "300000\n")
    assert ran("import os; os.close(0); print('no thanks')", stdin=b"x" * 3_000_000) == (0, "no thanks\n")


def test_bytes_that_are_no_text_are_heard_as_something() -> None:
    code, text = ran("import os; os.write(1, b'a\\xff\\xc3')")
    assert (code, text) == (0, "a��")


def test_what_cannot_be_started_is_an_error() -> None:
    with pytest.raises(CommandError) as caught:
        asyncio.run(child(("/nowhere/at/all",), Ear().output, timeout_s=10))
    assert caught.value.code == "start"


WITH_A_CHILD = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); {}"


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def gone(pid: int) -> bool:
    try:
        return not lives(pid)
    except FileNotFoundError:
        return True


def test_after_its_time_it_is_gone_with_its_children() -> None:
    ear = Ear()
    with pytest.raises(CommandError) as caught:
        asyncio.run(child(python(WITH_A_CHILD.format("time.sleep(600)")), ear.output, timeout_s=1.0))
    assert caught.value.code == "timeout"
    if ear.text:  # a busy machine may not have come so far
        wait_until(lambda: gone(int(ear.text)), "its child to be gone")


def test_what_it_leaves_running_is_gone_with_it() -> None:
    code, text = ran(WITH_A_CHILD.format("sys.exit(0)"))
    assert code == 0
    wait_until(lambda: gone(int(text)), "its child to be gone")


def test_whoever_stops_waiting_leaves_nothing_behind() -> None:
    async def story() -> tuple[int, bool]:
        ear = Ear()
        running = asyncio.create_task(child(python(WITH_A_CHILD.format("time.sleep(600)")), ear.output, timeout_s=600))
        async with asyncio.timeout(60):
            while "\n" not in ear.text:  # noqa: ASYNC110 - another process prints it
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        return int(ear.text), running.cancelled()

    pid, stopped = asyncio.run(story())
    wait_until(lambda: gone(pid), "its child to be gone")
    assert (stopped, gone(pid)) == (True, True)


@pytest.fixture
def tools(tmp_path: Path) -> AgentTools:
    text = '[node]\nid = "kel-3673011001"\ndata_dir = "data"\nrun_dir = "run"\n[uplink]\nhost = "localhost"\n'
    path = tmp_path / "agent.toml"
    path.write_text(text)
    (tmp_path / "run").mkdir()
    parts: Any = SimpleNamespace(config=parse(text, path, {}))
    return AgentTools(parts)


def test_sandi_is_this_version_with_this_configuration(tools: AgentTools) -> None:
    ear: Any = Ear()
    code = asyncio.run(tools.sandi(ear, ("config", "check", "--lang", "en"), timeout_s=60))
    assert (code, "kel-3673011001" in ear.text) == (0, True)
    ear = Ear()
    assert asyncio.run(tools.sandi(ear, ("version",), timeout_s=60)) == 0
    assert ear.text.startswith("sandi ")


async def taken_by_a_helper(tools: AgentTools, word: str) -> None:
    """The wish, while a helper takes what it finds."""
    path = tools.config.node.run_dir / "want" / word
    wishing = asyncio.create_task(tools.want(word, timeout_s=60))
    while not path.exists():  # noqa: ASYNC110 - it is a file
        await asyncio.sleep(0.01)
    path.unlink()
    await wishing


def test_a_wish_is_a_file_until_the_helper_takes_it(tools: AgentTools) -> None:
    asyncio.run(taken_by_a_helper(tools, "reboot"))
    assert list((tools.config.node.run_dir / "want").iterdir()) == []


def test_a_wish_nobody_takes_is_taken_back(tools: AgentTools) -> None:
    with pytest.raises(CommandError) as caught:
        asyncio.run(tools.want("reboot", timeout_s=0.05))
    assert caught.value.code == "helper"
    assert list((tools.config.node.run_dir / "want").iterdir()) == []


def test_only_what_the_helper_knows_can_be_wished_for(tools: AgentTools) -> None:
    with pytest.raises(ValueError, match="rm"):
        asyncio.run(tools.want("rm"))


def test_stop_ends_the_process_in_order(tools: AgentTools) -> None:
    async def story() -> str:
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.set_result, "asked to end")
        tools.stop("restart-agent")
        async with asyncio.timeout(60):
            return await heard

    assert asyncio.run(story()) == "asked to end"
