"""The browser on a bare console: started around it is the program that shows it, in a folder of its own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.kiosk.web.browser import BrowserError, watch


@pytest.fixture(autouse=True)
def same_signals() -> Iterator[None]:
    """The watch takes the process's signals; whatever is tested next wants them as they were."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def _program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_compositor_shows_the_browser_and_has_its_socket_beside_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, "kiosk-compositor", f'echo "$XDG_RUNTIME_DIR $@" >{tmp_path}/said')
    _program(tmp_path, "kiosk-browser", "true")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BrowserError) as raised:
        watch("kiosk-browser", 9, compositor="kiosk-compositor")
    assert raised.value.code == "ended"
    runtime, *words = (tmp_path / "said").read_text().split()
    assert words[:3] == ["-d", "--", str(tmp_path / "kiosk-browser")]
    assert f"--user-data-dir={runtime}" in words
    assert words[-1] == "http://127.0.0.1:9/"


@pytest.mark.parametrize("missing", ["browser", "compositor"])
def test_without_one_of_both_it_says_which_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    there = "compositor" if missing == "browser" else "browser"
    _program(tmp_path, f"kiosk-{there}", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserError) as raised:
        watch("kiosk-browser", 9, compositor="kiosk-compositor")
    assert raised.value.code == "missing"
