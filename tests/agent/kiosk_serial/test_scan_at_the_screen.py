"""A receipt held before the scanner fills in the code at the screen, in a real Chromium and with the real processes."""

import os
import pty
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.control_client import NoDaemonError, ask
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.kiosk_screen import REPOSITORY, Visitor, kiosk_screen
from tests.support.small_intake import SmallIntake
from wire.tickets import make_code

if TYPE_CHECKING:
    from playwright.sync_api import Page

CODE = make_code(b"sandi!")


@contextmanager
def plugged_in(link: Path) -> Iterator[int]:
    """A scanner's end of a line, and its name."""
    scanner, line = pty.openpty()
    tty.setraw(line)
    link.symlink_to(os.ttyname(line))
    try:
        yield scanner
    finally:
        os.close(scanner)
        os.close(line)


def until_open(run_dir: Path, log: Path) -> None:
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        with suppress(NoDaemonError):
            rows = ask(run_dir / "devices.sock", {"op": "devices"})["devices"]
            assert isinstance(rows, list)
            if rows[0]["trouble"] == "":
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.mark.full
@pytest.mark.browser
def test_a_scanned_receipt_leads_to_the_pin_and_an_identity_card_nowhere(in_memory: Path) -> None:
    from playwright.sync_api import sync_playwright

    serial = f'[kiosk.serial]\nrun_dir = "{in_memory}/devices"\nstate_dir = "{in_memory}/state"\n'
    serial += f'[[kiosk.serial.scanner]]\ndevice = "{in_memory}/scanner"\n'
    with (
        plugged_in(in_memory / "scanner") as scanner,
        SmallIntake(in_memory),
        kiosk_screen(in_memory, in_memory, serial) as base,
    ):
        command = [sys.executable, "-m", "agent.cli", "kiosk", "serial", "--config", str(in_memory / "agent.toml")]
        with (in_memory / "log").open("wb") as log, sync_playwright() as playwright:
            devices = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, timeout=120_000)
            try:
                until_open(in_memory / "devices", in_memory / "log")
                page = browser.new_page()
                page.set_default_timeout(90_000)
                assert _story(page, base, scanner) == []
            finally:
                browser.close()
                devices.terminate()
                devices.wait(60)


def held_before(scanner: int, page: "Page", said: str, selector: str) -> None:
    """Held before the scanner, and again where the box was too slow for it, as one does."""
    from playwright.sync_api import TimeoutError as TooLate

    for _ in range(6):
        os.write(scanner, f"{said}\r".encode())
        with suppress(TooLate):
            page.wait_for_selector(selector, timeout=20_000)
            return
    raise AssertionError(f"nobody heard the scan for {selector}")


def _story(page: "Page", base: str, scanner: int) -> list[str]:
    """What the page complained of."""
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.goto(base)
    visitor = Visitor(page)
    page.wait_for_selector('input[name=camera][value="1"]', state="attached", timeout=60_000)
    page.click('[name="lang"][value="id"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("status", "code")
    held_before(scanner, page, "3673011203850007", ".error:has-text('Jangan pindai KTP')")
    assert page.input_value(".field") == ""
    held_before(scanner, page, f"https://aduan.serangkota.go.id/status#{CODE}", 'body[data-screen="pin"]')
    assert page.url == f"{base}/"
    return complaints
