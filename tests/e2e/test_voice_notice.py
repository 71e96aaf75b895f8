"""A public notice of the desk stands on a real box's idle screen, changes there after a dead line, and goes again."""

import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.city import running_city, wait_until
from tests.support.voice_officer import Officer
from tests.support.voice_trip import kiosk_of

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(500)]
TITLE, FIRST, THEN = "Posyandu RW 02", "Sabtu pukul 08.00 di balai warga.", "Minggu pukul 09.00 di balai warga."


def test_a_notice_published_at_the_desk_is_on_the_box_and_goes_when_it_is_withdrawn(tmp_path: Path) -> None:
    with running_city(tmp_path) as city, kiosk_of(city) as kiosk:

        def board() -> list[str]:
            notices = kiosk.agent.ask("intake", op="board")["notices"]
            assert isinstance(notices, list)
            return [one["text"] for one in notices]

        def screen() -> str:
            with urllib.request.urlopen(kiosk.base, timeout=30) as page:
                return str(page.read().decode())

        officer, ends = Officer(city), datetime.now(UTC) + timedelta(hours=7 + 48)  # as typed: the city's time
        wait_until(lambda: kiosk.agent.ask("intake", op="ready")["online"], f"the line\n{kiosk.agent.tail()}")
        notice = {"title": TITLE, "begins": "", "ends": ends.strftime("%Y-%m-%dT%H:%M"), "step": "publish"}
        assert board() == [] and TITLE not in screen()
        officer.fill("/notices/", "", text=FIRST, **notice)
        wait_until(lambda: board() == [FIRST], f"the notice at the box\n{kiosk.agent.tail()}", 120)
        wait_until(lambda: TITLE in screen() and FIRST in screen(), "the screen to show it")
        stored = "SELECT count(*) FROM operations_downlink WHERE leaf = 'notice' AND outcome = 'stored'"
        wait_until(lambda: city.query(stored) == [(1,)], "the box's receipt")
        assert "1 dari 1 kios" in officer.get("/notices/")

        kiosk.cut()
        ((key,),) = city.query("SELECT id FROM wall_publicnotice")
        officer.fill(f"/notices/?change={key}", "", text=THEN, **notice)
        assert board() == [FIRST], "there is no line"
        kiosk.heal()
        wait_until(lambda: board() == [THEN], f"the changed notice\n{kiosk.agent.tail()}", 120)
        wait_until(lambda: THEN in screen() and FIRST not in screen(), "the screen to change")

        officer.send("/notices/", "/notices/withdraw", notice=str(key))
        wait_until(lambda: board() == [], f"the notice to go\n{kiosk.agent.tail()}", 120)
        wait_until(lambda: TITLE not in screen(), "the screen to be free")
