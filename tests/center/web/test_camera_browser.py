"""The page of a camera in a real Chromium: arrows lead through the pictures, and on a phone nothing sticks out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import camera_city, wall_city, web_process

pytestmark = [pytest.mark.browser, pytest.mark.full]
NODE = "kel-3673011002"


@pytest.fixture(scope="module")
def pictures(shared_data: Path) -> list[int]:
    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(NODE)
    return camera_city.fill(shared_data, NODE)


@pytest.fixture(scope="module")
def base(shared_data: Path, pictures: list[int]) -> Iterator[str]:
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_the_arrow_keys_lead_to_the_picture_before_and_after(
    base: str, pictures: list[int], visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/cameras/{NODE}/depan/", "operator", 1366, 768)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**?at={pictures[-2]}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**?at={pictures[-3]}")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**?at={pictures[-2]}")
    assert page.locator("#shown").get_attribute("src") == f"/pictures/{pictures[-2]}.jpg"
    page.locator("input[name=from]").focus()
    page.keyboard.press("ArrowLeft")  # moves within the field
    assert page.url.endswith(f"?at={pictures[-2]}")


def test_on_a_phone_the_picture_comes_first_and_nothing_sticks_out(
    base: str, pictures: list[int], visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/cameras/{NODE}/depan/", "operator", 360, 740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#shown").bounding_box()["y"] < 740
    assert page.locator(".hours a").count() == 24
    assert page.locator(".hours a").first.bounding_box()["height"] >= 44
