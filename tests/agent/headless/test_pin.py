"""The PIN: only its hash is kept, weak ones are refused, a damaged file opens nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.headless.lan import pin
from tests.support.agent_box import AgentBox
from tests.support.terminal import terminal

GOOD = "730251"


def test_only_the_right_one_is_right_and_the_file_does_not_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "lan.pin"
    pin.write(path, GOOD)
    line = pin.read(path)
    assert pin.is_right(GOOD, line)
    for other in ("730252", "", "73025", GOOD + "0", " 730251", "٧٣٠٢٥١"):
        assert not pin.is_right(other, line)
    assert GOOD not in line
    assert path.stat().st_mode & 0o777 == 0o600
    assert pin.hashed(GOOD) != pin.hashed(GOOD)


@pytest.mark.parametrize(
    ("given_pin", "code"),
    [("", "form"), ("12345", "form"), ("1234567890123", "form"), ("abcdef", "form"), ("٧٣٠٢٥١", "form"),
     ("123456", "easy"), ("987654", "easy"), ("111111", "easy"), ("121212", "easy"), ("890123", "easy")],
)  # fmt: skip
def test_a_pin_of_no_use_is_refused(given_pin: str, code: str) -> None:
    with pytest.raises(pin.PinError) as refused:
        pin.check_form(given_pin)
    assert refused.value.code == code


@settings(max_examples=50)
@given(st.text(max_size=80) | st.from_regex(r"scrypt:\d{1,7}:\d{1,2}:1:[0-9a-f]{32}:[0-9a-f]{64}", fullmatch=True))
def test_no_line_opens_anything_or_costs_more_than_ours(line: str) -> None:
    try:
        assert not pin.is_right(GOOD, line)
    except pin.PinError as error:
        assert error.code == "file"


def test_it_is_set_from_standard_input_or_asked_twice(tmp_path: Path) -> None:
    path = tmp_path / "lan.pin"
    box = AgentBox(tmp_path, more=f'[lan_page]\npin_file = "{path}"')
    command = [sys.executable, "-m", "agent.cli", "lan-pin", "set", "-c", str(box.config)]
    done = subprocess.run(command, input=GOOD + "\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert pin.is_right(GOOD, pin.read(path))
    bad = subprocess.run(command, input="1234\n", capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 2
    with terminal("lan-pin", "set", "-c", str(box.config)) as screen:
        screen.wait_for("PIN baru")
        screen.press(b"482915\n")
        screen.wait_for("Sekali lagi")
        screen.press(b"482916\n")
        assert screen.wait() == 2
        assert b"482915" not in screen.raw
    assert pin.is_right(GOOD, pin.read(path))


@pytest.mark.parametrize(("restarts", "exit_code"), [(0, 0), (1, 1)])
def test_the_running_page_is_started_anew_with_the_new_pin(tmp_path: Path, restarts: int, exit_code: int) -> None:
    tools, asked = tmp_path / "tools", tmp_path / "asked"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n[ "$1" = is-active ] || exit {restarts}\n')
    (tools / "systemctl").chmod(0o755)
    box = AgentBox(tmp_path, more=f'[lan_page]\npin_file = "{tmp_path / "lan.pin"}"')
    command = [sys.executable, "-m", "agent.cli", "lan-pin", "set", "-c", str(box.config)]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(command, input=GOOD, text=True, capture_output=True, check=False, env=environment)
    assert done.returncode == exit_code, done.stderr
    assert asked.read_text().splitlines()[-1] == "try-restart sandi-lan-page.service"
    assert ("systemctl restart sandi-lan-page" in done.stderr) is bool(restarts)
    assert pin.is_right(GOOD, pin.read(tmp_path / "lan.pin"))
