"""The broadcaster on a real database: what a page is told, what it is spared, and who is let go."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

NODE = "kel-3673011001"


def parse(body: bytes) -> tuple[str, str, dict[str, Any]]:
    """Id, event name and data of a frame."""
    fields = dict(line.split(": ", 1) for line in body.decode().strip().splitlines())
    return fields.get("id", ""), fields["event"], json.loads(fields["data"])


def with_broadcaster(test: Callable[[Any], Awaitable[None]], **options: Any) -> None:
    """Run a coroutine with a broadcaster on the current database, and close it."""
    from center.wall.payload import read_wall
    from center.web.change_reader import open_reader
    from center.web.live import Broadcaster

    async def run() -> None:
        broadcaster = Broadcaster(open_reader, read_wall, **options)
        try:
            await first_read(broadcaster)
            await test(broadcaster)
        finally:
            broadcaster.close()

    asyncio.run(run())


async def first_read(broadcaster: Any) -> None:
    """Until it has something to tell a new page at once: it makes nobody wait longer than five seconds for that."""
    async with asyncio.timeout(60):
        opening: list[bytes] = []
        while not opening:
            client, opening = await broadcaster.subscribe("")
            broadcaster.unsubscribe(client)


def of_the_clock(body: bytes) -> bool:
    """Whether a frame says only that another ten minutes of the alarms' load have begun, which comes at any time."""
    return set(parse(body)[2]) == {"incidents"}


async def next_frame(client: Any) -> bytes:
    """What comes next that somebody did."""
    while True:
        body = await asyncio.wait_for(client.frames.get(), 60)
        assert body is not None
        if not of_the_clock(body):
            return bytes(body)


def test_a_new_page_gets_everything_then_only_what_changed(city: Path) -> None:
    wall_city.add_node(NODE)
    wall_city.add_node("opd-dinkes")

    async def test(broadcaster: Any) -> None:
        client, first = await broadcaster.subscribe("")
        _, event, state = parse(first[0])
        assert event == "state"
        assert len(state["sites"]) == 100
        assert state["sites"][NODE][0] == "up"
        assert state["sites"]["opd-setda"][0] == "absent"
        assert state["problems"] == []
        await asyncio.to_thread(wall_city.set_state, NODE, "DOWN", cause="lost")
        event_id, event, change = parse(await next_frame(client))
        assert event == "change"
        assert event_id
        if "incidents" in change:  # another ten minutes have just begun
            assert change.pop("incidents")["loadFrom"] != state["incidents"]["loadFrom"]
        assert set(change) == {"sites", "problems", "center"}
        assert set(change["sites"]) == {NODE}
        assert change["problems"][0]["where"] == {"id": "Serang", "en": "Serang"}
        assert change["problems"][0]["what"] == {"id": "Sambungan putus", "en": "Connection lost"}

    with_broadcaster(test)


def test_a_page_that_comes_back_gets_exactly_what_it_missed(city: Path) -> None:
    wall_city.add_node(NODE)

    async def test(broadcaster: Any) -> None:
        first, opening = await broadcaster.subscribe("")
        seen, _, _ = parse(opening[0])
        broadcaster.unsubscribe(first)
        watcher, _ = await broadcaster.subscribe("")
        for state in ("DOWN", "UP"):
            await asyncio.to_thread(wall_city.set_state, NODE, state, cause="lost")
            await next_frame(watcher)
        _, missed = await broadcaster.subscribe(seen)
        missed = [body for body in missed if not of_the_clock(body)]
        assert [parse(body)[1] for body in missed] == ["change", "change"]
        assert parse(missed[0])[2]["sites"][NODE][0] == "down"
        assert parse(missed[1])[2]["sites"][NODE][0] == "up"

    with_broadcaster(test)


@pytest.mark.parametrize("last", ["", "nonsense", "other-3", "-1", "other-", "x" * 64])
def test_a_number_of_another_process_or_none_brings_the_whole_state(city: Path, last: str) -> None:
    async def test(broadcaster: Any) -> None:
        _, first = await broadcaster.subscribe(last)
        assert [parse(body)[1] for body in first] == ["state"]

    with_broadcaster(test)


def test_a_page_that_does_not_keep_up_is_let_go_and_the_others_are_served(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.web import live

    monkeypatch.setattr(live, "QUEUE_FRAMES", 2)
    wall_city.add_node(NODE)

    async def test(broadcaster: Any) -> None:
        slow, _ = await broadcaster.subscribe("")
        quick, _ = await broadcaster.subscribe("")
        for index in range(4):
            state = "DOWN" if index % 2 == 0 else "UP"
            await asyncio.to_thread(wall_city.set_state, NODE, state, cause="lost")
            assert parse(await next_frame(quick))[1] == "change"
        assert slow.let_go.is_set()
        assert not quick.let_go.is_set()

    with_broadcaster(test)


def test_no_more_pages_than_allowed(city: Path) -> None:
    from center.web.live import TooManyClientsError

    async def test(broadcaster: Any) -> None:
        client, _ = await broadcaster.subscribe("")
        with pytest.raises(TooManyClientsError):
            await broadcaster.subscribe("")
        broadcaster.unsubscribe(client)
        await broadcaster.subscribe("")

    with_broadcaster(test, max_clients=1)


def test_a_database_that_cannot_be_read_shows_in_the_heartbeat_until_it_can_be_read_again(city: Path) -> None:
    from center.web.change_reader import ReadError, SqliteReader
    from center.web.live import Broadcaster

    broken = threading.Event()
    refusals: list[bool] = []

    class Reader(SqliteReader):
        def committed(self) -> bool:
            if broken.is_set():
                self.close()
                refusals.append(True)
                raise ReadError("disk unplugged on purpose")
            return super().committed()

    async def refused(more: int) -> None:
        enough = len(refusals) + more
        async with asyncio.timeout(60):
            while len(refusals) < enough:  # noqa: ASYNC110  # the reader is a thread
                await asyncio.sleep(0.01)

    async def run() -> None:
        from center.wall.payload import read_wall

        broadcaster = Broadcaster(lambda: Reader(city / "center.db"), read_wall)
        await first_read(broadcaster)
        client, _ = await broadcaster.subscribe("")
        broken.set()
        await refused(2)  # a read that had begun has ended
        stuck = broadcaster.read_ms
        await asyncio.to_thread(wall_city.add_node, NODE)
        await refused(3)
        assert broadcaster.read_ms == stuck
        broken.clear()
        assert parse(await next_frame(client))[2]["sites"][NODE][0] == "up"
        assert broadcaster.read_ms > stuck
        broadcaster.close()

    asyncio.run(run())


def test_nothing_personal_is_in_what_pages_are_told(city: Path) -> None:
    from center.complaints.models import Complaint

    wall_city.add_node(NODE)
    wall_city.add_complaint(NODE, "Nama saya Sari", urgent=True)
    code = Complaint.objects.get().code

    async def test(broadcaster: Any) -> None:
        _, first = await broadcaster.subscribe("")
        told = b"".join(first).decode()
        assert parse(first[0])[2]["complaints"] == {"today": 1, "open": 1, "urgent": 1}
        assert code not in told
        assert "sealed" not in told

    with_broadcaster(test)


def test_a_late_picture_of_the_backlog_does_not_replace_the_newest_and_an_unsigned_one_never_shows(
    city: Path,
) -> None:
    wall_city.add_node(NODE)
    newest = wall_city.add_picture(city, NODE, age_s=5)
    wall_city.add_picture(city, NODE, age_s=9000)
    wall_city.add_picture(city, NODE, age_s=1, signature_ok=False)

    async def test(broadcaster: Any) -> None:
        _, first = await broadcaster.subscribe("")
        picture = parse(first[0])[2]["picture"]
        assert picture["url"] == f"/wall/pictures/{newest}.jpg"
        assert picture["site"] == "Serang"

    with_broadcaster(test)


def test_two_sites_of_one_name_are_told_apart_and_many_are_counted(city: Path) -> None:
    from center.wall.words import site_names, where_words

    names = site_names([("a", "Sukawana", "", "kel", "Serang"), ("b", "Sukawana", "", "kel", "Curug")])
    assert where_words(("a",), names) == "Sukawana (Serang)"
    many = site_names((f"k{n}", f"Kelurahan {n}", "", "kel", "X") for n in range(12))
    from django.utils import translation

    with translation.override("id"):
        assert where_words(tuple(many), many) == "12 kelurahan"
    agencies = site_names((f"o{n}", f"Dinas {n}", "", "opd", "") for n in range(3))
    with translation.override("en"):
        assert where_words(tuple(agencies), agencies) == "3 agencies"
