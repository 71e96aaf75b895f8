"""`sandi enrol` and `sandi renew`: the box's side of its certificate. For their units, and for technicians."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from agent.cli_options import config_option, json_option, lang_option, said
from agent.messages import Messages

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("enrol", help=said("enrol.help"))
@click.option("--once", is_flag=True, help=said("enrol.opt.once"))
@click.option("--watch", is_flag=True, help=said("enrol.opt.watch"))
@click.option("--card", type=_FOLDER, metavar="DIR", help=said("enrol.opt.card"))
@click.option("--credentials", type=_FOLDER, metavar="DIR", help=said("enrol.opt.credentials"))
@config_option
@lang_option
@json_option
def enrol_command(config: Path, lang: str, as_json: bool, **wish: Any) -> None:
    from agent.cli_enrol_run import Wish, enrol

    sys.exit(enrol(config, Messages(lang), Wish(**wish), as_json=as_json))


@click.command("renew", help=said("renew.help"))
@click.option("--force", is_flag=True, help=said("renew.opt.force"))
@click.option("--back", is_flag=True, help=said("renew.opt.back"))
@click.option("--card", type=_FOLDER, metavar="DIR", help=said("enrol.opt.card"))
@click.option("--credentials", type=_FOLDER, metavar="DIR", help=said("enrol.opt.credentials"))
@config_option
@lang_option
@json_option
def renew_command(config: Path, lang: str, as_json: bool, **wish: Any) -> None:
    from agent.cli_enrol_run import Renewing, renew

    sys.exit(renew(config, Messages(lang), Renewing(**wish), as_json=as_json))


ENROL_COMMANDS: Final[tuple[click.Command, ...]] = (enrol_command, renew_command)
