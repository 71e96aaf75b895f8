"""Login pages in the way: real servers that answer as portals do, and a router that sends everybody to its own."""

import asyncio
import socket
import sys
import threading
import time
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes.portal import DEFAULT_URLS, PortalConfig
from tests.support.lab import Box, Lab
from tests.support.own_time import within
from tests.support.probe_once import observe_here, with_time
from tests.support.serving import Handler, read_request, serving, silent

LOGIN = b"<title>Hotspot</title><form method=post><input type=password name=p></form>"


def says(answer: bytes, pause_s: float = 0.0) -> Handler:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        time.sleep(pause_s)
        connection.sendall(answer)

    return talk


def page(body: bytes = b"", status: str = "200 OK", headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), headers, body)


NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
REDIRECT = page(b"", "302 Found", b"Location: http://login.hotspot.example/?mac=1\r\n")


def run(*handlers: Handler, expect: str = "204", **config: object) -> Observation:
    """One look at as many addresses as there are handlers."""
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(handler)) for handler in handlers]
        urls = tuple(f"http://127.0.0.1:{port}/generate_204 {expect}" for port in ports)
        return asyncio.run(observe_here("portal", {"urls": urls, "timeout_s": 20.0, **config}))


def test_the_right_answer_is_no_portal() -> None:
    seen = run(says(NOTHING))
    assert (seen.ok, seen.reason, seen.sent, seen.lost) == (True, "", 1, 0)
    assert (seen.detail["status"], seen.detail["answered"], seen.detail["tried"]) == (204, 1, 1)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (page(b"", "511 Network Authentication Required"), "status_511"),
        (REDIRECT, "redirect"),
        (page(LOGIN), "content"),
        (page(LOGIN, "403 Forbidden"), "login"),
    ],
)
def test_a_portal_is_a_portal_in_each_of_its_ways(answer: bytes, why: str) -> None:
    seen = run(says(answer))
    assert (seen.ok, seen.reason, seen.detail["why"]) == (False, "captive_portal", why)
    assert seen.lost == 0


def test_the_evidence_says_where_one_was_sent_and_what_the_page_is_called() -> None:
    assert run(says(REDIRECT)).detail["location"] == "http://login.hotspot.example/?mac=1"
    assert run(says(page(LOGIN))).detail["title"] == "Hotspot"
    long = page(b"", "302 Found", b"Location: http://login.example/?" + b"x" * 3000 + b"\r\n")
    assert len(str(run(says(long)).detail["location"])) == 200


def test_one_genuine_answer_acquits_the_network_although_another_address_moved() -> None:
    taken = threading.Event()

    def moved(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(REDIRECT)
        silent(connection)
        taken.set()  # whoever asked has hung up: this answer is in

    def genuine(connection: socket.socket) -> None:
        read_request(connection)
        taken.wait(60)
        connection.sendall(NOTHING)

    seen = run(moved, genuine)
    assert (seen.ok, seen.detail["answered"]) == (True, 2)


def test_a_genuine_answer_is_not_kept_waiting_by_the_others() -> None:
    with within(15):
        assert run(says(NOTHING), silent).ok


def test_a_portal_is_named_although_other_addresses_stay_silent() -> None:
    seen = with_time(
        lambda timeout_s: run(says(page(LOGIN)), silent, timeout_s=timeout_s),
        2.0,
        lambda seen: "answered" in seen.detail,
    )
    assert (seen.reason, seen.detail["answered"]) == ("captive_portal", 1)


@pytest.mark.parametrize(
    ("handler", "reason", "timeout_s"),
    [
        (lambda connection: None, "reset", 20.0),
        (silent, "timeout", 1.5),
        (says(b"SSH-2.0-OpenSSH\r\n"), "http_malformed", 20.0),
        (says(page(b"busy", "503 Busy")), "http_status", 20.0),
    ],
)
def test_what_fails_in_another_way_is_no_evidence_for_a_portal(handler: Handler, reason: str, timeout_s: float) -> None:
    seen = run(handler, timeout_s=timeout_s)
    assert (seen.ok, seen.reason) == (False, reason)


def test_another_page_without_a_form_is_no_portal() -> None:
    assert run(says(page(b"<html>halo")), expect="200 success").reason == "http_content"


def test_a_closed_port_and_a_missing_name_keep_their_reasons() -> None:
    refused = asyncio.run(observe_here("portal", {"urls": ("http://127.0.0.1:1/ 204",)}))
    assert (refused.reason, refused.detail["address"]) == ("refused", "127.0.0.1")
    nowhere = asyncio.run(observe_here("portal", {"urls": ("http://nowhere.invalid/ 204",), "timeout_s": 10.0}))
    assert (nowhere.reason, nowhere.sent) == ("resolve_failed", 0)


def test_no_addresses_are_no_target_and_a_target_may_bring_its_own() -> None:
    assert asyncio.run(observe_here("portal", {"urls": ()})).reason == "no_target"
    with serving(says(REDIRECT)) as port:
        seen = asyncio.run(observe_here("portal", {"urls": ()}, url=f"http://127.0.0.1:{port}/x 204"))
    assert seen.reason == "captive_portal"


@settings(max_examples=15)
@given(st.binary(max_size=200))
def test_any_answer_ends_in_an_observation(answer: bytes) -> None:
    seen = run(says(answer))
    assert seen.reason not in ("probe_failed", "deadline", "")


@pytest.mark.parametrize(
    ("config", "says_so"),
    [
        ({"urls": ("https://a.example/ 204",)}, "plain http"),
        ({"urls": ("http://a.example/ ok",)}, "status"),
        ({"urls": ("http://user@a.example/",)}, "user name"),
        ({"urls": tuple(f"http://a{number}.example/" for number in range(9))}, "at most 8"),
        ({"timeout_s": 0.0}, "above 0"),
        ({"interval_s": 1.0}, "that long"),
        ({"max_body_bytes": 0}, "max_body_bytes"),
    ],
)
def test_an_impossible_config_is_refused_with_a_sentence(config: dict[str, object], says_so: str) -> None:
    with pytest.raises(ValueError, match=says_so):
        PortalConfig(**config)  # type: ignore[arg-type]


def test_the_default_addresses_are_as_strict_as_configured_ones() -> None:
    assert PortalConfig(urls=(*DEFAULT_URLS[:1], *DEFAULT_URLS[1:])).urls == DEFAULT_URLS


@pytest.mark.netns
def test_a_router_that_sends_everybody_to_its_login_page(lab: Lab) -> None:
    node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    far.ip("route", "add", "default", "via", "10.9.1.1")
    serve(far, "10.9.1.2", "204")
    serve(router, "10.9.0.1", "login")
    config = {"urls": ["http://10.9.1.2/generate_204 204"], "timeout_s": 20.0}
    assert node.probe("portal", config=config)["ok"]
    router.run("nft", "-f", "-", text=(
        "add table ip portal\n"
        "add chain ip portal pre { type nat hook prerouting priority -100; }\n"
        "add rule ip portal pre iifname lan tcp dport 80 dnat to 10.9.0.1\n"
    ))  # fmt: skip
    seen = node.probe("portal", config=config)
    assert (seen["reason"], seen["detail"]["why"]) == ("captive_portal", "redirect")
    assert seen["detail"]["location"] == "http://login.hotspot.example/"
    router.heal()
    assert node.probe("portal", config=config)["ok"]


def serve(box: Box, address: str, answer: str) -> None:
    process = box.start(sys.executable, "-m", "tests.support.checkserver", address, answer)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
