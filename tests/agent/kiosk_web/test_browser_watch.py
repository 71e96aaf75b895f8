"""The browser's watchdog, with a real Chromium: fed while the page speaks, and beginning again when it does not."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.kiosk.web.browser import BrowserError, command, page_age_s, watch
from tests.support.chromium import WHOLE_CHROMIUM
from tests.support.kiosk_screen import REPOSITORY
from tests.support.ports import free_port
from tests.support.processes import wait_until

WATCH = (
    "import sys; from agent.kiosk.web.browser import watch, BrowserError\n"
    "try:\n"
    "    flags = ('--headless=new', '--no-sandbox', '--disable-gpu')\n"
    "    watch(sys.argv[1], int(sys.argv[2]), extra=flags)\n"
    "except BrowserError as error:\n"
    "    sys.exit({'missing': 11, 'ended': 12, 'silent': 13}[error.code])\n"
)


class Systemd:
    """What listens at NOTIFY_SOCKET, all the time: who speaks to nobody waits when ten words lie there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._heard: set[str] = set()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def hear(self, word: str, within_s: float = 120.0) -> None:
        wait_until(lambda: word in self._heard, f"{word} to be said", within_s)

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))
        self._listening.join(60)
        self._socket.close()

    def _listen(self) -> None:
        while words := self._socket.recv(4096):
            self._heard.update(words.decode().split("\n"))


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listening = Systemd(tmp_path)
    yield listening
    listening.close()


@pytest.fixture
def watching(screen: str, systemd: Systemd) -> Iterator["subprocess.Popen[bytes]"]:
    port = screen.rpartition(":")[2]
    with tempfile.TemporaryDirectory() as left_behind:  # a browser that is killed leaves a folder there
        process = subprocess.Popen(
            [sys.executable, "-c", WATCH, WHOLE_CHROMIUM, port],
            cwd=REPOSITORY,
            env=os.environ | {"NOTIFY_SOCKET": str(systemd.path), "PYTHONPATH": str(REPOSITORY), "TMPDIR": left_behind},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        yield process
        process.terminate()
        process.wait(60)


def children(pid: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.browser
@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_page_that_hangs_ends_the_browser_and_says_so(watching: "subprocess.Popen[bytes]", systemd: Systemd) -> None:
    systemd.hear("READY=1")
    systemd.hear("WATCHDOG=1")
    (browser,) = children(watching.pid)
    os.killpg(browser, signal.SIGSTOP)  # every process of it: the window would stay as it was
    assert watching.wait(240) == 13
    with pytest.raises(ProcessLookupError):
        os.kill(browser, 0)


@pytest.mark.browser
@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_browser_that_ends_by_itself_is_noticed(watching: "subprocess.Popen[bytes]", systemd: Systemd) -> None:
    systemd.hear("READY=1")
    (browser,) = children(watching.pid)
    os.kill(browser, signal.SIGKILL)
    assert watching.wait(120) == 12


@pytest.mark.browser
@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_stop_is_in_order_and_takes_the_browser_along(watching: "subprocess.Popen[bytes]", systemd: Systemd) -> None:
    systemd.hear("READY=1")
    (browser,) = children(watching.pid)
    watching.terminate()
    assert watching.wait(120) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(browser, 0)


def test_a_browser_that_is_not_there_is_named_missing() -> None:
    with pytest.raises(BrowserError) as caught:
        watch("no-such-browser", free_port())
    assert caught.value.code == "missing"


def test_a_server_that_is_away_is_not_held_against_the_page() -> None:
    assert page_age_s(free_port()) is None


def test_the_browser_s_command_line_leads_to_this_machine_alone(tmp_path: Path) -> None:
    line = command("chromium", tmp_path, 8095)
    assert line[-1] == "http://127.0.0.1:8095/"
    assert "--kiosk" in line and "--incognito" in line
    assert [word for word in line if "http" in word] == [line[-1]]
