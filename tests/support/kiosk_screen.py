"""The kiosk's screen as it runs: `sandi kiosk` as a process, before an intake socket that somebody else serves."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

WAIT_MS = 60_000
REPOSITORY = Path(__file__).resolve().parents[2]


def write_config(folder: Path, run_dir: Path, port: int, web: str = "", kiosk: str = "") -> Path:
    """A configuration whose screen listens on `port`; `web` and `kiosk` are further lines of the two tables."""
    file = folder / "agent.toml"
    file.write_text(
        f'[node]\nid = "kel-3673011001"\ndata_dir = "{folder}"\nrun_dir = "{run_dir}"\n'
        f'[uplink]\nhost = "127.0.0.1"\n[kiosk]\n{kiosk}\n[kiosk.web]\nport = {port}\n{web}\n'
    )
    return file


@contextlib.contextmanager
def kiosk_screen(folder: Path, run_dir: Path, web: str = "", kiosk: str = "") -> Iterator[str]:
    """The screen's address, while its server runs."""
    with screen_process(folder, run_dir, web, kiosk) as (base, _):
        yield base


@contextlib.contextmanager
def screen_process(
    folder: Path, run_dir: Path, web: str = "", kiosk: str = ""
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Its address and its process."""
    port = free_port()
    file = write_config(folder, run_dir, port, web, kiosk)
    with (folder / "screen.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "kiosk", "--config", str(file)], cwd=REPOSITORY, stdout=log, stderr=log
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _until_it_answers(base, process, folder / "screen.log")
        yield base, process
    finally:
        process.terminate()
        assert process.wait(60) == 0, (folder / "screen.log").read_text()


def serves(base: str) -> bool:
    """Whether the kiosk's screen answers there."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _until_it_answers(base: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s and process.poll() is None:
        if serves(base):
            return
        time.sleep(0.05)
    raise AssertionError(f"the screen did not start: {log.read_text()}")


class Visitor:
    """Somebody before the screen, by touch."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def wait(self, screen: str) -> None:
        """Until that screen is shown, whole and ready to be pressed."""
        self.page.wait_for_selector(f'body[data-screen="{screen}"]', timeout=WAIT_MS)

    def wait_anew(self) -> None:
        """Until the idle screen after a visit has been loaded anew: a press before that may meet the loading."""
        self.wait("idle")
        self.page.wait_for_selector("main .wiped", state="detached", timeout=WAIT_MS)
        self.page.wait_for_selector('input[name=camera][value="1"]', state="attached", timeout=WAIT_MS)

    def choose(self, value: str, then: str = "") -> None:
        self.page.click(f'.choice[value="{value}"]')
        if then:
            self.wait(then)

    def go_on(self, then: str = "") -> None:
        self.page.click('[data-key="next"]')
        if then:
            self.wait(then)

    def type(self, text: str) -> None:
        """On the keyboard in the page, key by key."""
        for letter in text:
            self.page.click(f'#keyboard [data-skbtn="{letter}"]')
