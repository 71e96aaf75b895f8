"""The whole road: a box measures, photographs and takes a complaint; the wall shows it, and recovers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.support.chromium import CHROMIUM_ARGUMENTS, WHOLE_CHROMIUM
from tests.support.city import NODE, City, running_city, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.browser, pytest.mark.timeout(600)]
WAIT_MS = 90_000
ALIVE = ("UP", "DEGRADED")
"""An agent that a busy machine keeps waiting says so of itself, and is degraded for some minutes."""


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=WHOLE_CHROMIUM, args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        made = context.new_page()
        made.set_default_timeout(WAIT_MS)
        yield made
        browser.close()


def log_in(page: Page, city: City) -> None:
    """With the admin account whose password the first start printed once."""
    page.goto(f"{city.url}/wall/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", city.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_measurement_picture_and_complaint_reach_the_wall_and_it_recovers_without_a_reload(
    tmp_path: Path, page: Page
) -> None:
    with running_city(tmp_path, made=False) as city:
        agent = city.agent(cameras=True)
        agent.start()
        wait_until(agent.ready, f"the intake: {agent.tail()}")
        wait_until(lambda: city.state() in ALIVE, f"node UP\n{agent.tail()}")
        assert agent.filed("Pohon tumbang menutup jalan", "kiosk-complaint-number-1")
        wait_until(lambda: city.query("SELECT 1 FROM cctv_snapshot WHERE signature_ok"), "a signed picture")
        wait_until(lambda: city.query("SELECT 1 FROM complaints_complaint"), "the complaint")
        wait_until(lambda: city.nodes()[NODE]["state"] in ALIVE, "the command to say so")

        log_in(page, city)
        page.evaluate("() => { window.neverReloaded = true }")
        page.wait_for_function("() => document.querySelectorAll('[data-site]').length >= 100")
        fill = f"document.querySelector('[data-site=\"{NODE}\"]').dataset.fill"
        alive = f"['up', 'degraded'].includes({fill})"
        page.wait_for_function(f"() => {alive}")

        city.kill_part("web")  # the supervisor brings the pages back; the wall finds them again by itself
        wait_until(lambda: _serves_health(city), "the web process to be back")
        agent.stop()
        wait_until(lambda: city.state() not in ALIVE, "the centre to notice the stop")
        page.wait_for_function(f"() => !{alive}")
        assert page.evaluate("() => window.neverReloaded") is True


def _serves_health(city: City) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"{city.url}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
