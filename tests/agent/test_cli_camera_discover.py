"""`sandi camera discover`: what was found in 80 columns, with lines that the configuration takes as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cameras.discovery.board import Board, BoardCamera
from agent.cameras.discovery.network import Heard, Interface, NetworkCamera
from agent.cameras.discovery.usb import VideoDevice
from agent.cli_camera_discover import Near, as_plain, example, lines
from agent.config import parse
from agent.messages import LANGUAGES, Messages

ON_NETWORK = NetworkCamera(
    host="192.168.1.20", address="http://192.168.1.20/onvif/device_service", seen_on="eth0", name="N" * 64,
    hardware="H" * 64, location="L" * 64, ident="urn:uuid:1",
)  # fmt: skip
BY_ID = "/dev/v4l/by-id/usb-046d_C270-video-index0"
WEBCAM = VideoDevice(BY_ID, "/dev/video0", "HD Webcam C270", "uvcvideo", webcam=True, readable=False)
CODEC = VideoDevice("/dev/video10", "/dev/video10", "codec", "bcm2835-codec", webcam=False, readable=True)
ETH = Interface("eth0", "192.168.1.2")
NOTHING = Near(Heard((), (ETH,), ()), [CODEC], Board("missing"))
BROKEN = Near(Heard((), (ETH,), ()), [], Board("failed", detail="RuntimeError: " + "pipeline handler " * 6))
FOUND = {
    "onvif": Near(Heard((ON_NETWORK,), (ETH,), (("wlan0", "Network is down"),)), [WEBCAM], Board("ok")),
    "v4l2": Near(Heard((), (ETH,), ()), [WEBCAM, CODEC], Board("hung", detail="no answer within 20 s")),
    "picamera2": Near(Heard((), (), ()), [CODEC], Board("ok", (BoardCamera(1, "imx708_wide", "/base/a"),))),
}


@pytest.mark.parametrize("kind", FOUND)
def test_the_example_is_a_configuration_of_the_camera_that_was_found(kind: str) -> None:
    whole = '[node]\nid = "kel-3673011001"\n[uplink]\nhost = "127.0.0.1"\n' + "\n".join(example(FOUND[kind]))
    camera = parse(whole, Path("/etc/sandi/agent.toml"), {}).cameras["halaman"]
    assert camera.type == kind
    assert camera.capture_refusal() is None


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("near", [*FOUND.values(), NOTHING, BROKEN], ids=[*FOUND, "nothing", "broken"])
def test_what_was_found_fits_a_terminal_and_every_word_is_there(near: Near, lang: str) -> None:
    said = lines(near, Messages(lang), 4.0)
    assert [line for line in said if len(line) > 80] == []
    assert not [line for line in said if "cli.camera" in line or "{" in line]


def test_all_that_was_found_is_told() -> None:
    said = "\n".join(lines(FOUND["onvif"], Messages("id"), 4.0))
    for word in ("192.168.1.20", BY_ID, "HD Webcam C270", "coba dengan sudo", "wlan0 tidak dapat dipakai", "onvif"):
        assert word in said
    assert "codec" not in "\n".join(lines(FOUND["v4l2"], Messages("id"), 4.0))
    assert "periksa kabel pita" in "\n".join(lines(FOUND["v4l2"], Messages("id"), 4.0))
    assert "nomor 1         imx708_wide" in "\n".join(lines(FOUND["picamera2"], Messages("id"), 4.0))


def test_nothing_found_says_what_to_look_at() -> None:
    said = "\n".join(lines(NOTHING, Messages("id"), 4.0))
    assert "Lakukan  1. Pastikan kamera menyala" in said
    assert "apt install python3-picamera2" in said


def test_programs_get_all_of_it() -> None:
    told = json.loads(json.dumps(as_plain(FOUND["onvif"])))
    assert told["network"]["cameras"][0]["host"] == "192.168.1.20"
    assert told["network"]["problems"] == {"wlan0": "Network is down"}
    assert told["usb"][0]["webcam"] is True
    assert told["board"] == {"state": "ok", "cameras": [], "detail": ""}


def test_the_command_ends_with_what_it_found_and_needs_no_configuration() -> None:
    command = [sys.executable, "-m", "agent.cli", "camera", "discover", "--wait", "0.5", "--json"]
    environment = {**os.environ, "SANDI_CONFIG": "/nonexistent"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    told = json.loads(done.stdout)
    found = told["network"]["cameras"] + told["board"]["cameras"] + [one for one in told["usb"] if one["webcam"]]
    assert done.returncode == (0 if found else 1), done.stderr
