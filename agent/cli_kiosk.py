"""`sandi kiosk`: the kiosk's screen, and what belongs to it. One line per command in `COMMANDS`, its work elsewhere."""

import sys
from pathlib import Path
from typing import Final

import click

from agent.cli_kiosk_devices import DEVICE_COMMANDS
from agent.cli_options import config_option, lang_option, said
from agent.messages import Messages


@click.command("web", help=said("kiosk_web.help"))
@config_option
@lang_option
def web_command(config: Path, lang: str) -> None:
    from agent.cli_kiosk_web import serve

    sys.exit(serve(config, Messages(lang)))


@click.command("browser", help=said("kiosk_browser.help"))
@click.option("--program", default="chromium", show_default=True, help=said("kiosk_browser.opt.program"))
@click.option("--compositor", default="", metavar="PROGRAM", help=said("kiosk_browser.opt.compositor"))
@config_option
@lang_option
def browser_command(config: Path, lang: str, program: str, compositor: str) -> None:
    from agent.cli_kiosk_web import browse

    sys.exit(browse(config, Messages(lang), program, compositor))


COMMANDS: Final[tuple[click.Command, ...]] = (
    web_command,
    browser_command,
    *DEVICE_COMMANDS,
)


@click.group("kiosk", help=said("kiosk.help"), invoke_without_command=True)
@config_option
@lang_option
@click.pass_context
def kiosk_group(context: click.Context, config: Path, lang: str) -> None:
    """`sandi kiosk` alone is `sandi kiosk web`."""
    if context.invoked_subcommand is None:
        from agent.cli_kiosk_web import serve

        sys.exit(serve(config, Messages(lang)))


for command in COMMANDS:
    kiosk_group.add_command(command)
