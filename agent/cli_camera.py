"""`sandi camera`: the camera process, and what belongs to it. One line per command, its work elsewhere."""

from typing import Final

import click

from agent.cli_camera_setup import SETUP_COMMANDS
from agent.cli_options import said

COMMANDS: Final[tuple[click.Command, ...]] = (*SETUP_COMMANDS,)


@click.group("camera", help=said("camera.help"))
def camera_group() -> None:
    """The group these commands hang on."""


for command in COMMANDS:
    camera_group.add_command(command)
