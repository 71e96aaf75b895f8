"""From nothing to a picture as a technician goes: discover finds ipycam, which neither side of this project wrote, and
what it prints is all the configuration needs besides the password."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.cameras.discovery import board, network
from agent.cli_camera_discover import Near, example
from tests.agent.cameras.test_onvif_ipycam import ADDRESS, PORT, RIGHT, ipycam
from tests.support.lab import Box, laboratory
from tests.support.mask_page import CAMERA, write_config

pytestmark = [pytest.mark.full, pytest.mark.netns]


def sandi(box: Box, *words: str) -> dict[str, Any]:
    """What the command says in the box, for programs; it has to end well."""
    return dict(json.loads(box.run(sys.executable, "-m", "agent.cli", "camera", *words, "--json")))


def test_a_camera_of_somebody_else_is_found_configured_and_gives_a_picture(tmp_path: Path) -> None:
    with laboratory() as lab:
        node, far = lab.box("node"), lab.box("camera")
        lab.cable((node, "eth0", "10.77.0.1/24"), (far, "eth0", f"{ADDRESS}/24"))
        with ipycam(far):
            for wait in ("3", "12", "48"):  # longer where a busy machine kept it from answering
                told = sandi(node, "discover", "--wait", wait)
                if told["network"]["cameras"]:
                    break
            [camera] = told["network"]["cameras"]
            assert (camera["host"], camera["seen_on"]) == (ADDRESS, "eth0")
            assert camera["address"].startswith(f"http://{ADDRESS}:{PORT}/")
            found = network.NetworkCamera(**camera)
            lines = example(Near(network.Heard((found,), (), ()), [], board.Board("ok")))
            config = write_config(
                tmp_path, camera="\n".join(line for line in lines if line.startswith(("type", "url")))
            )
            logins = tmp_path / "camera-passwords.toml"
            logins.write_text(f'[{CAMERA}]\nuser = "{RIGHT.user}"\npassword = "{RIGHT.password}"\n')
            logins.chmod(0o600)
            result = sandi(node, "test", CAMERA, "-c", str(config), "-o", str(tmp_path / "x.jpg"))
    assert result["ok"] is True, result
    assert result["picture"]["width"] == 640
    assert (tmp_path / "x.jpg").read_bytes().startswith(b"\xff\xd8")
