"""`sandi camera discover|test|mask` as click sees them: help for whoever sets a camera up."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from agent.cli_options import config_option, json_option, lang_option, said
from agent.messages import Messages

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.command("discover", help=said("camera_discover.help"))
@click.option(
    "--wait", "wait_s", type=click.FloatRange(0.5, 60), default=4.0, show_default=True, metavar="S",
    help=said("camera_discover.opt.wait"),
)  # fmt: skip
@lang_option
@json_option
def discover_command(lang: str, as_json: bool, wait_s: float) -> None:
    from agent.cli_camera_discover import discover

    sys.exit(discover(Messages(lang), wait_s, as_json=as_json))


@click.command("test", help=said("camera_test.help"))
@click.argument("camera", metavar="CAMERA")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help=said("camera_test.opt.output"))
@config_option
@lang_option
@json_option
def test_command(config: Path, lang: str, as_json: bool, camera: str, output: Path | None) -> None:
    from agent.cli_camera_test import test

    sys.exit(test(config, Messages(lang), camera, output, as_json=as_json))


@click.command("mask", help=said("camera_mask.help"))
@click.argument("camera", metavar="CAMERA")
@click.option("--show", is_flag=True, help=said("camera_mask.opt.show"))
@click.option("--clear", is_flag=True, help=said("camera_mask.opt.clear"))
@click.option("--export", is_flag=True, help=said("camera_mask.opt.export"))
@click.option("--import", "import_file", type=_FILE, metavar="FILE", help=said("camera_mask.opt.import"))
@click.option("--listen", metavar="ADDRESS", help=said("camera_mask.opt.listen"))
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help=said("camera_mask.opt.port"))
@config_option
@lang_option
@json_option
def mask_command(config: Path, lang: str, as_json: bool, camera: str, **wish: Any) -> None:
    from agent.cli_camera_mask import Wish, mask

    sys.exit(mask(config, Messages(lang), camera, Wish(**wish), as_json=as_json))


SETUP_COMMANDS: Final[tuple[click.Command, ...]] = (discover_command, test_command, mask_command)
