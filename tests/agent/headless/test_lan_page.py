"""The status page as it is served: the real process beside the real agent, polite and rude clients, a real browser."""

import asyncio
import errno
import http.client
import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from agent.core.pinguard import TRIES
from agent.headless.lan import pin, server
from agent.headless.lan.door import MOST_REQUESTS, WINDOW_S
from agent.headless.lan.server import MOST_OF_ONE, is_local
from tests.support.agent_box import NODE, AgentBox, stop
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.own_time import within
from tests.support.ports import held_port, port_of
from tests.support.processes import Program, program, wait_until

PIN = "730251"
SHOTS = os.environ.get("SANDI_SCREENSHOTS")


@dataclass
class Page:
    box: AgentBox
    port: int
    process: Program

    def ask(
        self, path: str = "/", method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

    def sign_in(self, digits: str = PIN, **headers: str) -> tuple[int, dict[str, str], str]:
        form = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return self.ask("/pin", "POST", urlencode({"pin": digits}), **form)

    def cookie(self) -> str:
        status, headers, _ = self.sign_in()
        assert status == 303, headers
        return headers["set-cookie"].partition(";")[0]


PATIENT = """
import agent.cli, agent.watch.sources as sources
from agent.headless.lan import page, server
sources.ANSWER_S, server.REQUEST_S, page.REFRESH_S = 60.0, 90.0, 3600
agent.cli.main()
"""
"""A page for tests that are not about its limits: an agent that is slow to answer is waited for."""


@contextmanager
def served(folder: Path, *program_of: str) -> Iterator[Page]:
    pin_file = folder / "lan.pin"
    pin.write(pin_file, PIN)
    with held_port() as held:
        port = port_of(held)
        box = AgentBox(folder, more=f'[lan_page]\nenabled = true\nport = {port}\npin_file = "{pin_file}"')
        command = (sys.executable, *(program_of or ("-m", "agent.cli")), "lan-page", "-c", str(box.config))
        with program(*command) as process:
            process.wait_for_output(f"{port}")
            yield Page(box, port, process)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with served(tmp_path_factory.mktemp("lan"), "-c", PATIENT) as found, found.box.running():
        wait_until(lambda: found.box.status()["network"]["probes"], "the first probes")
        yield found


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Page]:
    with served(tmp_path) as found:
        yield found


def test_a_stranger_sees_nothing_of_the_box(page: Page) -> None:
    status, headers, body = page.ask()
    assert status == 200
    assert "PIN teknisi" in body
    for secret in (NODE, "Putusan", "gateway", "127.0.0.1"):
        assert secret not in body
    assert "default-src 'none'" in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_with_the_pin_the_state_is_shown_in_both_languages(page: Page) -> None:
    status, headers, _ = page.sign_in()
    assert status == 303
    assert re.search(r"HttpOnly; SameSite=Strict$", headers["set-cookie"])
    cookie = headers["set-cookie"].partition(";")[0]
    status, _, body = page.ask(Cookie=cookie)
    assert status == 200
    assert NODE in body and "Tangga uji" in body and "kabel" in body
    _, _, english = page.ask("/?lang=en", Cookie=cookie)
    assert "Rungs" in english and 'lang="en"' in english
    assert page.ask(Cookie="sandi=guess")[2] == page.ask()[2]
    assert not re.search(r"(?:src|href)=\"(?!\?lang=)", body), "something is fetched from elsewhere"
    assert len(body) < 20_000


def test_nothing_can_be_changed_or_fetched_besides(page: Page) -> None:
    cookie = page.cookie()
    for path in ("/etc/passwd", "/../../etc/passwd", "/%2e%2e/lan.pin", "/status", "//"):
        assert page.ask(path, Cookie=cookie)[0] == 404, path
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        assert page.ask("/", method, Cookie=cookie)[0] == 405, method
    assert page.ask("/", "POST", "", Cookie=cookie)[0] == 405
    status, _, body = page.ask("/", "HEAD", Cookie=cookie)
    assert (status, body) == (200, "")


def test_a_name_of_the_internet_cannot_point_here(page: Page) -> None:
    assert page.ask(Host="evil.example")[0] == 421
    for host in ("10.1.2.3:8080", "[fe80::1]:8080", "sandi.local", "raspberrypi"):
        assert page.ask(Host=host)[0] == 200, host
    for origin in ("http://evil.example", "null"):  # of a frame that hides where it is from
        assert page.sign_in(Origin=origin)[0] == 403


def test_the_pin_cannot_be_guessed_at_length(fresh: Page) -> None:
    for _ in range(TRIES):
        status, _, body = fresh.sign_in("000001")
        assert status == 403
        assert "PIN salah" in body
    status, headers, body = fresh.sign_in()  # the right one, too late
    assert status == 429
    assert 0 < int(headers["retry-after"]) <= 61
    assert "Tunggu" in body
    wait_until(lambda: fresh.process.output.count("lan-pin-wrong") == TRIES, "each wrong one in the log")


def test_too_many_requests_are_refused_for_a_while(fresh: Page) -> None:
    """By the times between which each was allowed: a slow machine is allowed more of them altogether."""
    allowed: list[tuple[float, float]] = []
    while (answered := timed(fresh))[0] == 200:
        allowed.append(answered[1:])
        surely = [before_s for before_s, _ in allowed if before_s > answered[2] - WINDOW_S]
        assert len(surely) <= MOST_REQUESTS
    status, refused_s, _ = answered
    assert status == 429
    assert len([after_s for _, after_s in allowed if after_s > refused_s - WINDOW_S]) >= MOST_REQUESTS
    again, _, after_s = timed(fresh)
    assert again == 429 or after_s > allowed[-MOST_REQUESTS][0] + WINDOW_S


def timed(page: Page) -> tuple[int, float, float]:
    """The status of an answer, and between which times it was given."""
    before_s = time.monotonic()
    return page.ask()[0], before_s, time.monotonic()


def test_slow_and_silent_clients_take_no_place_from_others(fresh: Page) -> None:
    idle = [socket.create_connection(("127.0.0.1", fresh.port)) for _ in range(MOST_OF_ONE + 4)]
    try:
        refused = idle[MOST_OF_ONE + 1]
        refused.settimeout(30)
        assert refused.recv(100) == b""  # beyond what one address may open: closed at once
        idle[0].settimeout(60)
        with within(15):
            try:
                idle[0].sendall(b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n")  # and never the end of it
                answer = idle[0].recv(100)
            except (ConnectionResetError, BrokenPipeError):  # it was cut before we came to it
                answer = b""
            assert answer == b""
    finally:
        for each in idle:
            each.close()
    wait_until(lambda: fresh.ask()[0] == 200, "the page after them")


@pytest.mark.parametrize(
    "raw",
    [b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"A" * 20_000, b"POST /pin HTTP/1.1\r\nHost: a\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n"],
)  # fmt: skip
def test_rubbish_gets_a_refusal_and_the_page_lives_on(page: Page, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", page.port), timeout=60) as client:
        answer = b""
        try:
            client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
            while chunk := client.recv(4096):
                answer += chunk
        except OSError as error:  # the refusal was quicker than the rest of the rubbish
            assert error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
    assert not answer or re.match(rb"HTTP/1\.1 4\d\d ", answer)
    assert page.ask()[0] == 200
    assert "Traceback" not in page.process.output


def test_without_the_agent_it_says_so(fresh: Page) -> None:
    cookie = fresh.cookie()
    status, _, body = fresh.ask(Cookie=cookie)
    assert status == 503
    assert "tidak menjawab" in body
    with fresh.box.running() as agent:
        wait_until(lambda: fresh.ask(Cookie=cookie)[0] == 200, "the agent to answer the page")
        stop(agent)
    time.sleep(1.1)
    assert fresh.ask(Cookie=cookie)[0] == 503


def test_a_changed_or_damaged_pin_holds_at_once(fresh: Page) -> None:
    pin.write(fresh.box.folder / "lan.pin", "482915")
    assert fresh.sign_in(PIN)[0] == 403
    assert fresh.sign_in("482915")[0] == 303
    (fresh.box.folder / "lan.pin").write_text("rubbish")
    assert fresh.sign_in("482915")[0] == 503


def test_it_does_not_start_when_off_or_without_a_pin(tmp_path: Path) -> None:
    for number, more in enumerate(("", "[lan_page]\nenabled = true\npin_file = 'none'")):
        folder = tmp_path / str(number)
        folder.mkdir()
        box = AgentBox(folder, more=more)
        with program(sys.executable, "-m", "agent.cli", "lan-page", "-c", str(box.config)) as process:
            assert process.wait() == 2
            assert "enabled" in process.output or "lan-pin set" in process.output


@pytest.mark.parametrize(
    ("address", "local"),
    [("192.168.1.9", True), ("10.0.0.1", True), ("172.16.0.1", True), ("100.64.3.4", True), ("169.254.1.1", True),
     ("127.0.0.1", True), ("fe80::1", True), ("fd00::1", True), ("8.8.8.8", False), ("36.92.1.1", False),
     ("2001:4860:4860::8888", False), ("no address", False)],
)  # fmt: skip
def test_only_a_local_network_is_served(address: str, local: bool) -> None:
    assert is_local(address) is local


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "light"), (1024, 768, "dark")])
def test_on_a_phone_and_on_a_desk_it_reads_without_scrolling_sideways(
    page: Page, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        try:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            context.set_default_timeout(60_000)
            tab = context.new_page()
            told: list[str] = []
            tab.on("console", lambda message: told.append(message.text))
            tab.goto(f"http://127.0.0.1:{page.port}/")
            if SHOTS:
                tab.screenshot(path=f"{SHOTS}/lan-pin-{width}.png")
            tab.get_by_label("PIN teknisi").fill(PIN)
            tab.get_by_role("button", name="Buka").click()
            tab.wait_for_selector(".verdict")
            if SHOTS:
                tab.screenshot(path=f"{SHOTS}/lan-state-{width}.png", full_page=True)
            assert tab.locator(".verdict b").bounding_box()["y"] < height / 2  # type: ignore[index]
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.get_by_role("row").count() >= 4
            tab.get_by_role("link", name="English").click()
            tab.wait_for_selector("html[lang=en] .verdict")
            assert [line for line in told if "Content Security Policy" in line] == []
        finally:
            browser.close()
    assert json.dumps(told) == "[]"


def test_tries_whose_connection_is_cut_count_and_are_reckoned_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests timed so that their time is over while the PIN is reckoned cost neither memory nor go uncounted."""
    at_once, most, reckoned = 0, 0, 0

    def slow(given: str, line: str) -> bool:
        nonlocal at_once, most, reckoned
        reckoned += 1
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.6)
        at_once -= 1
        return False

    monkeypatch.setattr(pin, "is_right", slow)
    monkeypatch.setattr(server, "REQUEST_S", 0.4)
    pin.write(tmp_path / "lan.pin", PIN)
    request = b"POST /pin HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 10\r\n"
    request += b"Content-Type: application/x-www-form-urlencoded\r\n\r\npin=000001"

    async def story() -> int:
        subject = server.LanPage(tmp_path / "lan.pin", asyncio.Future, OSError, lambda: "")
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(subject.serve(0, port.set_result, "127.0.0.1"))
        await port
        while reckoned < TRIES:  # one whose time was over before it had been read is none
            reader, writer = await asyncio.open_connection("127.0.0.1", port.result())
            writer.write(request)
            assert await reader.read() == b""  # cut
            writer.close()
        serving.cancel()
        await asyncio.wait({serving})
        return len(subject._guard.wrong_at_s)

    assert asyncio.run(story()) == TRIES
    assert most == 1
