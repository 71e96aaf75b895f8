"""What a box warns of against itself, from real faults to the stored report, the API and the page of the node."""

import html
import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.support.city import NODE, Agent, City, running_city, wait_until
from tests.support.mounts import needs_root
from tests.support.small_tmpfs import SmallTmpfs
from wire.warnings import WARNINGS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
OFTEN = "[health]\ninterval_s = 5\n[outbox]\ncommit_window_s = 1.0\n"
ROOM_FOR_REPORTS = 1_200_000  # less than complaints are kept room for, enough for the warning to be written down


class Visitor:
    """The admin whose password the first start printed once, signed in without a browser."""

    def __init__(self, city: City) -> None:
        self._url = city.url
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        form = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/login/"))
        password = re.search(r"(?:password|kata sandi)\W+(\S+)", city.up.tail(100_000), re.IGNORECASE)
        assert form and password, city.up.tail()
        fields = {"csrfmiddlewaretoken": form[1], "username": "admin", "password": password[1]}
        request = urllib.request.Request(
            f"{self._url}/login/", urllib.parse.urlencode(fields).encode(), {"Referer": f"{self._url}/login/"}
        )
        with self._opener.open(request, timeout=20) as answer:
            assert "/login/" not in answer.url

    def get(self, path: str) -> str:
        with self._opener.open(f"{self._url}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def warned_of(self) -> set[str]:
        """By the API: the codes that stand, where the newest report and the node's state agree."""
        node = json.loads(self.get(f"/api/v1/nodes/{NODE}"))
        return set(node["warnings"]) & set((node["report"] or {}).get("warnings", ()))

    def page(self) -> str:
        """The text of the node's page, in the language it has by itself."""
        return html.unescape(self.get(f"/nodes/{NODE}/"))


def seen(city: City, visitor: Visitor, agent: Agent, code: str) -> None:
    """The warning is on all of the way: stored report, API, page with its title and text in Indonesian."""
    wait_until(lambda: code in visitor.warned_of(), f"{code} at the centre\n{agent.tail()}")
    assert code in stored(city)
    page = visitor.page()
    assert WARNINGS[code].title_id in page
    assert WARNINGS[code].text_id in page


def taken_back(city: City, visitor: Visitor, agent: Agent, code: str) -> None:
    """And gone again, from all of them."""
    wait_until(lambda: code not in visitor.warned_of() | stored(city), f"{code} to go\n{agent.tail()}")
    assert WARNINGS[code].title_id not in visitor.page()


def stored(city: City) -> set[str]:
    """What the newest stored report warns of."""
    [(text,)] = city.query("SELECT json FROM connectivity_report WHERE node = ? ORDER BY id DESC LIMIT 1", NODE)
    return set(json.loads(str(text)).get("warnings", ()))


@needs_root
def test_a_full_disk_a_failing_part_and_a_damaged_outbox_are_read_on_the_page_of_the_node(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        agent = city.agent()
        agent.config.write_text(agent.config.read_text() + OFTEN)
        obstacle = agent.directory / "run" / "intake.sock"
        obstacle.mkdir(parents=True)  # where the socket of the kiosk belongs
        with SmallTmpfs(agent.directory / "data", 12) as disk:
            disk.fill(ROOM_FOR_REPORTS)  # before the reserve is there: afterwards nobody can take its room so quickly
            agent.start()
            visitor = Visitor(city)
            seen(city, visitor, agent, "plugin_failing")
            assert "intake (IsADirectoryError" in visitor.page()  # the detail, from the event
            seen(city, visitor, agent, "disk_reserve")
            disk.free()
            taken_back(city, visitor, agent, "disk_reserve")

            agent.stop()
            database = disk.path / "outbox.db"
            database.write_bytes(b"\xff" * database.stat().st_size)
            agent.start()
            seen(city, visitor, agent, "outbox_damaged")
            agent.stop()
