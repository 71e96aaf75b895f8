"""The registry in a real browser: narrow, by keyboard, and a file from choice to done."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

pytestmark = [pytest.mark.browser, pytest.mark.full]
SITE = "kel-3673011001"


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(SITE, "DOWN")
    wall_city.add_person(SITE)
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


PAGES = (
    "/sites/", f"/sites/{SITE}/", f"/sites/{SITE}/people", "/upstreams/", "/upstreams/area-367301/", "/providers/",
    "/registry/history", "/registry/import", f"/registry/sites/edit/{SITE}", "/registry/upstreams/new",
    "/registry/sites/remove/opd-dinkes",
)  # fmt: skip


def test_no_page_is_wider_than_a_phone_and_none_breaks_the_policy(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/sites/", "admin", 360, 740)
    wide = {}
    for path in PAGES:
        page.goto(base + path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {path: excess for path, excess in wide.items() if excess > 0} == {}
    assert page.faults == []
    assert all(address.startswith(base) for address in page.seen)


def test_a_site_is_edited_without_a_mouse(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/registry/sites/edit/{SITE}", "technician", 1366, 768)
    page.focus("#f-address")
    page.keyboard.type("Jl. Veteran 12")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "f-office_hours"
    page.keyboard.type("besok")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert "besok" in page.inner_text("#e-office_hours")
    assert page.input_value("#f-address") == "Jl. Veteran 12"
    page.fill("#f-office_hours", "Senin-Jumat 07.30-16.00")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/sites/{SITE}/?saved=1")
    assert "Senin-Jumat 07.30-16.00" in page.inner_text("main")


def test_a_file_is_chosen_looked_at_and_done(base: str, visit: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "lokasi.csv"
    file.write_text("code;postal_code\nopd-dinkes;42111\n", encoding="utf-8")
    page = visit(base, "/registry/import", "technician", 1366, 768)
    page.set_input_files("#file", file)
    page.click("main form button[type=submit]")
    page.wait_for_selector("ins")
    assert "42111" in page.inner_text("main")
    page.click("main form.actions button:first-of-type")
    page.wait_for_url(f"{base}/registry/history?saved=1")
    assert "opd-dinkes" in page.inner_text("main tbody tr:first-child")
