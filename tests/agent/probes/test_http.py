"""Web sites that answer, fail, lie, drip and flood."""

import asyncio
import gzip
import socket
import ssl
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from tests.support.own_time import within
from tests.support.probe_once import observe_here, with_time
from tests.support.serving import Certificates, Handler, read_request, serving, silent


def says(*pieces: bytes, pause_s: float = 0.0) -> Handler:
    """A server that answers every request with these pieces."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)

    return talk


def page(body: bytes = b"Selamat datang", status: str = "200 OK", headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), headers, body)


def run(
    handler: Handler,
    tls: ssl.SSLContext | None = None,
    *,
    scheme: str = "http",
    path: str = "/",
    expect: str = "",
    **config: object,
) -> Observation:
    with serving(handler, tls) as port:
        url = f"{scheme}://127.0.0.1:{port}{path}"
        return asyncio.run(observe_here("http", {"timeout_s": 20.0, **config}, url=url, expect=expect))


def test_a_page_has_its_phases_and_its_status() -> None:
    seen = run(says(page()))
    assert (seen.ok, seen.sent, seen.lost) == (True, 1, 0)
    assert list(seen.phases_ms) == ["resolve", "connect", "first_byte", "body"]
    assert (seen.detail["status"], seen.detail["body_bytes"]) == (200, 14)
    assert seen.rtts_ms[0] == pytest.approx(sum(seen.phases_ms.values()))


def test_the_request_is_a_plain_one(tmp_path: Path) -> None:
    requests: list[bytes] = []

    def keep(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(page())

    run(keep, path="/layanan?x=1#teil")
    head = requests[0].decode()
    assert head.startswith("GET /layanan?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "Connection: close" in head
    assert "sandi" in head


def test_tls_has_a_phase_and_the_certificate_its_days(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    seen = run(says(page()), made.server_context(made.leaf("site", days=12.5)), scheme="https", ca_file=str(made.ca))
    assert seen.ok
    assert "tls" in seen.phases_ms
    assert seen.detail["certificate_days"] == pytest.approx(12.5, abs=0.1)


def test_an_expired_certificate_is_named(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    seen = run(says(page()), made.server_context(made.leaf("site", days=-1)), scheme="https", ca_file=str(made.ca))
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "tls_expired", "tls")
    assert "first_byte" not in seen.phases_ms


def test_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    assert run(says(page()), made.server_context(made.leaf("site")), scheme="https").reason == "tls_untrusted"


def test_plain_http_on_a_tls_port_is_a_failed_handshake() -> None:
    assert run(lambda connection: connection.sendall(page()), scheme="https").reason == "tls_failed"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Busy"])
def test_an_error_status_is_an_error_that_was_answered(status: str) -> None:
    seen = run(says(page(status=status)))
    assert (seen.ok, seen.reason, seen.lost) == (False, "http_status", 0)
    assert seen.detail["status"] == int(status[:3])


def test_a_redirect_is_reported_and_not_followed() -> None:
    seen = run(says(page(b"", "302 Found", b"Location: https://login.example/\r\n")))
    assert (seen.ok, seen.detail["status"], seen.detail["location"]) == (True, 302, "https://login.example/")


def test_a_page_without_the_expected_text_is_not_the_page() -> None:
    assert run(says(page(b"Kota Serang")), expect="Serang").ok
    assert run(says(page(b"Apache default page")), expect="Serang").reason == "http_content"


def test_chunks_and_interim_answers_are_understood() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalo \r\n6\r\nSerang\r\n0\r\n\r\n"
    seen = run(says(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", chunks), expect="halo Serang")
    assert (seen.ok, seen.detail["status"]) == (True, 200)


def test_a_body_to_the_end_of_the_connection_is_a_body() -> None:
    assert run(says(b"HTTP/1.0 200 OK\r\n\r\nhalo"), expect="halo").ok


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nConte", "http_truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "http_truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", "http_truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "http_malformed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "http_malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "http_malformed"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 10, "http_malformed"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, "http_too_large"),
    ],
)
def test_a_broken_answer_has_its_reason(answer: bytes, reason: str) -> None:
    seen = run(says(answer))
    assert (seen.ok, seen.reason) == (False, reason)


def test_a_flood_is_cut_off_at_the_limit() -> None:
    seen = run(says(b"HTTP/1.1 200 OK\r\n\r\n", *([b"x" * 65_536] * 50)), max_body_bytes=10_000)
    assert (seen.ok, seen.detail["body_bytes"], seen.detail["body_capped"]) == (True, 10_000, True)


def test_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    seen = run(says(page(bomb, headers=b"Content-Encoding: gzip\r\n")), max_body_bytes=1000)
    assert seen.detail["body_bytes"] == 1000


def test_a_dripping_server_ends_at_the_time_limit() -> None:
    drops = [b"HTTP/1.1 200 OK\r\n", *([b"X"] * 1000)]
    dripping = says(*drops, pause_s=0.05)

    def look(timeout_s: float) -> Observation:
        with within(timeout_s + 2.5):
            return run(dripping, timeout_s=timeout_s)

    seen = with_time(look, 1.5, lambda seen: seen.detail.get("phase") == "body")
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "timeout", "body")


def test_a_silent_server_times_out_while_the_first_byte_is_due() -> None:
    seen = with_time(
        lambda timeout_s: run(silent, timeout_s=timeout_s), 1.0, lambda seen: seen.detail.get("phase") == "first_byte"
    )
    assert (seen.ok, seen.reason, seen.detail["phase"], seen.lost) == (False, "timeout", "first_byte", 1)


@settings(max_examples=20)
@given(st.binary(max_size=200))
def test_any_answer_ends_in_an_observation(answer: bytes) -> None:
    seen = run(says(answer))
    assert seen.reason != "probe_failed"
    assert not seen.ok


def test_a_name_that_does_not_resolve_is_no_lost_request() -> None:
    seen = asyncio.run(observe_here("http", {"timeout_s": 3.0}, url="http://nowhere.invalid/"))
    assert (seen.ok, seen.reason, seen.sent) == (False, "resolve_failed", 0)
