"""A citizen before the kiosk's screen and an officer at the desk's pages, both in a real browser.

What the way looks like is the product's own: each screen is answered as it comes, by its name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.city import City
from tests.support.kiosk_screen import WAIT_MS, Visitor

KIOSK_SIZE = {"width": 1280, "height": 800}
DESK_SIZE = {"width": 1366, "height": 900}
MOST_SCREENS = 40


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


class Citizen:
    """Somebody before the screen at `base`."""

    def __init__(self, chromium: Any, base: str) -> None:
        context = chromium.new_context(viewport=KIOSK_SIZE, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MS)
        self.page = context.new_page()
        self._base = base
        self._visitor = Visitor(self.page)

    def hand_in(self, text: str, *, subject: str = "lampu") -> tuple[str, str]:
        """A complaint without a name; code and PIN as the receipt shows them, which stays on the screen."""
        chosen = {"kind": "aduan", "subject": subject, "area": "own", "identity": "anonymous"}
        self._walk("receipt", chosen, {"text": text})
        return self._shown("[data-code]"), self._shown("[data-pin]")

    def look_up(self, code: str, pin: str) -> str:
        """What the screen says about a ticket, or why it says nothing."""
        self._walk("answer", {"kind": "status"}, {"code": code, "pin": pin}, enough=".error")
        return self.page.inner_text("main")

    def leave(self) -> None:
        """Go, as one does: the screen is free for the next."""
        self._visitor.choose("done", "idle")

    def _walk(self, goal: str, chosen: dict[str, str], typed: dict[str, str], enough: str = "none-such") -> None:
        """From the languages to the screen `goal`, or until something matches `enough`."""
        self.page.goto(self._base)
        self._visitor.wait("idle")
        before = ""
        for _ in range(MOST_SCREENS):
            screen = self.page.get_attribute("body", "data-screen") or ""
            if screen == goal or self.page.query_selector(enough):
                return
            assert screen != before, f"the kiosk stays at {screen}:\n{self.page.inner_text('main')}"
            before = screen
            self._answer(screen, {"idle": "id", "emergency": "no", "urgent": "go_on"} | chosen, typed)
            self._turned(screen, enough)
        raise AssertionError(f"no way to {goal}, but to {before}")

    def _answer(self, screen: str, chosen: dict[str, str], typed: dict[str, str]) -> None:
        if screen in chosen:
            self._visitor.choose(chosen[screen])
            return
        if screen in typed:
            self.page.fill("[name=field]", typed[screen])
        self._visitor.go_on()

    def _turned(self, screen: str, enough: str) -> None:
        self.page.wait_for_function(
            "([screen, enough]) => (document.body && document.body.dataset.screen !== screen && "
            "document.body.dataset.screen !== 'waiting') || document.querySelector(enough)",
            arg=[screen, enough], timeout=WAIT_MS,
        )  # fmt: skip
        self.page.wait_for_load_state("load")

    def _shown(self, where: str) -> str:
        return "".join(self.page.inner_text(where).split())


class DeskOfficer:
    """The admin of a running centre, signed in."""

    def __init__(self, chromium: Any, city: City) -> None:
        context = chromium.new_context(viewport=DESK_SIZE, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MS)
        self.page = context.new_page()
        self._city = city
        self.page.goto(f"{city.url}/login/")
        self.page.fill("input[name=username]", "admin")
        self.page.fill("input[name=password]", city.password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def open(self, request_id: str) -> str:
        """Go to the complaint's page, open the sealed text for a reason, and read the page."""
        self.page.goto(f"{self._city.url}/complaints/{request_id}/")
        self.page.select_option("form[action$='/open'] [name=why]", "handle")
        self.page.click("form[action$='/open'] button[type=submit]")
        self.page.wait_for_function(
            "() => document.readyState === 'complete' && !document.querySelector(\"form[action$='/open']\")"
        )
        return str(self.page.inner_text("main"))

    def answer(self, text: str) -> None:
        """Send the answer from the page that is open."""
        form = "form[action$='/reply']"
        self.page.evaluate(
            "form => { for (let one = document.querySelector(form); one; one = one.parentElement) "
            "if (one.tagName === 'DETAILS') one.open = true }", form,
        )  # fmt: skip
        self.page.select_option(f"{form} [name=status]", "answered")
        self.page.fill(f"{form} [name=text]", text)
        self.page.click(f"{form} button[type=submit]")
        self.page.wait_for_load_state("load")


Picture = Callable[[str, Any], None]
"""Takes a picture of a page under a name."""
