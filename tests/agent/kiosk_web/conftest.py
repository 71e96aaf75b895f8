"""Fixtures of the screen's tests: the real server before a small intake, and a real Chromium."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.kiosk_screen import Visitor, kiosk_screen
from tests.support.small_intake import SmallIntake

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STATUS_URL = "https://aduan.serangkota.go.id/status"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, SmallIntake]]:
    """For a module's tests: a screen in two complete languages and a partial one, and the intake behind it."""
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        SmallIntake(Path(folder)) as intake,
        kiosk_screen(
            Path(folder), Path(folder), 'languages = ["id", "en", "su"]', f'status_url = "{STATUS_URL}"'
        ) as base,
    ):
        yield base, intake


@pytest.fixture
def intake(served: tuple[str, SmallIntake]) -> SmallIntake:
    """As nobody had been there before."""
    served[1].forget()
    return served[1]


@pytest.fixture
def screen(served: tuple[str, SmallIntake], intake: SmallIntake) -> str:
    """The screen's address."""
    assert intake.path.exists()
    return served[0]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    # No longer than a module: while it is open the thread has a running event loop, and other tests want their own.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, timeout=120_000)
        yield launched
        launched.close()


@pytest.fixture
def stand_before(browser: "Browser") -> Iterator[Callable[..., Visitor]]:
    """Stand before a screen of some size. What the page complains of, or asks of another machine, fails the test.
    `own_clock`: the page's clock goes as ours, and can be stopped and put forward."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def stand(base: str, width: int = 1280, height: int = 800, *, own_clock: bool = False) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        if own_clock:
            page.clock.install()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
        page.on("request", lambda asked: asked.url.startswith((base, "blob:")) or complaints.append(asked.url))
        page.goto(base)
        # The page has looked for a camera by then: the last thing it does before it can be pressed.
        page.wait_for_selector('input[name=camera][value="1"]', state="attached", timeout=60_000)
        return Visitor(page)

    yield stand
    for context in contexts:
        context.close()
    assert complaints == []
