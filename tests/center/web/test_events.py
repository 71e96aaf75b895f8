"""GET /events over a real server: who is let in, what the stream looks like, how it ends."""

import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.support import wall_city

NODE = "kel-3673011001"


@pytest.fixture(scope="module")
def port(shared_data: Path) -> Iterator[int]:
    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(NODE)
    wall_city.keep_alive()
    number = wall_city.free_port()
    with wall_city.web_server(shared_data, number):
        yield number


def session_cookie(role: str) -> str:
    from django.test import Client

    from center.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def ask(port: int, method: str = "GET", **headers: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
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
    assert found == {status: (status, b"") for status in expected}
    forged, answer = ask(port, Cookie="sessionid=" + "a" * 32)
    assert answer.status == 401
    forged.close()


def test_the_stream_opens_with_clock_and_state_and_then_beats(port: int) -> None:
    connection, answer = ask(port, Cookie=session_cookie("viewer"), **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    assert "Content-Encoding" not in answer.headers
    events: list[str] = []
    started = time.monotonic()
    while events.count("beat") < 2:
        line = answer.readline().decode().strip()
        if line.startswith("event: "):
            events.append(line.removeprefix("event: "))
        assert time.monotonic() - started < 20
    assert events[:2] == ["beat", "state"]
    connection.close()


def test_an_account_that_was_closed_loses_its_stream_when_it_comes_back(port: int) -> None:
    from center.accounts.models import User

    cookie = session_cookie("technician")
    User.objects.filter(username="technician").update(is_active=False)
    connection, answer = ask(port, Cookie=cookie)
    assert answer.status in {401, 403}
    connection.close()


def test_open_streams_do_not_hold_up_the_end_of_the_process(shared_data: Path, port: int) -> None:
    other = wall_city.free_port()
    with wall_city.web_server(shared_data, other) as process:
        connection, answer = ask(other, Cookie=session_cookie("viewer"))
        assert answer.readline()
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - started < 8
        connection.close()
