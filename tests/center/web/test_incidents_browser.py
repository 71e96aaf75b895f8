"""The incidents' pages in a browser: keys, parts that renew themselves, and what is said when the centre is gone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

pytestmark = pytest.mark.browser
NODES = ("kel-3673011001", "kel-3673011002")


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    wall_city.add_sites()
    for node in NODES:
        wall_city.add_node(node, "DOWN", cause="lost")
    wall_city.add_incident("node", NODES[0], NODES[0])
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_an_operator_works_by_keyboard_alone_and_the_list_renews_itself(base: str, visit: Callable[..., Any]) -> None:
    from center.operations.models import IncidentEntry

    page = visit(base, "/incidents/", "operator", 1366, 768)
    assert page.locator(".incidents li").count() == 1
    wall_city.add_incident("node", NODES[1], NODES[1], severity="warning")
    page.wait_for_function("() => document.querySelectorAll('.incidents li').length === 2", timeout=60_000)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#head")
    page.wait_for_load_state("load")  # the page hears its keys
    page.keyboard.press("c")
    page.keyboard.type("ac")  # letters in a field are letters
    assert page.input_value("#comment_text") == "ac"
    page.keyboard.press("Tab")
    page.keyboard.press("a")
    page.wait_for_selector("text=Lepaskan")
    page.wait_for_load_state("load")
    assert IncidentEntry.objects.filter(kind="acknowledged", by="operator").exists()
    page.keyboard.press("u")
    page.wait_for_url(f"{base}/incidents/")
    assert page.faults == []
    assert all(address.startswith(base) for address in page.seen)


@pytest.mark.full
def test_a_page_that_lost_its_session_keeps_what_it_shows_and_says_it_is_old(
    base: str, visit: Callable[..., Any]
) -> None:
    page = visit(base, "/incidents/", "viewer", 360, 740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".lost").is_hidden()
    page.context.clear_cookies()
    page.wait_for_selector(".lost:not([hidden])", timeout=60_000)
    assert page.locator(".incidents li").count() >= 1
