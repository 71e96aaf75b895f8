"""The public pages in a real browser: the QR code's fragment, weights, axe, no cookie, no foreign file."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.center.web.test_axe import findings
from tests.support import page_city, public_show, voices, wall_city, web_process
from tests.support.center import center_database
from tests.support.desk_city import stands_in
from tests.support.page_weight import Weight

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(300)]
MOST_BYTES = 30_000


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where the pages are served, and the code of a complaint the city has asked about."""
    with center_database(tmp_path_factory.mktemp("public") / "center") as data:
        page_city.fill(data)
        code = public_show.fill(data)
        wall_city.keep_alive()
        port = web_process.free_port()
        with web_process.web_server(data, port):
            yield f"http://127.0.0.1:{port}", code


@pytest.fixture(params=[(360, 740), (1366, 768)], ids=["phone", "desk"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.seen, page.faults = [], []
    page.on("request", lambda one: page.seen.append((one.url, one.post_data or "")))
    page.on("console", lambda said: page.faults.append(said.text) if "Policy" in said.text else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    context.close()


def try_pin(page: Any, pin: str, answer: str) -> None:
    """Send the form, and wait for all of the page that has this in it."""
    page.fill("#pin", pin)
    page.click("button[type=submit]")
    page.wait_for_selector(answer)
    page.wait_for_load_state()


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_from_the_receipts_qr_code_to_the_answer_and_back_to_the_city(page: Any, town: tuple[str, str]) -> None:
    base, code = town
    weight = Weight(page)
    page.goto(f"{base}/status/#{code}")
    assert page.input_value("#code") == code
    assert page.evaluate("document.activeElement.id") == "pin"
    assert code not in page.url
    weight.wait_for("status.js", "public.css", "/status/")
    assert sum(weight.sizes.values()) < MOST_BYTES
    assert all(code not in url and not sent for url, sent in page.seen)
    assert findings(page) == [] and fits(page)
    try_pin(page, "0000", "#problem")
    assert page.input_value("#code") == code and page.input_value("#pin") == ""
    assert findings(page) == [] and fits(page)
    try_pin(page, voices.PIN, ".steps")
    assert "Di tiang nomor berapa?" in page.inner_text("main")
    assert findings(page) == [] and fits(page)
    go_back_to_the_question(page)
    assert not stands_in(voices.PIN, page.content())
    assert "Di tiang" not in page.content()
    page.go_back()
    assert page.input_value("#code") == "" and page.input_value("#pin") == ""
    assert "Di tiang" not in page.content()
    assert not any(voices.PIN in url for url, _sent in page.seen)
    assert page.context.cookies() == []
    assert page.faults == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert {url.split("/")[2] for url, _sent in page.seen} == {base.split("/")[2]}


def go_back_to_the_question(page: Any) -> None:
    """To what a form brought. The browser keeps none of it and would have to send the form once more: it asks first, on
    a page of its own, whose coming it announces as an error."""
    with suppress(Error):
        page.go_back()
    page.wait_for_url("chrome-error:**")


def test_a_pin_typed_before_the_slow_line_has_brought_the_script_stays(page: Any, town: tuple[str, str]) -> None:
    base, code = town
    held: list[Any] = []

    def hold(script: Any) -> None:
        held.append(script)

    page.route("**/status.js", hold)
    page.goto(f"{base}/status/#{code}", wait_until="commit")
    page.fill("#pin", voices.PIN)
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    page.wait_for_load_state()
    page.wait_for_function("code => document.getElementById('code').value === code", arg=code)
    assert page.input_value("#pin") == voices.PIN


def test_a_page_that_comes_back_as_it_was_has_lost_its_pin(page: Any, town: tuple[str, str]) -> None:
    """Browsers may keep a page as it stands and show it again; this one is told that it was."""
    base, code = town
    page.goto(f"{base}/status/#{code}")
    page.fill("#pin", voices.PIN)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert page.input_value("#pin") == ""
    assert page.input_value("#code") == code


def test_the_language_is_changed_without_losing_the_code(page: Any, town: tuple[str, str]) -> None:
    base, code = town
    page.goto(f"{base}/status/#{code}")
    page.click("#language")
    page.wait_for_selector("html[lang=en]")
    page.wait_for_function("code => document.getElementById('code').value === code", arg=code)
    assert page.inner_text("h1") == "Check a complaint"


def test_the_proof_page_is_light_fits_and_keeps_nobody_out(page: Any, town: tuple[str, str]) -> None:
    base, _code = town
    weight = Weight(page)
    page.goto(f"{base}/pelayanan/")
    weight.wait_for("public.css", "/pelayanan/")
    assert sum(weight.sizes.values()) < MOST_BYTES
    assert "terlalu sedikit untuk diumumkan" in page.inner_text("main")
    assert findings(page) == [] and fits(page)
    assert page.context.cookies() == []
    assert page.faults == []
