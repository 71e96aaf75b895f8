"""Open live streams over a real server: whoever may no longer look is let go within seconds, everybody else is not."""

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any

from tests.support import wall_city

if TYPE_CHECKING:
    from django.test import Client

NODE = "kel-3673011001"
DEADLINE_S = 60
"""Within five seconds on a machine with nothing else to do; here it only must not be the ten minutes of a stream."""


def person(name: str, role: str = "viewer") -> "Client":
    """Somebody new, signed in."""
    from django.contrib.auth.models import Group
    from django.test import Client

    from center.accounts.models import User

    user, _made = User.objects.get_or_create(username=name, defaults={"password": "!"})
    user.groups.set([Group.objects.get(name=role)])
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def account(name: str) -> Any:
    from center.accounts.models import User

    return User.objects.filter(username=name)


def follow(port: int, who: "Client | str") -> tuple[HTTPConnection, HTTPResponse]:
    """An open stream: of a signed-in browser, or of a program with its token."""
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    if isinstance(who, str):
        connection.request("GET", "/api/v1/live", headers={"Authorization": f"Bearer {who}"})
    else:
        connection.request("GET", "/events", headers={"Cookie": f"sessionid={who.cookies['sessionid'].value}"})
    return connection, connection.getresponse()


def read_to_the_end(stream: HTTPResponse) -> float:
    """How long it went on, s; the connection's own time limit fails what does not end."""
    began = time.monotonic()
    while stream.readline():
        assert time.monotonic() < began + DEADLINE_S, "the stream goes on"
    return time.monotonic() - began


def next_beat(stream: HTTPResponse) -> None:
    """Read on until the stream has beaten once more."""
    while line := stream.readline():
        if line.startswith(b"event: beat"):
            return
    raise AssertionError("the stream has ended")


def signs_out(client: "Client", _name: str) -> None:
    assert client.post("/logout/").status_code == 302


def ends_it_from_another_browser(_client: "Client", name: str) -> None:
    assert person(name).post("/account/sessions/end").status_code == 302


def is_closed(_client: "Client", name: str) -> None:
    account(name).update(is_active=False)


def is_deleted(_client: "Client", name: str) -> None:
    account(name).delete()


def loses_the_role(_client: "Client", name: str) -> None:
    account(name).get().groups.clear()


def gets_a_new_password(_client: "Client", name: str) -> None:
    from center.accounts.people import set_password

    set_password(name)


def gets_a_second_factor(_client: "Client", name: str) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    TOTPDevice.objects.create(user=account(name).get(), confirmed=True)


ENDS: dict[Callable[["Client", str], None], int] = {
    signs_out: 401,
    ends_it_from_another_browser: 401,
    is_closed: 401,
    is_deleted: 401,
    loses_the_role: 403,
    gets_a_new_password: 401,
    gets_a_second_factor: 403,
}
"""What happens to somebody -> how their page is answered when it comes back."""


def test_a_stream_ends_with_whatever_made_it_allowed_and_the_page_that_comes_back_is_told(port: int) -> None:
    clients = {act: person(act.__name__) for act in ENDS}
    streams = {act: follow(port, client) for act, client in clients.items()}
    stays = follow(port, person("somebody-else"))
    for _connection, stream in (*streams.values(), stays):
        assert stream.status == 200
        next_beat(stream)
    for act, client in clients.items():
        act(client, act.__name__)
    for connection, stream in streams.values():
        read_to_the_end(stream)
        connection.close()
    for act, status in ENDS.items():
        cookie = clients[act].cookies["sessionid"].value or "gone"
        connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        connection.request("GET", "/events", headers={"Cookie": f"sessionid={cookie}"})
        assert connection.getresponse().status == status, act.__name__
        connection.close()
    next_beat(stays[1])
    stays[0].close()


def test_a_program_s_stream_ends_with_its_token_whether_revoked_or_run_out(port: int) -> None:
    from center.accounts.models import ApiToken
    from center.accounts.tokens import add_token, revoke_token

    tokens = {name: add_token(name, "city", made_by="test") for name in ("revoked", "run-out", "good")}
    streams = {name: follow(port, token) for name, token in tokens.items()}
    for _connection, stream in streams.values():
        assert stream.status == 200
        next_beat(stream)
    revoke_token("revoked")
    ApiToken.objects.filter(name="run-out").update(expires_ms=wall_city.now_ms())
    for name in ("revoked", "run-out"):
        read_to_the_end(streams[name][1])
        assert follow(port, tokens[name])[1].status == 401
    next_beat(streams["good"][1])
    for connection, _stream in streams.values():
        connection.close()


def test_a_reach_made_smaller_ends_the_stream_and_a_change_that_leaves_the_right_alone_does_not(port: int) -> None:
    from center.accounts.people import set_reach

    narrowed, promoted = person("narrowed"), person("promoted")
    streams = [follow(port, client) for client in (narrowed, promoted)]
    for _connection, stream in streams:
        next_beat(stream)
    person("promoted", "technician")  # before the other change: whoever saw that one, saw this one too
    set_reach("narrowed", "sites", sites=[NODE])
    read_to_the_end(streams[0][1])
    again, stream = follow(port, narrowed)
    assert stream.status == 200
    next_beat(streams[1][1])
    for connection, _stream in (*streams, (again, stream)):
        connection.close()


def test_a_look_at_forty_streams_asks_no_more_than_one_at_two(port: int) -> None:
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    from center.accounts.tokens import add_token
    from center.web.stream_rights import Holder, facts

    clients = [person(f"crowd-{number}") for number in range(20)]
    holders = [
        Holder("session", one.cookies["sessionid"].value, account(f"crowd-{number}").get().pk)
        for number, one in enumerate(clients)
    ]
    for number in range(20):
        add_token(f"crowd-{number}", "city", made_by="test")
        holders.append(Holder("token", f"crowd-{number}"))
    asked = []
    for some in (holders[19:21], holders):
        captured = [CaptureQueriesContext(connections[alias]) for alias in connections]
        for one in captured:
            one.__enter__()
        found = facts(some)
        for one in captured:
            one.__exit__(None, None, None)
        assert set(found) == set(some) and all(found.values())
        asked.append(sum(len(one.captured_queries) for one in captured))
    assert asked[0] == asked[1] <= 10
