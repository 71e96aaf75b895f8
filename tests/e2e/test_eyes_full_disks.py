"""No room in the camera process's spool, then none in the agent's outbox: it is said, and pictures go on once there is
room, in one chain that holds at the centre."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.cameras.http_camera import http_camera
from tests.support.city import Agent, City, running_city, wait_until
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.watched_city import CAMERA, arrived, camera, chain_in_pack, sandi, settled, wait_for, watched

pytestmark = [
    pytest.mark.broker,
    pytest.mark.full,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs"),
]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One for all; each test has a node of its own."""
    with running_city(tmp_path_factory.mktemp("centre"), enrolled=("kel-3673011001", "kel-3673011002")) as city:
        yield city


def state(agent: Agent) -> tuple[str, str]:
    cameras = agent.ask("control", op="status")["cameras"]
    assert isinstance(cameras, dict)
    return str(cameras[CAMERA]["state"]), str(cameras[CAMERA]["code"])


@pytest.mark.parametrize(
    ("full", "size_mib", "code"),
    [("camera-run", 2, "unavailable"), ("data", 200, "disk_full")],
    ids=["spool", "outbox"],
)
def test_a_full_disk_is_said_and_the_pictures_go_on_once_there_is_room(
    full: str, size_mib: int, code: str, centre: City, tmp_path: Path
) -> None:
    with (
        http_camera() as source,
        centre.quarter(tmp_path) as city,
        SmallTmpfs(tmp_path / "agent" / full, size_mib) as disk,
    ):
        agent = watched(city, camera("http_jpeg", url=source.url, max_bytes=60_000))
        agent.start()
        wait_for(city, agent, lambda rows: len(rows) >= 2, "pictures before")

        def refuses() -> bool:
            """What the centre has at last frees room again: it is taken, too."""
            disk.fill()
            return state(agent) == ("failing", code) and sandi(agent, "snapshot", CAMERA).exit_code == 1

        wait_until(refuses, f"it to be said, not {state(agent)}\n{agent.tail()}", 120)
        held = len(arrived(city))
        disk.free()
        wait_for(city, agent, lambda rows: len(rows) >= held + 3, "pictures afterwards", 180)
        wait_until(lambda: state(agent)[0] == "ok", "the camera to be well again")
        settled(city, agent)
        chain = chain_in_pack(city, tmp_path)
        assert chain[0] == "first"
        assert set(chain[1:]) <= {"follows", "given_up"}, chain
        agent.stop()
