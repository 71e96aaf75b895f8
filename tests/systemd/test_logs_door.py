"""The reader of the journal behind its door: the newest lines of Sandi's units, bounded; no other question is one."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.commands import COMMANDS, Logs, decode_arguments

SCRIPT = Path(__file__).resolve().parents[2] / "systemd/lib/logs.py"
KNOWN = ("agent", "camera", "kiosk", "enrol", "update")


@pytest.fixture(scope="module")
def helper() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sandi_logs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(st.one_of(st.binary(max_size=40), st.from_regex(rb"[a-z ./-]{1,12} -?[0-9]{1,4}\n?", fullmatch=True)))
def test_only_our_units_lines_can_be_asked_for(helper: ModuleType, line: bytes) -> None:
    words = helper.command(line)
    name, _, count = line.partition(b" ")
    sound = name.decode("latin-1") in KNOWN and count in {b"%d\n" % number for number in range(1, 501)}
    assert (words is not None) == sound
    if words is not None:
        units = [word for word in words if word.startswith("--unit=")]
        assert units
        assert all(unit.startswith("--unit=sandi-") and unit.endswith(".service") for unit in units)
        assert not any("browser" in unit for unit in units)


def test_every_unit_that_the_command_knows_has_its_lines(helper: ModuleType) -> None:
    assert COMMANDS["logs"].arguments is Logs
    for unit in KNOWN:
        asked = decode_arguments("logs", {"unit": unit, "lines": 500})
        assert isinstance(asked, Logs)
        assert helper.command(f"{asked.unit} {asked.lines}\n".encode()) is not None
    assert set(helper.UNITS) == set(KNOWN)


def test_of_too_much_the_newest_is_told_in_whole_lines(helper: ModuleType) -> None:
    told = helper.newest((sys.executable, "-c", "for n in range(40000): print(f'line {n:06d}')"))
    lines = told.decode().splitlines()
    assert len(told) <= helper.MOST_BYTES
    assert lines[-1] == "line 039999"
    assert all(line.startswith("line 0") and len(line) == 11 for line in lines)


@pytest.mark.parametrize(("question", "code"), [(b"agent 5\n", 0), (b"sshd 5\n", 2), (b"agent 0\n", 2), (b"", 2)])
def test_one_question_on_a_connection_is_answered_and_the_connection_ends(question: bytes, code: int) -> None:
    """As systemd starts it: the connection is standard input and output. On a machine without these units the answer is
    empty, and an answer it is."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = subprocess.Popen([sys.executable, "-IS", str(SCRIPT)], stdin=theirs.fileno(), stdout=theirs.fileno())
        theirs.close()
        ours.sendall(question)
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(90)
        told = b""
        while piece := ours.recv(65_536):
            told += piece
        assert reader.wait(90) == code
    assert code == 0 or told == b""


def test_it_needs_nothing_but_the_machines_own_python() -> None:
    assert SCRIPT.read_text().startswith("#!/usr/bin/python3 -IS\n")
    imported = {line.split()[1] for line in SCRIPT.read_text().splitlines() if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)
