"""The page of public sites in a real browser: on a desk, in the dark, and on a phone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.center.web.test_public_sites import day
from tests.support import wall_city, web_process

pytestmark = pytest.mark.browser
NODES = ("kel-3673011001", "kel-3673012001", "opd-diskominfo", "opd-setda")
AGENCIES = ("Kota Serang", "PPID", "RABEG", "Inspektorat", "Satpol PP", "Dinkes", "Disparpora", "Diskominfo", "Bapenda")


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    codes = wall_city.add_sites()
    nodes = [node if node in codes else codes[n] for n, node in enumerate(NODES)]
    for node in nodes:
        wall_city.add_node(node)
    for number, site in enumerate(AGENCIES):
        for place, node in enumerate(nodes):
            facts: dict[str, Any] = {"certificate_days": 70.0 - 20 * number if number < 4 else None}
            if number % 3 != 1:
                facts |= {"fresh_date": day(3 + 40 * number), "fresh_source": ("feed", "text", "sitemap")[number % 3]}
            facts |= {"stale_after_days": 90}
            if site == "Satpol PP":
                facts["suspicious"] = "gambling: slot gacor, maxwin, rtp live"
            ok = not (site == "Bapenda" or (site == "Dinkes" and place == 1))
            reason = "" if ok else "site_hosting_error" if site == "Bapenda" else "timeout"
            wall_city.add_look(node, site, ok, reason, age_s=9000 if (site, place) == ("PPID", 2) else 60 + 9 * place,
                               unverified=True if site == "Disparpora" else None, **facts)  # fmt: skip
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def keep(page: Any, name: str) -> None:
    """For the eye: pictures of the pages are kept where SANDI_PICTURES says."""
    if folder := os.environ.get("SANDI_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_on_a_desk_every_state_has_its_letter_shape_and_word(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/public-sites/", "viewer", 1366, 900)
    page.wait_for_selector("#matrix table")
    keep(page, "situs-meja")
    bapenda = page.locator('#matrix tr[data-site="Bapenda"]')
    assert bapenda.locator(".state-cell .badge").get_attribute("data-fill") == "down"
    assert "putus" in bapenda.locator(".state-cell").inner_text()
    assert bapenda.locator(".badge text").first.text_content()
    dinkes = page.locator('#matrix tr[data-site="Dinkes"]')
    assert "galat bagi 1 dari 4" in dinkes.inner_text()
    assert [cell.get_attribute("data-cell") for cell in dinkes.locator(".cell").all()].count("DOWN") == 1
    assert page.locator('#matrix tr[data-site="PPID"] [data-cell="UNKNOWN"]').count() == 1
    assert "tanda penyusupan" in page.locator('#matrix tr[data-site="Satpol PP"]').inner_text()
    assert page.faults == []
    assert all(address.startswith(base) for address in page.seen)


def test_a_heading_sorts_and_a_filter_filters(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/public-sites/", "viewer", 1366, 900)
    page.click("#matrix thead >> text=Situs")
    page.wait_for_url("**/public-sites/?sort=name")
    assert page.locator("#matrix tbody th").first.inner_text().startswith("Bapenda")
    page.click("nav.filter >> text=putus")
    page.wait_for_url("**/public-sites/?state=DOWN")
    assert page.locator("#matrix tbody tr").count() == 1


def test_on_a_phone_nothing_hangs_over_the_edge_and_the_tables_scroll(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/public-sites/", "viewer", 360, 780)
    page.wait_for_selector("#matrix table")
    keep(page, "situs-telepon")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    name = page.locator('#matrix tr[data-site="Dinkes"] th')
    before = name.bounding_box()["x"]
    page.evaluate("document.querySelector('#matrix .scroll').scrollLeft = 300")
    assert abs(name.bounding_box()["x"] - before) < 40  # the name stays in sight


def test_in_the_dark_the_page_is_dark(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/public-sites/", "viewer", 1366, 900)
    page.emulate_media(color_scheme="dark")
    keep(page, "situs-gelap")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(14, 20, 24)"
