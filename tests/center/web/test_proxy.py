"""The real nginx with the configuration that is shipped, before the real pages: what comes through, and what not."""

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from center.pki import create_authority
from tests.center.web.test_events import session_cookie
from tests.support import web_process
from tests.support.machine import wait_for

pytestmark = pytest.mark.full

PROXY = Path(__file__).resolve().parents[3] / "systemd/proxy"
OUTSIDE = "127.0.0.2"
"""Who asks, as the proxy sees it; the pages' own neighbour is 127.0.0.1."""


def _configuration(folder: Path, plain: int, tls: int, pages: int) -> Path:
    """The shipped one with this test's ports and certificate, and a frame around it as Debian's nginx.conf is."""
    text = (PROXY / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        (r"^ *listen \[::\].*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ", f"listen 127.0.0.1:{tls} "),
        (r"127\.0\.0\.1:8080;", f"127.0.0.1:{pages};"),
        (r"sandi\.serangkota\.go\.id;", "localhost;"),
        (r"/etc/ssl/sandi/fullchain\.pem", str(folder / "pki/server.crt")),
        (r"/etc/ssl/sandi/privkey\.pem", str(folder / "pki/server.key")),
    ):
        text, count = re.subn(old, new, text, flags=re.MULTILINE)
        assert count, old
    frame = folder / "nginx.conf"
    frame.write_text(
        "user root;\npid nginx.pid;\nerror_log stderr;\nworker_processes 1;\nevents {}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n{text}}}\n"
    )
    return frame


class Proxy:
    """`ask` sends one request as somebody outside."""

    def __init__(self, folder: Path, tls: int, plain: int) -> None:
        self.plain = plain
        self._tls = tls
        self._trust = ssl.create_default_context(cafile=str(folder / "pki/ca.crt"))

    def connect(self, timeout_s: float = 60) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "localhost", self._tls, context=self._trust, timeout=timeout_s, source_address=(OUTSIDE, 0)
        )

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        connection = self.connect()
        connection.request(method, path, body, {"Host": "localhost", **headers})
        return connection.getresponse()


@pytest.fixture(scope="module")
def proxy(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("nginx is not installed")
    from tests.support import wall_city

    wall_city.lay_city(shared_data)
    (shared_data / "center.toml").write_text('[web]\npublic_url = "https://localhost"\n')
    folder = tmp_path_factory.mktemp("proxy")
    create_authority(folder / "pki").issue_server(("localhost",))
    pages, plain, tls = (web_process.free_port() for _ in range(3))
    frame = _configuration(folder, plain, tls, pages)
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(frame), "-g", "daemon off;"]
    with web_process.web_server(shared_data, pages), subprocess.Popen(command) as nginx:
        try:
            wait_for("nginx to listen", lambda: _listens(tls), 60)
            assert nginx.poll() is None
            yield Proxy(folder, tls, plain)
        finally:
            nginx.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_page_comes_through_with_its_headers_of_safety_once(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/login/")
    assert answer.status == 200
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options"):
        assert len(answer.headers.get_all(name) or ()) == 1, name
    assert "nginx/" not in answer.headers["Server"]
    cookie = answer.headers["Set-Cookie"]
    assert "csrftoken=" in cookie
    assert "Secure" in cookie


def test_without_tls_everybody_is_sent_to_it(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=60)
    connection.request("GET", "/nodes/", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/nodes/")


def test_the_live_stream_is_not_collected(proxy: Proxy) -> None:
    """A sign of life every five seconds, each when it was sent: a buffer of 4 kB would hold them for minutes."""
    answer = proxy.ask("GET", "/events", Cookie=session_cookie("viewer"))
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    beats = 0
    end = time.monotonic() + 60
    while beats < 2:
        beats += answer.readline() == b"event: beat\n"
        assert time.monotonic() < end


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(proxy: Proxy) -> None:
    connection = proxy.connect()
    connection.putrequest("POST", "/login/")
    connection.putheader("Content-Length", str(50_000_000))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_who_asks_is_known_by_the_address_the_proxy_saw_and_not_by_what_they_wrote(proxy: Proxy) -> None:
    from axes.models import AccessAttempt

    form = proxy.ask("GET", "/login/")
    token = form.headers["Set-Cookie"].partition("csrftoken=")[2].partition(";")[0]
    page = form.read().decode()
    hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert hidden is not None
    body = urlencode({"username": "penebak", "password": "salah", "csrfmiddlewaretoken": hidden[1]}).encode()
    answer = proxy.ask(
        "POST",
        "/login/",
        body,
        **{
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={token}",
            "Referer": "https://localhost/login/",
            "X-Forwarded-For": "203.0.113.9",
            "Forwarded": "for=203.0.113.9",
        },
    )
    assert answer.status == 200
    assert [row.ip_address for row in AccessAttempt.objects.filter(username="penebak")] == [OUTSIDE]


@pytest.mark.parametrize("path", ["/metrics", "/healthz"])
def test_what_is_for_this_machine_alone_is_not_handed_on(proxy: Proxy, path: str) -> None:
    assert proxy.ask("GET", path).status == 403


def test_a_flood_is_told_to_slow_down(proxy: Proxy) -> None:
    connection = proxy.connect()
    connection.connect()
    # All in one piece: asked one after the other on a busy machine they would be no flood.
    connection.sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400)
    told = b""
    while (seen := set(re.findall(rb"HTTP/1\.1 (\d{3}) ", told))) <= {b"403"}:
        more = connection.sock.recv(65_536)
        assert more, f"400 requests at once: {seen}"
        told += more
    assert seen == {b"403", b"429"}
    connection.close()


def test_caddy_takes_its_configuration() -> None:
    caddy = shutil.which("caddy", path="/usr/bin:/usr/local/bin")
    if caddy is None:
        pytest.skip("caddy is not installed")
    command = [caddy, "adapt", "--validate", "--config", str(PROXY / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
