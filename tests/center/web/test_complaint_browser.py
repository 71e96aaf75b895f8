"""The desk in a browser: opened in its place, ticks that survive the list's renewal, a thumb's targets on a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import desk_city, wall_city, web_process

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(600)]
NODES = [f"kel-367301100{number}" for number in range(1, 7)]
TEXT = "Sampah menumpuk di samping pasar"


@pytest.fixture(scope="module")
def voices(shared_data: Path) -> dict[str, str]:
    wall_city.add_people()
    wall_city.add_sites()
    for node in NODES:
        wall_city.add_node(node)
    wall_city.give_sites("agency", "opd-dlh")
    wall_city.keep_alive()
    return desk_city.fill(shared_data, NODES)


@pytest.fixture(scope="module")
def base(shared_data: Path, voices: dict[str, str]) -> Iterator[str]:
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_text_and_photos_open_in_their_place_and_are_gone_when_the_page_is_left(
    base: str, voices: dict[str, str], visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/complaints/{voices['photo']}/", "operator", 1280, 800)
    page.select_option("#open_why", "other")
    page.click("#text button")
    page.wait_for_selector("#text .errorlist")  # a reason in words is wanted
    assert TEXT not in page.content()
    page.fill("#open_more", "menjadwalkan truk")
    page.click("#text button")
    page.wait_for_selector("#text .voice")
    assert TEXT in page.inner_text("#text")
    page.click("#photos button")
    page.wait_for_selector("#photos img")
    page.wait_for_function("() => [...document.querySelectorAll('#photos img')].every((one) => one.naturalWidth > 0)")
    assert page.url == f"{base}/complaints/{voices['photo']}/"
    page.goto(f"{base}/complaints/")
    page.go_back()
    page.wait_for_load_state("load")
    assert TEXT not in page.content() and "data:image/jpeg" not in page.content()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert TEXT not in kept and "base64" not in kept and "Ibu Sari" not in kept
    assert page.faults == []


TICK = "document.querySelector('.queue li:nth-child(2) input').click()"
"""In one breath: between the press and the release of a mouse this list may renew itself."""


def test_a_list_that_renews_itself_forgets_no_tick_and_shows_what_is_new(
    base: str, voices: dict[str, str], shared_data: Path, visit: Callable[..., Any]
) -> None:
    page = visit(base, "/complaints/", "operator", 1280, 800)
    before = page.locator(".queue li").count()
    page.evaluate(TICK)
    desk_city.voice(shared_data, NODES[0], "Baru")
    with page.expect_request(lambda one: one.url.endswith("/complaints/"), timeout=60_000) as asked:
        page.evaluate(TICK)  # nothing is chosen any more
    assert asked.value.method == "GET"
    page.wait_for_function(f"() => document.querySelectorAll('.queue li').length === {before + 1}", timeout=60_000)
    page.evaluate(TICK)
    assert page.inner_text("#picked") == "(1)"
    with page.expect_navigation():
        page.click("#bulk button >> nth=0")
    assert "1 pengaduan" in page.inner_text("main h2")
    assert page.faults == []


def test_an_agency_answers_on_a_phone(base: str, voices: dict[str, str], visit: Callable[..., Any]) -> None:
    from center.complaints.models import Complaint

    page = visit(base, "/complaints/", "agency", 390, 780)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click(".queue .what a")
    page.wait_for_selector("#act-reply textarea")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator("main button:visible").all():
        assert button.bounding_box()["height"] >= 44
    page.fill("#act-reply textarea", "Sudah diangkut tadi pagi.")
    page.click("#act-reply button")
    page.wait_for_selector("text=Sudah diangkut tadi pagi.")
    assert Complaint.objects.get(pk=voices["photo"]).status == "answered"
    assert page.faults == []
