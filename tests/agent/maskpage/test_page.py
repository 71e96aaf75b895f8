"""The mask page in a real browser: by mouse, by finger and by keyboard, for every eye; and what it hides is hidden."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agent.cameras.maskfile import save_mask
from agent.cameras.masks import make_mask, mask_path, read_mask
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.kiosk_screen import WAIT_MS
from tests.support.mask_page import CAMERA, MaskPage, mask_page, write_config

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(600)]
DESK, PHONE = (1366, 768), (360, 740)
WIDE = 960 / 540
SQUARE = [(0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.2, 0.7)]
BAD = {"serious", "critical"}
GONE = "net::ERR_CONNECTION_REFUSED"
"""Of the one test in which the box is gone."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # No longer than a module: while it is open the thread has a running event loop, and other tests want their own.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return mask_path(tmp_path / "camera", CAMERA)


@pytest.fixture
def served(tmp_path: Path, place: Path) -> Iterator[MaskPage]:
    """The page over a camera that has a mask of one square."""
    save_mask(place, make_mask(WIDE, [SQUARE]))
    with mask_page(write_config(tmp_path, more="strip = false")) as running:
        yield running


@pytest.fixture
def open_page(browser: Any, served: MaskPage) -> Iterator[Callable[..., Any]]:
    """Open it on a screen of some size. What it complains of, or asks of another machine, fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def opened(size: tuple[int, int] = DESK, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: None if request.url.startswith(served.base) else faults.append(request.url))
        page.goto(served.base)
        page.wait_for_selector('body[data-picture="1"]')
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not fault.startswith("data:") and GONE not in fault] == []


def spot(page: Any, area: int, corner: int) -> tuple[float, float]:
    """The middle of a corner's handle, in pixels of the screen."""
    box = page.locator(f'.handle[data-area="{area}"][data-corner="{corner}"]').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where on the screen this share of the picture is."""
    box = page.locator("#stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def save(page: Any) -> None:
    with page.expect_response("**/save") as answered:  # what is said may be of the time before
        page.click("#save")
    assert answered.value.ok
    page.wait_for_selector("#said.ok")


def polygons(place: Path) -> list[list[tuple[float, float]]]:
    mask = read_mask(place)
    assert mask is not None
    return [[(x, y) for x, y in polygon] for polygon in mask.polygons]


def near(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    return all(abs(one - other) < 0.01 for one, other in zip(found, wanted, strict=True))


def test_corners_dragged_by_mouse_are_saved_and_the_picture_is_black_there(
    open_page: Callable[..., Any], served: MaskPage, place: Path, tmp_path: Path
) -> None:
    page = open_page()
    drag(page, spot(page, 0, 0), at(page, 0.05, 0.1))
    drag(page, spot(page, 0, 2), at(page, 0.9, 0.95))
    save(page)
    [polygon] = polygons(place)
    assert near(polygon[0], (0.05, 0.1))
    assert near(polygon[2], (0.9, 0.95))
    page.click("#done")
    assert served.process.wait(120) == 0
    picture = taken(tmp_path)
    inside = [(0.3, 0.3), (0.5, 0.5), (0.7, 0.75), (0.12, 0.17)]
    assert all(max(pixel(picture, *spot)) < 24 for spot in inside)
    outside = [(0.95, 0.1), (0.03, 0.9), (0.9, 0.5)]
    assert any(max(pixel(picture, *spot)) > 60 for spot in outside)


def taken(tmp_path: Path) -> Image.Image:
    """The picture that the service would send, from a worker as it runs."""
    output = tmp_path / "taken.jpg"
    command = [sys.executable, "-m", "agent.cli", "camera", "test", CAMERA, "-c", str(tmp_path / "agent.toml")]
    done = subprocess.run([*command, "-o", str(output)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Image.open(io.BytesIO(output.read_bytes())).convert("RGB")


def pixel(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    found = picture.getpixel((round(x * (picture.width - 1)), round(y * (picture.height - 1))))
    assert isinstance(found, tuple)
    return found


def test_a_finger_drags_a_corner_and_the_page_stays_where_it_is(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page(PHONE, has_touch=True, is_mobile=True)
    touch = page.context.new_cdp_session(page)
    start, end = spot(page, 0, 1), at(page, 0.85, 0.1)
    for kind, point in (("touchStart", start), ("touchMove", at(page, 0.7, 0.15)), ("touchMove", end)):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": point[0], "y": point[1]}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("scrollY") == 0
    save(page)
    assert near(polygons(place)[0][1], (0.85, 0.1))


def test_a_whole_area_is_dragged_and_stays_within_the_picture(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page()
    drag(page, at(page, 0.4, 0.4), at(page, 0.95, 0.3))
    save(page)
    [polygon] = polygons(place)
    assert near(polygon[0], (0.6, 0.1))
    assert near(polygon[2], (1.0, 0.6))


def test_a_plus_drags_out_a_new_corner_and_one_undo_takes_it_back(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page()
    plus = page.locator('.handle.middle[data-after="0"]').bounding_box()
    drag(page, (plus["x"] + plus["width"] / 2, plus["y"] + plus["height"] / 2), at(page, 0.4, 0.05))
    assert page.locator(".handle[data-corner]").count() == 5
    save(page)
    assert near(polygons(place)[0][1], (0.4, 0.05))
    page.click("#undo")
    save(page)
    assert [near(*pair) for pair in zip(polygons(place)[0], SQUARE, strict=True)] == [True] * 4


def test_all_of_it_goes_by_keyboard(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page()
    page.locator("#add").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.corner") == "0"
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('handle')")
    page.locator("#save").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#said.ok")
    first, second = polygons(place)
    assert [near(*pair) for pair in zip(first, SQUARE, strict=True)] == [True] * 4
    assert len(second) == 5
    page.locator("#clear").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "ask-no"
    page.keyboard.press("Escape")
    assert place.exists()


def test_lines_that_cross_are_said_and_not_saved(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page()
    drag(page, spot(page, 0, 0), at(page, 0.9, 0.5))
    assert "saling silang" in page.inner_text("#said")
    page.click("#save")
    assert "saling silang" in page.inner_text("#said")
    assert [near(*pair) for pair in zip(polygons(place)[0], SQUARE, strict=True)] == [True] * 4


def test_unsaved_work_is_not_lost_by_a_press_on_done(open_page: Callable[..., Any], served: MaskPage) -> None:
    page = open_page()
    page.click("#add")
    page.click("#done")
    assert "belum disimpan" in page.inner_text("#said")
    assert served.process.process.poll() is None


def test_taking_the_mask_off_asks_first(open_page: Callable[..., Any], place: Path) -> None:
    page = open_page()
    page.click("#clear")
    page.click("#ask-no")
    assert place.exists()
    page.click("#clear")
    page.click("#ask-yes")
    page.wait_for_selector("#said.ok")
    assert read_mask(place) is None
    assert page.locator(".handle").count() == 0


def test_a_fresh_picture_keeps_what_is_drawn(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.click("#add")
    page.click("#fresh")
    page.wait_for_selector('body[data-picture="2"]')
    assert page.locator("#areas polygon").count() == 2


def test_a_box_that_is_gone_is_said(open_page: Callable[..., Any], served: MaskPage) -> None:
    page = open_page()
    served.process.process.kill()
    served.process.wait(120)
    page.evaluate("save()")
    assert "Kotak tidak menjawab" in page.inner_text("#said")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_keeps_nobody_out(open_page: Callable[..., Any], size: tuple[int, int], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(size, color_scheme=scheme, has_touch=size == PHONE)
    page.click("#add")
    page.click("summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for show in (None, "#clear"):
        if show:
            page.click(show)
        response = Axe().run(page).response
        assert response["passes"], "axe-core judged nothing"
        found = [(one["id"], one["nodes"][0]["html"]) for one in response["violations"] if one["impact"] in BAD]
        assert found == []
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter((button) => button.checkVisibility())"
        ".map((button) => button.getBoundingClientRect()).filter((box) => box.width < 24 || box.height < 24).length"
    )
    assert small == 0
