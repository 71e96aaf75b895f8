"""A centre that boxes in the field reach over a network of their own: real processes, on the switch's address."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.city import City, Program
from tests.support.field_box import Switch

GREEN = ("up", "degraded")
"""On a busy machine an agent that is kept waiting says so of itself, and is degraded for some minutes."""


class FieldCentre(City):
    """`City` on `switch`: boxes ask it for certificates and send it their records."""

    def __init__(self, directory: Path, switch: Switch) -> None:
        super().__init__(directory)
        self.mqtt_host = switch.address
        self.up = Program(
            directory / "center.log", "center.cli", "--lang", "en", "up", "--data", str(self.data),
            "--mqtt", f"{switch.address}:{self.mqtt_port}", "--http", f"127.0.0.1:{self.http_port}",
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and write down for commands beside it where it is."""
        super().start()
        (self.data / "center.toml").write_text(
            f'[mqtt]\nhost = "{self.mqtt_host}"\nport = {self.mqtt_port}\nnames = ["{self.mqtt_host}"]\n'
        )


class Wall:
    """The wall's page in a browser, signed in once and left open, as the screen in the command room is."""

    def __init__(self, page: Any, centre: FieldCentre) -> None:
        self.page = page
        page.set_default_timeout(90_000)
        page.goto(f"{centre.url}/wall/")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", centre.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)

    def shows(self, site: str) -> str:
        """How a site's cell is filled now: `up`, `degraded`, `down`, ..."""
        return str(self.page.evaluate(f"document.querySelector('[data-site=\"{site}\"]')?.dataset.fill ?? ''"))

    def is_green(self, site: str) -> bool:
        return self.shows(site) in GREEN


@contextlib.contextmanager
def field_centre(directory: Path, switch: Switch) -> Iterator[FieldCentre]:
    """A started one, stopped whatever happens."""
    centre = FieldCentre(directory, switch)
    try:
        centre.start()
        yield centre
    finally:
        centre.stop()


@contextlib.contextmanager
def open_wall(centre: FieldCentre) -> Iterator[Wall]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        try:
            yield Wall(browser.new_context(viewport={"width": 1366, "height": 768}).new_page(), centre)
        finally:
            browser.close()
