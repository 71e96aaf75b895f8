"""A box with two cameras and a signing key: one that may take pictures, and one whose notice is missing."""

import base64
from pathlib import Path

from tests.support.agent_box import AgentBox

SEED = bytes(range(32))
CAMERAS = """
[cameras.gate]
type = "replay"
folder = "."
purpose = "traffic"
notice_posted = true
events = false

[cameras.bare]
type = "replay"
folder = "."
purpose = "security"
"""


def box_at(folder: Path) -> AgentBox:
    """Its keys and data lie in the folder; it does not run yet."""
    (folder / "sign.key").write_bytes(base64.b64encode(SEED))
    return AgentBox(folder, more=CAMERAS)


def door(box: AgentBox) -> Path:
    """Where the camera process hands pictures in."""
    return box.run_dir / "pictures.sock"
