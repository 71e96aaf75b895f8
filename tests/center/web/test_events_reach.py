"""The live stream over a real server: programs with their token, and accounts of a reach with their own part."""

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

OWN, FOREIGN = "kel-3673011001", "opd-dinkes"


@pytest.fixture(scope="module")
def port(shared_data: Path) -> Iterator[int]:
    wall_city.add_people()
    wall_city.add_sites()
    for site in (OWN, FOREIGN):
        wall_city.add_node(site)
    wall_city.give_sites("agency", OWN)
    wall_city.keep_alive()
    number = web_process.free_port()
    with web_process.web_server(shared_data, number):
        yield number


def events(
    port: int, path: str, enough: Callable[[dict[str, Any]], bool], between: Any = None, **headers: str
) -> list[dict[str, Any]]:
    """What a stream tells until that is `enough`, heartbeats left out; `between` happens after the state has come."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200
    found: list[dict[str, Any]] = []
    name, deadline = "", time.monotonic() + 120
    while not found or not enough(found[-1]):
        assert time.monotonic() < deadline
        line = answer.readline().decode().strip()
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: ") and name != "beat":
            found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == 1 and between:
                between()
    connection.close()
    return found


def fill(told: dict[str, Any], site: str) -> str:
    return str(told.get("sites", {}).get(site, [""])[0])


def cookie(role: str) -> str:
    from django.test import Client

    from center.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def test_a_program_follows_the_whole_city_with_its_token(port: int) -> None:
    from center.accounts.tokens import add_token

    token = add_token("follower", "city", made_by="test")
    (state,) = events(port, "/api/v1/live", lambda _told: True, Authorization=f"Bearer {token}")
    assert {OWN, FOREIGN} <= set(state["sites"])


def test_an_account_of_one_site_hears_of_its_own_changes_and_of_nobody_else_s(port: int) -> None:
    from center.accounts.tokens import add_token

    token = add_token("watcher", "city", made_by="test")

    def change() -> None:
        wall_city.set_state(FOREIGN, "DOWN", cause="lost")
        # Whoever may see all has heard of it before the next change, or both would share a frame.
        events(port, "/api/v1/live", lambda told: fill(told, FOREIGN) == "down", Authorization=f"Bearer {token}")
        wall_city.set_state(OWN, "DEGRADED", cause="warnings")

    state, *changes = events(
        port, "/events", lambda told: fill(told, OWN) == "degraded", change, Cookie=cookie("agency")
    )
    assert set(state["sites"]) == {OWN} and changes
    for told in (state, *changes):
        assert set(told) <= {"now", "sites", "center"}
        assert FOREIGN not in json.dumps(told)
