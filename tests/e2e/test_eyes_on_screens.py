"""Two cameras of two kinds, seen in a browser: the wall's mosaic, the camera's page with its keys, and the button that
takes the pictures along. With SANDI_SHOTS=FOLDER the screens are photographed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.agent.cameras.http_camera import HttpCamera, http_camera
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.city import NODE, Agent, City, running_city
from tests.support.rtsp_server import LOGIN, RtspServer, Sent, rtsp_server
from tests.support.watched_city import CAMERA, arrived, camera, verified, wait_for, watched

pytestmark = [pytest.mark.broker, pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(600)]
WAIT_MS = 90_000
STREAM = "perempatan"


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        made = browser.new_context(viewport={"width": 1920, "height": 1080}, accept_downloads=True).new_page()
        made.set_default_timeout(WAIT_MS)
        yield made
        browser.close()


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("SANDI_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def enter(page: Page, city: City, path: str) -> None:
    page.goto(f"{city.url}/login/?next={path}")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", city.password)
    page.click("main button[type=submit]")
    page.wait_for_url(f"**{path}")


def both_watched(city: City, source: HttpCamera, stream: RtspServer) -> Agent:
    """A running agent with CAMERA and STREAM, once pictures of both, and some more of CAMERA, are at the centre."""
    cameras = camera("http_jpeg", url=source.url, max_bytes=100_000, interval_s=2)
    cameras += camera("rtsp", STREAM, url=stream.url, interval_s=2)
    agent = watched(city, cameras, (source.user, source.password))
    with (agent.directory / "camera-passwords.toml").open("a") as logins:
        logins.write(f"[{STREAM}]\nuser = {json.dumps(LOGIN.user)}\npassword = {json.dumps(LOGIN.password)}\n")
    agent.start()
    both = {CAMERA, STREAM}
    wait_for(city, agent, lambda rows: {row["camera"] for row in rows} == both, "pictures of both")
    wait_for(city, agent, lambda rows: len([row for row in rows if row["camera"] == CAMERA]) >= 3, "three of one")
    return agent


def open_wall(page: Page, city: City) -> None:
    """The mosaic, once two pictures are drawn."""
    enter(page, city, "/wall/?scene=pictures")
    page.wait_for_selector("#mosaic figure >> nth=1")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#mosaic img')].filter(one => one.naturalWidth === 640).length === 2"
    )


def take_along(page: Page, target: Path) -> None:
    """All of the shown camera's pictures as evidence, by the page's own button."""
    page.fill("form.span-form input[name=from]", "2020-01-01T00:00")
    page.fill("form.span-form input[name=to]", "2099-01-01T00:00")
    with page.expect_download() as waiting:
        page.click("form.span-form button[type=submit]")
    waiting.value.save_as(target)


def test_both_cameras_are_on_the_wall_and_on_their_pages_and_their_pictures_are_taken_along(
    tmp_path: Path, page: Page
) -> None:
    pack = tmp_path / "taken.zip"
    with http_camera(auth="both") as source, rtsp_server(Sent(gop_s=1.0)) as stream, running_city(tmp_path) as city:
        source.size = (640, 360)
        agent = both_watched(city, source, stream)

        open_wall(page, city)
        ages = "[...document.querySelectorAll('#mosaic figure')].map(one => one.dataset.age).join()"
        page.wait_for_function(f"() => {ages} === 'fresh,fresh'")  # on a busy machine a picture may be late
        names = page.locator("#mosaic figcaption .site").all_inner_texts()
        assert [name.rpartition(" · ")[2] for name in names] == sorted({CAMERA, STREAM}), "one place's are told apart"
        photograph(page, "eyes-wall")

        page.goto(f"{city.url}/cameras/{NODE}/{CAMERA}/")
        page.wait_for_function("() => document.getElementById('shown')?.naturalWidth === 640")
        newest = page.get_attribute("#shown", "src")
        photograph(page, "eyes-camera")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**/?at=*")
        assert page.get_attribute("#shown", "src") != newest, "the key leads to the picture before"
        assert page.locator("#after").count() == 1

        rows = arrived(city)
        take_along(page, pack)
        agent.stop()
        done = verified(pack, data=city.data)
        found = json.loads(done.stdout)
        assert (done.returncode, found["good"]) == (0, True), done.stdout
        held = {one["seq"] for one in found["pictures"]}
        assert held >= {row["seq"] for row in rows if row["camera"] == CAMERA}
        assert {one["camera"] for one in found["pictures"]} == {CAMERA}
        exported = city.query("SELECT subject FROM accounts_act WHERE what = 'picture-export'")
        assert [str(row[0]) for row in exported] == [f"{NODE}/{CAMERA}"]
    alone = verified(pack)
    assert (alone.returncode, json.loads(alone.stdout)["good"]) == (0, True), alone.stdout
