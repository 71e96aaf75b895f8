"""`sandi camera`: the camera process, and what belongs to it. One line per command, its work elsewhere."""

import sys
from pathlib import Path
from typing import Final

import click

from agent.cli_camera_setup import SETUP_COMMANDS
from agent.cli_options import config_option, said


@click.command("run", help=said("camera_run.help"))
@config_option
def run_command(config: Path) -> None:
    from agent.cli_camera_run import run

    sys.exit(run(config))


COMMANDS: Final[tuple[click.Command, ...]] = (run_command, *SETUP_COMMANDS)


@click.group("camera", help=said("camera.help"))
def camera_group() -> None:
    """The group these commands hang on."""


for command in COMMANDS:
    camera_group.add_command(command)
