"""Who is not the box's own browser gets nothing, and what is handed in stays text whatever it looks like."""

import contextlib
import re
import socket
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.control_client import ask
from tests.support.kiosk_client import Client
from tests.support.kiosk_screen import kiosk_screen
from tests.support.processes import wait_until
from tests.support.small_intake import SmallIntake

NASTY = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7} %s %n",
    "\x1b@\x1bm\x1d\x56\x00 ESC/POS \x10\x04\x04",
    "nol\x00di tengah",
    "😀 👨‍👩‍👧‍👦 ﷽ \u202eterbalik\u202c z̸̧͎",
    "'; DROP TABLE ticket; --",
    "../../../../etc/passwd",
    '</textarea><form action="https://example.org">',
]


@pytest.fixture
def client(screen: str) -> Client:
    return Client(screen)


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_written_arrives_as_it_was_written_and_is_shown_as_text(
    text: str, client: Client, intake: SmallIntake
) -> None:
    client.until_text()
    assert client.press(field=text) == "identity"
    assert client.press(choice="anonymous") == "review"
    assert "<script>alert" not in client.page and "<img src=x" not in client.page and "49 " not in client.page
    assert 'action="https://example.org"' not in client.page
    assert client.press() == "receipt"
    assert [handed["text"] for handed in intake.handed_in] == [text.strip()]


def test_answers_of_the_city_and_announcements_are_shown_as_text(client: Client, intake: SmallIntake) -> None:
    intake.replies = [{"status": "answered", "step": "", "text": NASTY[0], "at_ms": 1_795_000_000_000}]
    intake.notices = [{"title": NASTY[0], "text": NASTY[7], "until_ms": 1}]
    client.until_text()
    for fields in ({"field": "Jalan rusak"}, {"choice": "anonymous"}, {}):
        client.press(**fields)
    code, pin = re.findall(r"data-(?:code|pin)>([^<]+)<", client.page)
    assert client.press(choice="done") == "idle"
    wait_until(lambda: "&lt;script&gt;" in client.ask("GET", "/")[1], "the announcement")
    assert "<script>alert" not in client.page + client.ask("GET", "/")[1]
    for fields in ({"lang": "en"}, {"choice": "no"}, {"choice": "status"}, {"field": code}, {"field": pin}):
        client.press(**fields)
    assert 'data-screen="answer"' in client.page
    assert "&lt;script&gt;" in client.page and "<script>alert" not in client.page


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org", "[::1]", "0.0.0.0"]
)
def test_another_name_for_this_machine_is_refused(host: str, client: Client) -> None:
    assert client.ask("GET", "/", Host=host)[:2] == (421, "")


@pytest.mark.parametrize("origin", ["", "null", "https://example.org", "http://127.0.0.1", "http://127.0.0.1:1"])
def test_a_press_from_another_page_is_refused(origin: str, client: Client, intake: SmallIntake) -> None:
    client.until_text()
    body = urllib.parse.urlencode({"s": client.session, "at": "text", "field": "x"}).encode()
    for path in ("/", "/photo", "/beat"):
        assert client.ask("POST", path, body, Origin=origin)[:2] == (403, "")
    assert client.ask("POST", "/", body, Sec_Fetch_Site="cross-site")[0] == 403
    assert intake.handed_in == []


def test_without_the_session_s_name_nothing_is_shown_and_nothing_moves(client: Client) -> None:
    client.until_text()
    client.press(field="Rahasia saya")
    stranger = Client(f"http://{client.host}")
    for name in ("", "x", client.session[:-1], client.session + "x", "../" + client.session):
        body = urllib.parse.urlencode({"s": name, "at": "identity", "choice": "anonymous"}).encode()
        status, page, _ = stranger.ask("POST", "/", body)
        assert (status, 'data-screen="idle"' in page, "Rahasia saya" in page) == (200, True, False)
    assert client.press(choice="anonymous") == "review"


def test_ten_megabytes_are_refused_and_the_next_form_is_read(client: Client) -> None:
    client.until_text()
    status, page, _ = client.ask("POST", "/", b"field=" + b"x" * 10_000_000)
    assert (status, 'data-screen="refused"' in page) == (413, True)
    assert client.press(field="Jalan rusak") == "identity"


def test_a_body_without_an_end_is_cut_where_it_is_too_long(client: Client) -> None:
    host, _, port = client.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        head = f"POST / HTTP/1.1\r\nHost: {client.host}\r\nOrigin: http://{client.host}\r\n"
        head += "Transfer-Encoding: chunked\r\n\r\n"
        line.sendall(head.encode())
        try:
            for _ in range(200):
                line.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all of it was sent
        first = line.recv(64)
    assert b" 413 " in first
    assert client.press(lang="id") == "emergency"


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "//etc/passwd",
     "/sound/id/..%2f..%2fagent.toml", "/sound/../../x.ogg", "/sound/id/text.ogg", "/static/", "/x", "/health/x"],
)  # fmt: skip
def test_no_path_leads_out_of_what_is_served(path: str, client: Client) -> None:
    status, page, _ = client.ask("GET", path)
    assert status in (400, 404)
    assert "root:" not in page and "[node]" not in page and "class Kiosk" not in page


@pytest.mark.parametrize("path", ["/", "/static/kiosk.js", "/health", "/x"])
def test_nothing_may_be_kept_framed_or_fetched_from_elsewhere(path: str, client: Client) -> None:
    _, _, headers = client.ask("GET", path)
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers and "server" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_no_page_has_a_script_or_a_style_in_its_text(client: Client) -> None:
    client.until_text()
    for page in (client.page, client.ask("GET", "/")[1]):
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"<style|<[^>]*\s(?:style|on\w+)=|javascript:", page) == []
        assert re.findall(r'(?:src|href|action)="(?!/)', page) == []


def test_a_press_that_comes_twice_is_one(client: Client, intake: SmallIntake) -> None:
    client.until_text()
    client.press(field="Jalan rusak")
    client.press(choice="anonymous")
    at_review = client.page
    assert client.press() == "receipt"
    first = re.findall(r"data-(?:code|pin)>([^<]+)<", client.page)
    client.page = at_review
    assert client.press() == "receipt"
    assert re.findall(r"data-(?:code|pin)>([^<]+)<", client.page) == first
    assert len(intake.handed_in) == 1


@pytest.mark.parametrize("trouble", ["refused", "silent"])
def test_a_send_that_could_not_be_prepared_is_a_send_all_the_same(
    trouble: str, client: Client, intake: SmallIntake
) -> None:
    if trouble == "refused":
        intake.refuse["prepare"] = "unknown_op"  # an agent of before
    else:
        intake.hang.add("prepare")
    client.until_text()
    client.press(field="Jalan rusak")
    assert client.press(choice="anonymous") == "review"
    assert client.press() == "receipt"
    assert (len(intake.handed_in), intake.prepared) == (1, 0)


def test_what_is_no_photo_is_refused_with_what_to_do(in_memory: Path, intake: SmallIntake) -> None:
    with kiosk_screen(in_memory, intake.path.parent, 'photos = "file"') as base:
        client = Client(base)
        client.until_text()
        assert client.press(field="Jalan rusak") == "photo"
        bodies = (b"%PDF-1.7", b"x" * (8 * 1024 * 1024 + 1))
        answers = [client.ask("POST", "/photo", body, X_Session=client.session)[:2] for body in bodies]
        assert [status for status, _ in answers] == [422, 413]
        assert all("foto lain" in page for _, page in answers)
        assert client.ask("POST", "/photo", b"\xff\xd8\xff", X_Session="x")[0] == 410
        for _ in range(3):
            assert client.ask("POST", "/photo", b"\xff\xd8\xff" * 100_000, X_Session=client.session)[0] == 200
        assert client.ask("POST", "/photo", b"\xff\xd8\xff", X_Session=client.session)[0] == 409
        assert client.press(go="drop", number="1") == "photo"
        assert client.press(go="next") == "identity"
        client.press(choice="anonymous")
        assert client.press() == "receipt"
    (handed,) = intake.handed_in
    assert len(handed["photos"]) == 2
    assert {len(intake.photos[name]) for name in handed["photos"]} == {300_000}


@contextlib.contextmanager
def half_a_photo(base: str, client: Client) -> Iterator[socket.socket]:
    """A connection on which the beginning of a photo came and nothing more."""
    place = urllib.parse.urlsplit(base)
    head = (
        f"POST /photo HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: {base}\r\nX-Session: {client.session}\r\n"
        "Content-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((str(place.hostname), int(place.port or 0)), 180) as slow:
        slow.sendall(head.encode() + b"\xff\xd8\xff")
        yield slow


def test_while_one_photo_is_on_its_way_no_other_is_read(in_memory: Path, intake: SmallIntake) -> None:
    with kiosk_screen(in_memory, intake.path.parent, 'photos = "file"') as base:
        client = Client(base)
        client.until_text()
        client.press(field="Jalan rusak")
        with half_a_photo(base, client):
            wait_until(lambda: photo_of(client) == 503, "the slow one to be waited for")
        wait_until(lambda: photo_of(client) == 200, "its end")
        assert client.press(go="next") == "identity", "one photo was taken"


@pytest.mark.full  # a minute of waiting
def test_a_photo_that_never_comes_whole_is_given_up_and_the_next_is_taken(in_memory: Path, intake: SmallIntake) -> None:
    with kiosk_screen(in_memory, intake.path.parent, 'photos = "file"\nidle_s = 300') as base:
        client = Client(base)
        client.until_text()
        client.press(field="Jalan rusak")
        with half_a_photo(base, client) as slow:
            assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")
            assert photo_of(client) == 200


def photo_of(client: Client) -> int:
    return int(client.ask("POST", "/photo", b"\xff\xd8\xff" * 1000, X_Session=client.session)[0])


@pytest.mark.parametrize("photos", [0, 1])
def test_words_changed_after_a_lost_answer_are_another_voice_and_photos_are_not_left_out_in_silence(
    photos: int, in_memory: Path, intake: SmallIntake
) -> None:
    with kiosk_screen(in_memory, intake.path.parent, 'photos = "file"') as base:
        client = Client(base)
        client.until_text()
        client.press(field="Jalan rusak")
        assert client.ask("POST", "/photo", b"\xff\xd8\xff", X_Session=client.session)[0] == 200
        ((taken, _),) = intake.photos.items()  # its name tells under which name the voice will come
        earlier = {
            "op": "submit",
            "client_id": taken.rpartition("-")[0],
            "category": "aduan",
            "text": "Jalan berlubang",
        }
        ask(intake.path, earlier)
        if not photos:
            client.press(go="drop", number="0")
        client.press(go="next")
        assert client.press(choice="anonymous") == "review"
        if photos:
            assert client.press() == "review"
            assert "mengirim tanpa foto" in client.page
        assert client.press() == "receipt"
    first, second = intake.handed_in
    assert (first["text"], second["text"]) == ("Jalan berlubang", "Jalan rusak")
    assert second["client_id"] != first["client_id"] and "photos" not in second


def test_a_recorded_voice_is_offered_where_there_is_one(in_memory: Path, intake: SmallIntake) -> None:
    assert intake.path.exists()
    (in_memory / "suara" / "id").mkdir(parents=True)
    (in_memory / "suara" / "id" / "kind.ogg").write_bytes(b"OggS" + bytes(100))
    with kiosk_screen(in_memory, intake.path.parent, f'audio_dir = "{in_memory / "suara"}"') as base:
        client = Client(base)
        assert client.press(lang="id") == "emergency"
        assert "/sound/" not in client.page
        client.press(choice="no")
        assert 'data-sound="/sound/id/kind.ogg"' in client.page
        status, _, headers = client.ask("GET", "/sound/id/kind.ogg")
        assert (status, headers["content-type"]) == (200, "audio/ogg")
        assert client.ask("GET", "/sound/en/kind.ogg")[0] == 404


def test_only_this_machine_can_reach_the_screen(screen: str) -> None:
    """Every address of the kernel's table of listeners at that port is 127.0.0.1."""
    port = int(screen.rpartition(":")[2])
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == port
    ]
    assert listening == [f"0100007F:{port:04X}"]
