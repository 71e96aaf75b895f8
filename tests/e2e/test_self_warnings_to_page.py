"""What a box warns of against itself, from real faults to the stored report, the API and the page of the node."""

import html
import json
import time
from pathlib import Path

import pytest

from agent.control_client import RefusedError
from tests.support.city import NODE, Agent, City, running_city, wait_until
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.mounts import needs_root
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.voice_officer import Officer
from wire.warnings import WARNINGS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]
OFTEN = "[health]\ninterval_s = 5\n[outbox]\ncommit_window_s = 1.0\n"
ROOM_FOR_REPORTS = 1_200_000  # less than complaints are kept room for, enough for the warning to be written down


class Visitor(Officer):
    """An officer who looks for what boxes warn of."""

    def warned_of(self) -> tuple[set[str], set[str]]:
        """By the API: the codes that stand by the node's state, and by its newest report. They follow each other."""
        node = json.loads(self.get(f"/api/v1/nodes/{NODE}"))
        return set(node["warnings"]), set((node["report"] or {}).get("warnings", ()))

    def page(self) -> str:
        """The text of the node's page, in the language it has by itself."""
        return html.unescape(self.get(f"/nodes/{NODE}/"))


def seen(city: City, visitor: Visitor, agent: Agent, code: str) -> None:
    """The warning is on all of the way: stored report, API, page with its title and text in Indonesian."""
    wait_until(lambda: all(code in told for told in visitor.warned_of()), f"{code} at the centre\n{agent.tail()}")
    assert code in stored(city)
    page = visitor.page()
    assert WARNINGS[code].title_id in page
    assert WARNINGS[code].text_id in page


def taken_back(city: City, visitor: Visitor, agent: Agent, code: str) -> None:
    """And gone again, from all of them."""
    wait_until(
        lambda: not any(code in told for told in (*visitor.warned_of(), stored(city))),
        f"{code} to go\n{agent.tail()}",
    )
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
            # The detail comes with an event, on a way of its own.
            wait_until(lambda: "intake (IsADirectoryError" in visitor.page(), f"the detail\n{agent.tail()}")
            assert "plugin_failing" in stored(city), "the detail takes nothing away from the report"
            seen(city, visitor, agent, "disk_reserve")
            disk.free()
            taken_back(city, visitor, agent, "disk_reserve")

            agent.stop()
            database = disk.path / "outbox.db"
            database.write_bytes(b"\xff" * database.stat().st_size)
            agent.start()
            seen(city, visitor, agent, "outbox_damaged")
            agent.stop()


@pytest.mark.full
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_card_that_takes_no_report_is_told_by_the_birth_and_what_it_held_still_arrives(tmp_path: Path) -> None:
    with running_city(tmp_path) as city, LoopDisk(tmp_path, options="errors=remount-ro") as card:
        agent = city.agent()
        config = agent.config.read_text().replace(str(agent.directory / "data"), str(card.path))
        agent.config.write_text(config.replace("[uplink]\n", "[uplink]\nreconnect_max_s = 2\n") + OFTEN)
        agent.start()
        wait_until(agent.ready, "the intake")
        visitor = Visitor(city)
        wait_until(lambda: stored_reports(city) > 0, "a report")
        city.part("mosquitto").suspend()  # what is filed now waits on the card
        assert agent.filed("lampu padam", "kiosk-client-000001")
        card.fail_read_only()
        city.kill_part("mosquitto")  # the session that follows begins on a card that takes nothing
        wait_until(lambda: refuses(agent), "the door to close")
        wait_until(lambda: complaints(city) == 1, f"the complaint from the card\n{agent.tail()}")

        def told() -> bool:
            node = json.loads(visitor.get(f"/api/v1/nodes/{NODE}"))
            return "outbox_readonly" in node["warnings"] and node["state"] == "DEGRADED"

        wait_until(told, f"the warning at the centre\n{agent.tail()}")
        assert "outbox_readonly" not in stored(city), "no report could tell it"
        assert WARNINGS["outbox_readonly"].title_id in visitor.page()
        no_report_for(city, 20.0)  # longer than a node of this cadence may be silent
        assert told(), "neither called silent nor forgotten"
        agent.stop()


def refuses(agent: Agent) -> bool:
    try:
        ticket = agent.complain("jalan rusak", "kiosk-client-000002")
    except RefusedError:
        return True
    assert ticket is None, "nothing is taken on a card that keeps nothing"
    return False


def no_report_for(city: City, quiet_s: float) -> None:
    """Wait until no report has come for so long. One of before the card failed may be late."""
    deadline = time.monotonic() + 5 * quiet_s
    known, since = stored_reports(city), time.monotonic()
    while time.monotonic() - since < quiet_s:
        if (now := stored_reports(city)) != known:
            known, since = now, time.monotonic()
            assert since < deadline, "reports go on coming"
        time.sleep(0.2)


def stored_reports(city: City) -> int:
    [(count,)] = city.query("SELECT count(*) FROM connectivity_report WHERE node = ?", NODE)
    return int(str(count))


def complaints(city: City) -> int:
    [(count,)] = city.query("SELECT count(*) FROM complaints_complaint")
    return int(str(count))
