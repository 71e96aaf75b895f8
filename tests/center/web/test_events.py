"""GET /events over a real server: who is let in, what the stream looks like, how it ends."""

import signal
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.support import web_process
from tests.support.own_time import within


def session_cookie(role: str) -> str:
    from django.test import Client

    from center.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def ask(port: int, method: str = "GET", **headers: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, "/events", headers=headers)
    return connection, connection.getresponse()


def test_nobody_is_let_in_without_a_session_a_right_and_a_known_host_name(port: int) -> None:
    from django.contrib.auth.models import Group

    from center.accounts.models import User

    viewer = session_cookie("viewer")
    stranger = User.objects.create(username="stranger", password="!")
    assert not Group.objects.filter(user=stranger).exists()
    expected = {
        401: {"Cookie": ""},
        400: {"Cookie": viewer, "Host": "evil.example"},
        403: {"Cookie": session_cookie("stranger")},
        405: {"method": "POST", "Cookie": viewer},
    }
    found = {}
    for status, asked in expected.items():
        connection, answer = ask(port, **asked)
        found[status] = (answer.status, answer.read())
        connection.close()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert found == {status: (status, b"") for status in expected}
    forged, answer = ask(port, Cookie="sessionid=" + "a" * 32)
    assert answer.status == 401
    forged.close()


def test_the_stream_opens_with_clock_and_state_and_then_beats(port: int) -> None:
    first, answer = ask(port, Cookie=session_cookie("viewer"))
    while (line := answer.readline()) != b"event: state\n":  # the process reads the city with the first page that asks
        assert line, "the stream has ended"
    first.close()
    connection, answer = ask(port, Cookie=session_cookie("viewer"), **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Content-Encoding" not in answer.headers
    events: list[str] = []
    started = time.monotonic()
    while events.count("beat") < 2:
        line = answer.readline().decode().strip()
        if line.startswith("event: "):
            events.append(line.removeprefix("event: "))
        assert time.monotonic() - started < 120
    assert events[:2] == ["beat", "state"]
    connection.close()


def test_an_account_that_was_closed_loses_its_stream_when_it_comes_back(port: int) -> None:
    from center.accounts.models import User

    cookie = session_cookie("technician")
    User.objects.filter(username="technician").update(is_active=False)
    connection, answer = ask(port, Cookie=cookie)
    assert answer.status in {401, 403}
    connection.close()


@pytest.mark.parametrize("told", [True, False])
def test_nobody_sends_more_than_the_largest_file_whether_its_length_is_told_or_not(port: int, told: bool) -> None:
    from center.web.body_limit import MAX_BODY_BYTES

    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    piece, sent = b"x" * 1_000_000, 0
    connection.putrequest("POST", "/login/")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader(*(("Content-Length", str(10**12)) if told else ("Transfer-Encoding", "chunked")))
    connection.endheaders()
    with suppress(ConnectionError):  # it may close while more is on its way
        while not told and sent < MAX_BODY_BYTES + 5_000_000:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            sent += len(piece)
    answer = connection.getresponse()
    assert answer.status == 413
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    connection.close()
    again, answer = ask(port)
    assert answer.status == 401  # the process goes on serving others
    again.close()


def test_open_streams_do_not_hold_up_the_end_of_the_process(shared_data: Path, port: int) -> None:
    other = web_process.free_port()
    with web_process.web_server(shared_data, other) as process:
        connection, answer = ask(other, Cookie=session_cookie("viewer"))
        assert answer.readline()
        with within(8):
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        connection.close()


def test_a_screen_gets_the_stream_with_its_cookie_and_loses_it_when_it_is_revoked(port: int) -> None:
    from django.test import Client

    from center.wall.displays import add_display, revoke_display

    def enter(name: str, kind: str) -> str:
        token = add_display(name, kind, "127.0.0.1", by="admin")[1]
        client = Client(headers={"host": "localhost"})
        assert client.post("/wall/enter", {"token": token}).status_code == 302
        return f"sandi_display={client.cookies['sandi_display'].value}"

    assert ask(port, cookie=enter("alun-alun", "videotron"))[1].status == 401
    cookie = enter("lobi", "wall")
    connection, stream = ask(port, cookie=cookie)
    assert stream.status == 200
    assert stream.readline().startswith(b"retry:")
    revoke_display("lobi")
    while stream.readline():  # to the end of the stream, or the connection's time limit fails the test
        pass
    connection.close()
    assert ask(port, cookie=cookie)[1].status == 401


def test_a_forwarded_address_is_believed_from_a_proxy_on_this_machine_and_of_it_the_last_one(port: int) -> None:
    from center.wall.displays import add_display, enter

    entered = enter(add_display("pendopo", "wall", "10.20.0.0/16", by="admin")[1], "10.20.3.4")
    assert entered is not None

    def answered(forwarded: str, seen_from: str = "127.0.0.1") -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=60, source_address=(seen_from, 0))
        headers = {"Cookie": f"sandi_display={entered[1]}", "X-Forwarded-For": forwarded, "X-Real-IP": "10.20.3.4"}
        connection.request("GET", "/wall/session", headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    assert answered("10.20.3.4") == 204
    assert answered("198.51.100.7, 10.20.3.4") == 204
    assert answered("10.20.3.4, 198.51.100.7") == 401  # the thief claims an address, the proxy adds his own
    assert answered("") == 401
    assert answered("10.20.3.4", seen_from="127.0.0.2") == 401  # no proxy of ours: what it says counts for nothing
