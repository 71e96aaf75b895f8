"""The four scenes in a real Chromium: turning, holding, calling, and what each may look like."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, wall_screens, web_process
from tests.support.own_time import within

pytestmark = pytest.mark.browser
CITY = [f"kel-36730110{number:02}" for number in range(1, 13)]
LONE = "kel-3673061003"
SCENES = ("map", "incidents", "pictures", "services")
SIZES = """() => [...document.querySelectorAll('#stage *')].filter(node => node.checkVisibility()
  && [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()))
  .map(node => getComputedStyle(node).fontSize)"""
# What sticks out of the scene, or is cut off inside its own box without an ellipsis.
OUTSIDE = """() => [...document.querySelectorAll('.scene:not([hidden]) *, footer *')].filter(node => {
  const box = node.getBoundingClientRect(); if (!box.width || !node.checkVisibility()) return false;
  return box.left < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
}).map(node => node.id || node.className || node.tagName)"""


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    wall_city.add_sites()
    for node in CITY:
        wall_city.add_node(node, "DOWN", 8, cause="lost")
    wall_city.add_node(LONE)
    for number, node in enumerate(CITY):
        verdict = {0: "covered", 1: "frozen", 2: "moved", 5: "blurred", 6: "dark", 7: "learning"}.get(number, "ok")
        wall_city.add_picture(shared_data, node, age_s={3: 75, 5: 900}.get(number, 5), count=2, verdict=verdict)
        wall_city.add_complaint(node, "Rahasia warga")
    for number in range(14):
        wall_city.add_look(LONE, f"Dinas dengan nama yang panjang sekali {number}", ok=number > 3, reason="timeout")
    line = wall_screens.add_line()
    wall_screens.add_incident("parent", line, CITY, 8, party="isp", cause="L5b", acknowledged_ms=wall_city.now_ms())
    wall_city.add_record()
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def own_database() -> Iterator[None]:
    """While Playwright's loop runs, Django keeps connections of its own; the next test has another database."""
    from django.db import connections

    yield
    connections.close_all()


@pytest.fixture
def screen(base: str, browser: Any) -> Iterator[Callable[..., Any]]:
    """screen(path, **of the screen): a page that has entered with a token, as a television does."""
    contexts: list[Any] = []

    def open_screen(path: str = "/wall/", *, clock: bool = False, **fields: Any) -> Any:
        token = wall_screens.add_screen(f"layar {time.monotonic_ns()}", **fields)
        contexts.append(browser.new_context(viewport={"width": 1920, "height": 1080}))
        page = contexts[-1].new_page()
        page.seen, page.faults = [], []
        page.on("request", lambda request: page.seen.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{base}/wall/enter")
        page.fill("input[name=token]", token)
        if clock:
            page.clock.install()
        wall_city.keep_alive()
        page.press("input[name=token]", "Enter")
        page.wait_for_selector("#stage:not([data-loading])")
        if path != "/wall/":
            page.goto(base + path)
            page.wait_for_selector("#stage:not([data-loading])")
        return page

    yield open_screen
    for context in contexts:
        context.close()


def shown(page: Any) -> str:
    return str(page.get_attribute("body", "data-scene"))


def passes(page: Any, time_ms: int) -> None:
    """Of the page's own time. Time that jumps looks like a lost centre until the next beat, and then nothing turns."""
    page.wait_for_selector("#lost", state="hidden", timeout=60_000)
    page.clock.run_for(time_ms)


def test_a_screen_shows_all_scenes_in_three_sizes_without_overflow_or_strangers(
    base: str, screen: Callable[..., Any]
) -> None:
    page = screen()
    page.wait_for_function(wall_screens.FONTS_LOADED)
    for number, scene in enumerate(SCENES, 1):
        page.keyboard.press(str(number))
        assert shown(page) == scene
        assert set(page.evaluate(SIZES)) <= {"56px", "44px", "28px"}, scene
        assert page.evaluate(OUTSIDE) == [], scene
    assert "Rahasia" not in page.content()
    assert {address for address in page.seen if not address.startswith(base + "/")} == set()
    assert page.faults == []


def test_arrows_turn_numbers_choose_and_space_holds(screen: Callable[..., Any]) -> None:
    page = screen(clock=True, scene_s=20, scenes=("map", "services", "incidents"))
    # The page's time stands still but for what it is told: a slow machine adds nothing to the 20 s of a scene.
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)
    page.keyboard.press("1")
    assert shown(page) == "map"
    page.keyboard.press("ArrowRight")
    assert shown(page) == "services"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert shown(page) == "incidents"
    page.keyboard.press("1")
    passes(page, 18_000)
    assert shown(page) == "map"
    passes(page, 4_000)
    assert shown(page) == "services"
    page.keyboard.press(" ")
    assert page.locator("#turn[data-held]").count() == 1
    passes(page, 60_000)
    passes(page, 2_000)
    assert shown(page) == "services"


def test_a_new_critical_incident_brings_its_scene_until_it_is_acknowledged(screen: Callable[..., Any]) -> None:
    page = screen()
    page.keyboard.press("3")
    page.keyboard.press(" ")
    assert shown(page) == "pictures"
    assert page.locator(".where[href]").count() == 0  # a screen leads nowhere
    page.evaluate("document.body.dataset.incident = '/incidents/0/'")  # as it is for people
    key = wall_screens.add_incident("node", LONE, [LONE])
    page.wait_for_selector("body[data-scene=incidents]", timeout=60_000)
    calling = page.locator("#incident-list li[data-calls] .badge")
    assert calling.count() == 1
    style = calling.evaluate("node => [getComputedStyle(node).animationName, getComputedStyle(node).animationDuration]")
    assert style == ["calls", "1.6s"]  # 0.6 Hz
    assert page.locator("#turn[data-held]").count() == 1
    assert page.locator(f'#incident-list .where[href="/incidents/{key}/"]').count() == 1
    wall_screens.change_incident(key, acknowledged_ms=wall_city.now_ms())
    page.wait_for_selector("body[data-scene=pictures]", timeout=60_000)  # what was held comes back
    assert page.locator("[data-calls]").count() == 0
    blinking = "() => document.getAnimations().filter(one => one.effect.getTiming().iterations === Infinity).length"
    assert page.evaluate(blinking) == 0
    wall_screens.change_incident(key, resolved_ms=wall_city.now_ms())
    page.wait_for_selector("#ended .where", state="attached", timeout=60_000)


def test_pictures_are_hatched_at_two_intervals_and_blank_at_five(screen: Callable[..., Any]) -> None:
    page = screen("/wall/?scene=pictures")
    page.wait_for_selector("#mosaic figure >> nth=11")
    wall_city.renew_pictures()  # however long the tests before have taken
    page.wait_for_function(
        """() => [...new Set([...document.querySelectorAll('#mosaic figure')].map(one => one.dataset.age))]
             .sort().join() === 'blank,fresh,stale'"""
    )
    stale = page.locator('#mosaic [data-age="stale"] .hatching').first
    assert stale.is_visible()
    assert not page.locator('#mosaic [data-age="fresh"] .hatching').first.is_visible()
    assert "repeating-linear-gradient" in stale.evaluate("node => getComputedStyle(node).backgroundImage")
    blank = page.locator('#mosaic [data-age="blank"]').first
    assert not blank.locator("img").is_visible()
    assert "Tidak ada gambar baru" in blank.inner_text()
    page.wait_for_function("() => [...document.images].some(one => one.naturalWidth === 640)")


def test_what_a_camera_does_not_see_is_a_badge_and_an_old_picture_says_its_age_in_large(
    screen: Callable[..., Any],
) -> None:
    page = screen("/wall/?scene=pictures")
    page.wait_for_selector("#mosaic figure >> nth=11")
    wall_city.renew_pictures()
    page.wait_for_selector('#mosaic [data-age="stale"]')
    page.wait_for_selector('#mosaic [data-age="blank"]')
    badges = page.locator("#mosaic .verdict:visible").all_inner_texts()
    assert sorted(badges) == ["beku", "bergeser", "gelap", "tertutup"]  # of a blank tile there is nothing to say
    size = "node => getComputedStyle(node).fontSize"
    assert page.locator("#mosaic .verdict:visible").first.evaluate(size) == "44px"
    for age, expected in (("fresh", "28px"), ("stale", "44px"), ("blank", "44px")):
        assert page.locator(f'#mosaic [data-age="{age}"] .age').first.evaluate(size) == expected


@pytest.mark.full
def test_a_revoked_screen_is_dark_within_five_seconds(screen: Callable[..., Any]) -> None:
    from center.wall.displays import revoke_display
    from center.wall.models import Display

    page, public = screen(), screen("/wall/videotron/", kind="videotron")
    for one, name in zip(
        (page, public), Display.objects.order_by("-id").values_list("name", flat=True)[:2][::-1], strict=True
    ):
        with within(5.5):  # and what the machine needs to load the door
            revoke_display(name)
            one.wait_for_url("**/wall/enter", timeout=60_000)
        assert one.locator("#city, #notice").count() == 0
        assert "dicabut" in one.inner_text("main")


@pytest.mark.full
def test_the_public_screen_says_its_notices_in_turn_and_greets_when_there_is_none(screen: Callable[..., Any]) -> None:
    from center.wall.models import PublicNotice
    from center.wall.notices import withdraw

    page = screen("/wall/videotron/", kind="videotron", clock=True)
    assert "Selamat datang" in page.inner_text("#notice")
    assert "12 " in page.inner_text("#offices") or "13" in page.inner_text("#offices")
    for number in (1, 2):
        wall_screens.add_notice(f"Pengumuman {number}", "Jumat siang.\nLoket tetap buka.")
    page.clock.run_for(5_000)
    page.wait_for_selector("#notice h1 >> text=Pengumuman")
    first = page.inner_text("#notice h1")
    page.clock.run_for(22_000)
    page.wait_for_function("first => document.querySelector('#notice h1').innerText !== first", arg=first)
    for key in PublicNotice.objects.values_list("pk", flat=True):
        withdraw(key)
    page.clock.run_for(5_000)
    page.wait_for_selector("#notice h1 >> text=Selamat datang")


@pytest.mark.full
def test_the_stage_moves_by_pixels_so_that_nothing_burns_in(screen: Callable[..., Any]) -> None:
    page = screen(clock=True)
    seen = set()
    for _ in range(3):
        seen.add(page.evaluate("document.getElementById('stage').style.transform"))
        page.clock.run_for(301_000)
    assert len(seen) == 3
