"""Pictures asked for at a whole running box: many askers share one, and whoever gets none is told why and gets one once
the reason is gone."""

import json
import socket
import threading
from pathlib import Path

import pytest

from agent.sockets import short_path
from tests.agent.cameras.http_camera import HttpCamera
from tests.support.city import Agent, running_city, wait_until
from tests.support.watched_city import CAMERA, arrived, camera, sandi, wait_for, watched

pytestmark = [pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(600)]
ASKERS = 5


class Gate(HttpCamera):
    """Keeps every picture back while it is closed."""

    def __init__(self) -> None:
        super().__init__(auth="basic")
        self.opened = threading.Event()
        self.opened.set()

    def picture(self) -> bytes:
        self.opened.wait(60)
        return super().picture()


def asking(agent: Agent) -> socket.socket:
    """Somebody who has asked for a picture, and waits."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(120)
    with short_path(agent.directory / "run" / "control.sock") as address:
        connection.connect(address)
    connection.sendall(json.dumps({"op": "snapshot", "camera": CAMERA}).encode() + b"\n")
    return connection


def answered(connection: socket.socket) -> dict[str, object]:
    with connection, connection.makefile("rb") as lines:
        answer = json.loads(lines.readline())
    assert answer["ok"], answer
    found = answer["snapshot"]
    assert isinstance(found, dict)
    return found


def code(agent: Agent) -> str:
    cameras = agent.ask("control", op="status")["cameras"]
    assert isinstance(cameras, dict)
    return str(cameras[CAMERA]["code"])


def test_many_who_ask_at_once_get_one_picture_and_no_picture_is_explained(tmp_path: Path) -> None:
    source = Gate()
    source.start()
    try:
        with running_city(tmp_path) as city:
            table = camera("http_jpeg", url=source.url, interval_s=86_400, deadline_s=60)
            agent = watched(city, table, (source.user, "salah"))
            agent.start()
            wait_until(lambda: agent.ready() and code(agent) == "auth", f"the refusal\n{agent.tail()}")
            tries = len(source.seen)
            refused = sandi(agent, "snapshot", CAMERA, "--json")
            assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (1, "auth")
            assert len(source.seen) == tries, "the camera is not asked again: it would lock the account"

            logins = agent.directory / "camera-passwords.toml"
            logins.write_text(
                f"[{CAMERA}]\nuser = {json.dumps(source.user)}\npassword = {json.dumps(source.password)}\n"
            )
            wait_for(city, agent, lambda rows: rows, "a picture with the right password")

            known = len(source.seen)
            source.opened.clear()
            waiting = [asking(agent) for _ in range(ASKERS)]
            wait_until(lambda: len(source.seen) > known, "the camera to be asked")
            for _ in range(ASKERS):
                agent.ask("control", op="status")  # the questions before this one have been read
            source.opened.set()
            answers = [answered(connection) for connection in waiting]
            assert len({answer["seq"] for answer in answers}) == 1
            assert sorted(bool(answer["shared"]) for answer in answers) == [False, *[True] * (ASKERS - 1)]
            assert len({answer["jpeg"] for answer in answers}) == 1
            wait_for(city, agent, lambda rows: answers[0]["seq"] in {row["seq"] for row in rows}, "it at the centre")
            # A busy machine may be taken for an outage, which has a picture of its own.
            assert [row["reason"] for row in arrived(city, "reason <> 'event'")] == ["schedule", "request"]

            assert agent.eyes is not None
            agent.eyes.stop()
            wait_until(
                lambda: sandi(agent, "snapshot", CAMERA).exit_code == 1, "the shared picture to be fresh no more"
            )
            nobody = sandi(agent, "snapshot", CAMERA)
            assert "Proses kamera tidak berjalan" in nobody.stderr
            agent.eyes.start()
            wait_until(lambda: sandi(agent, "snapshot", CAMERA).exit_code == 0, "pictures with it again")
            agent.stop()
            assert sandi(agent, "snapshot", CAMERA).exit_code == 3
    finally:
        source.opened.set()
        source.stop()
