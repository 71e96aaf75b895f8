"""Asking a real group over real sockets: each camera once, nonsense counted, a broken way said and left."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from agent.cameras.discovery.network import Heard, Interface, interfaces, look
from tests.support.discovery_device import answer, responder
from tests.support.lab import Box, laboratory
from tests.support.ports import free_port

LOOPBACK = Interface("lo", "127.0.0.1")
WAIT_S = 1.0
"""Of which the answers need milliseconds; each test waits all of it."""


def heard_by(
    ways: list[Interface], port: int, enough: Callable[[Heard], bool] = lambda heard: len(heard.cameras) > 0
) -> Heard:
    """What is heard, asked again with more time where a busy machine kept the device from answering."""
    for wait_s in (WAIT_S, 4 * WAIT_S, 16 * WAIT_S):
        heard = look(ways, wait_s, port)
        if enough(heard):
            break
    return heard


def test_a_camera_that_answers_every_question_is_told_once() -> None:
    port = free_port()
    with responder(lambda asked: [answer(asked.decode(), address="http://127.0.0.1:81/onvif")] * 3, port):
        heard = heard_by([LOOPBACK], port)
    [camera] = heard.cameras
    assert (camera.host, camera.address, camera.seen_on) == ("127.0.0.1", "http://127.0.0.1:81/onvif", "lo")
    assert camera.name == "HIKVISION DS-2CD1021-I"
    assert heard.problems == ()


def test_two_cameras_at_one_address_are_two() -> None:
    idents = ["urn:uuid:00000000-0000-0000-0000-000000000001", "urn:uuid:00000000-0000-0000-0000-000000000002"]
    port = free_port()
    with responder(lambda asked: [answer(asked.decode(), ident) for ident in idents], port):
        heard = heard_by([LOOPBACK], port, lambda heard: len(heard.cameras) > 1)
    assert sorted(camera.ident for camera in heard.cameras) == idents


def test_nonsense_is_counted_and_hides_no_camera() -> None:
    def reply(asked: bytes) -> Sequence[bytes]:
        return [b"\xff\xfe", b"<!DOCTYPE x><x/>", b"z" * 40_000, answer("uuid:other"), answer(asked.decode())]

    port = free_port()
    with responder(reply, port):
        heard = heard_by([LOOPBACK], port, lambda heard: heard.nonsense >= 4 and len(heard.cameras) > 0)
    assert len(heard.cameras) == 1
    assert heard.nonsense >= 4


def test_a_flood_of_devices_is_bounded() -> None:
    def reply(asked: bytes) -> Sequence[bytes]:
        return [answer(asked.decode(), f"urn:uuid:{number:032x}") for number in range(300)]

    port = free_port()
    with responder(reply, port):
        heard = heard_by([LOOPBACK], port)
    assert 0 < len(heard.cameras) <= 256


def test_nobody_there_is_an_empty_answer() -> None:
    heard = look([LOOPBACK], WAIT_S, free_port())
    assert (heard.cameras, heard.problems, heard.nonsense) == ((), (), 0)


def test_a_way_that_cannot_be_used_is_said_and_the_others_are_asked() -> None:
    port = free_port()
    gone = Interface("eth9", "203.0.113.77")
    with responder(lambda asked: [answer(asked.decode())], port):
        heard = heard_by([gone, LOOPBACK], port)
    assert len(heard.cameras) == 1
    assert [name for name, _ in heard.problems] == ["eth9"]


def test_the_ways_out_of_this_box_are_without_the_loopback() -> None:
    found = interfaces()
    assert "lo" not in [way.name for way in found]
    assert all(way.address.count(".") == 3 for way in found)


# -- in a laboratory: two networks, a camera on each ------------------------------------------------------------------


@pytest.fixture
def two_networks() -> Iterator[tuple[Box, list[Box]]]:
    with laboratory() as lab:
        box, near, far = lab.box("box"), lab.box("near"), lab.box("far")
        lab.cable((box, "lan0", "192.168.7.1/24"), (near, "eth0", "192.168.7.20/24"))
        lab.cable((box, "lan1", "10.9.0.1/24"), (far, "eth0", "10.9.0.20/24"))
        yield box, [near, far]


@pytest.mark.netns
@pytest.mark.full
def test_a_camera_on_each_network_of_the_box_is_found_by_the_command(
    two_networks: tuple[Box, list[Box]],
) -> None:
    box, cameras = two_networks
    for number, (camera, address) in enumerate(zip(cameras, ("192.168.7.20", "10.9.0.20"), strict=True)):
        ident = f"00000000-0000-0000-0000-00000000000{number}"
        device = camera.start(sys.executable, "-m", "tests.support.discovery_device", address, ident)
        assert device.stdout is not None
        assert device.stdout.readline() == "ready\n"
    for wait in ("4", "16", "60"):  # longer where a busy machine kept them from answering
        command = (sys.executable, "-m", "agent.cli", "camera", "discover", "--wait", wait, "--json")
        found: dict[str, Any] = json.loads(box.run(*command))
        if len(found["network"]["cameras"]) == 2:
            break
    told = {(camera["host"], camera["seen_on"]) for camera in found["network"]["cameras"]}
    assert told == {("192.168.7.20", "lan0"), ("10.9.0.20", "lan1")}
    assert {way["name"] for way in found["network"]["interfaces"]} == {"lan0", "lan1"}
