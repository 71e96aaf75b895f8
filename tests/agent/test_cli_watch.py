"""`sandi watch` in real terminals: with the agent, without it, small, old, resized, and gone without a trace."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.agent_box import NODE, AgentBox, stop
from tests.support.lab import NOBODY
from tests.support.processes import program, wait_until
from tests.support.terminal import ENTER, LEAVE, PATIENCE_S, SHOW_CURSOR, terminal

CTRL_C = b"\x03"


def test_it_shows_what_the_agent_knows_and_ctrl_c_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running(), terminal("watch", "-c", str(box.config), "--interval", "0.3") as screen:
        screen.wait_for("dari layanan")
        screen.wait_for("menunggu")
        wait_until(lambda: "127.0.0.1" in "\n".join(screen.frame), "the centre's line")
        assert screen.frame[0].startswith(NODE)
        assert any(line.startswith("Putusan") for line in screen.frame)
        assert len(screen.frame) == 24
        assert ENTER.encode() in screen.raw
        screen.press(CTRL_C)
        assert screen.wait() == 0
        end = screen.raw.decode()[-200:]
        assert LEAVE in end and SHOW_CURSOR in end
        assert b"Traceback" not in screen.raw


def test_when_the_agent_dies_it_goes_on_by_itself_and_comes_back_with_it(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with terminal("watch", "-c", str(box.config), "--interval", "0.3") as screen:
        with box.running() as agent:
            screen.wait_for("dari layanan")
            stop(agent)
            screen.wait_for("TIDAK berjalan")
            screen.wait_for("layanan tidak menjawab lagi")
            screen.wait_for("B1  Broker mati")  # measured by the screen: nobody listens at the centre's port
        with box.running():
            screen.wait_for("dari layanan")
            screen.wait_for("layanan menjawab lagi")


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (10, 40), (50, 132)])
def test_it_fits_its_terminal_and_follows_a_resize(tmp_path: Path, rows: int, columns: int) -> None:
    with terminal("watch", "--centre", "127.0.0.1", "--interval", "0.3", rows=rows, columns=columns) as screen:
        screen.wait_for("Putusan")
        assert len(screen.frame) == rows
        assert max(len(line) for line in screen.frame) <= columns
        screen.resize(18, 60)
        wait_until(lambda: len(screen.frame) == 18, "the new size")
        wait_until(lambda: max(map(len, screen.frame)) <= 60, "the new width")
        assert any(line.startswith("Putusan") for line in screen.frame)


@pytest.mark.parametrize("term", ["linux", "vt220"])
def test_the_box_own_console_gets_ascii_only(term: str) -> None:
    with terminal("watch", "--centre", "127.0.0.1", "--interval", "0.3", TERM=term) as screen:
        screen.wait_for("hilang")
        screen.wait_for("B1")
        assert screen.raw.isascii()


def test_without_colour_it_says_the_same(tmp_path: Path) -> None:
    with terminal("watch", "--centre", "127.0.0.1", "--interval", "0.3", "--lang", "en", NO_COLOR="1") as screen:
        screen.wait_for("B1  Broker down")
        assert b"\x1b[31m" not in screen.raw and b"\x1b[1;31m" not in screen.raw


@pytest.mark.parametrize("how", ["--plain", "pipe", "dumb"])
def test_plain_it_tells_changes_as_lines(how: str) -> None:
    words = ("watch", "--centre", "127.0.0.1", "--interval", "0.3", *(("--plain",) if how == "--plain" else ()))
    if how == "pipe":
        with program(sys.executable, "-m", "agent.cli", *words) as running:
            running.wait_for_output("-> B1 Broker mati", PATIENCE_S)
            assert "\x1b" not in running.output
        return
    with terminal(*words, TERM="dumb" if how == "dumb" else "xterm") as screen:
        screen.wait_for("-> B1 Broker mati")
        assert "\x1b" not in screen.raw.decode()
        screen.press(CTRL_C)
        assert screen.wait() == 0


def test_a_wrong_centre_is_wrong_use() -> None:
    with terminal("watch", "--centre", "pusat:0") as screen:
        assert screen.wait() == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_who_may_not_ask_the_agent_is_told_so_and_sees_what_can_be_measured() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # as /etc/sandi and /run/sandi are for everybody
        box = AgentBox(folder)
        words = ("-m", "agent.cli", "watch", "--plain", "-c", str(box.config))
        with box.running(), program(*NOBODY, sys.executable, *words) as watching:
            watching.wait_for_output("Bukan anggota grup teknisi")
            watching.wait_for_output("U0 -> ", PATIENCE_S)
