"""The browser that shows the screen, and a watchdog for it: the page itself says every few seconds that it lives.

A browser that hangs still has its process, its window and its picture; only the page's own word is worth anything. So
systemd's watchdog is fed only while the page has spoken lately, and when it has been silent for too long, the browser
is ended and the unit begins again. While the server is away nobody is blamed: the page waits for it too.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final, Literal

from agent.sdnotify import Notifier

log: Final = logging.getLogger("agent.kiosk.web")
SILENT_S: Final = 45.0
"""Nine beats of the page. A first page on a slow card with a cold cache has been seen to take half of it."""
LOOK_S: Final = 2.0
END_S: Final = 5.0
ARGUMENTS: Final = (
    "--kiosk",
    "--incognito",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-sync",
    "--disable-translate",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--disable-session-crashed-bubble",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--password-store=basic",
    # Nothing but this box's own server, whatever a page or a setting asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-features=Translate,BackForwardCache,MediaRouter,OptimizationHints,AutofillServerCommunication",
    "--ozone-platform-hint=auto",
)
# A page of ours asked for none of this, and nobody before the screen may be asked.
PREFERENCES: Final = {"credentials_enable_service": False, "autofill": {"profile_enabled": False}}


class BrowserError(Exception):
    """The screen is not shown any more. `missing` program, `ended` by itself, `silent` page."""

    def __init__(self, code: Literal["missing", "ended", "silent"]) -> None:
        super().__init__(code)
        self.code = code


def command(program: str, profile: Path, port: int) -> list[str]:
    """The browser's command line. Nothing in it is secret."""
    return [program, *ARGUMENTS, f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"]


def watch(
    program: str, port: int, *, compositor: str = "", extra: tuple[str, ...] = (), silent_s: float = SILENT_S
) -> None:
    """Start the browser and watch over it. Returns on SIGTERM or SIGINT; BrowserError when it has to begin again.

    `compositor`: a program that shows one other on a bare console (`cage`), started around the browser. Its socket lies
    beside the profile: where the unit is closed, nothing else of the session can be written.
    """
    found = shutil.which(program)
    around = [shutil.which(compositor), "-d", "--"] if compositor else []
    if found is None or None in around:
        raise BrowserError("missing")
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopped.append(received))
    with tempfile.TemporaryDirectory(prefix="sandi-kiosk-", ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        (profile / "Default").mkdir()
        (profile / "Default" / "Preferences").write_text(json.dumps(PREFERENCES), encoding="utf-8")
        line = [*(str(word) for word in around), *command(found, profile, port)]
        environment = {**os.environ, "XDG_RUNTIME_DIR": folder} if around else None
        browser = subprocess.Popen([*line[:-1], *extra, line[-1]], start_new_session=True, env=environment)
        try:
            _watch(browser, port, stopped, silent_s)
        finally:
            _end(browser)


def _watch(browser: subprocess.Popen[bytes], port: int, stopped: list[int], silent_s: float) -> None:
    notifier = Notifier()
    heard_s = time.monotonic()
    told = False
    while not stopped:
        if browser.poll() is not None:
            raise BrowserError("ended")
        age_s = page_age_s(port)
        if age_s is None:  # the server is away, and its own unit brings it back
            heard_s = time.monotonic()
        elif age_s < silent_s:
            heard_s = max(heard_s, time.monotonic() - age_s)
            if not told:
                told = True
                notifier.send("READY=1")
                log.info("kiosk-page-shown")
        if time.monotonic() - heard_s > silent_s:
            log.warning("kiosk-page-silent", extra={"silent_s": round(time.monotonic() - heard_s, 1)})
            raise BrowserError("silent")
        notifier.send("WATCHDOG=1")
        time.sleep(LOOK_S)


def page_age_s(port: int) -> float | None:
    """How long ago the page last spoke; infinite when it never did, None when the server does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=LOOK_S) as answer:
            age_s = json.loads(answer.read(1024)).get("page_age_s")
    except (OSError, urllib.error.URLError, ValueError, AttributeError):
        return None
    return float(age_s) if isinstance(age_s, int | float) else float("inf")


def _end(browser: subprocess.Popen[bytes]) -> None:
    """The browser and all of its processes."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(browser.pid, number)
        except ProcessLookupError:
            break
        try:
            browser.wait(END_S)
        except subprocess.TimeoutExpired:
            continue
    browser.wait()
