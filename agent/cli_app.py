"""The commands of `sandi` for a terminal. Each command's own module is imported when the command is used.

Exit codes: 0 all well, 1 a problem was found, 2 wrong usage or configuration, 3 the agent is not running.
"""

import sys
from pathlib import Path
from typing import Any

import click

from agent.cli import EXIT_OK, EXIT_USAGE
from agent.cli_camera import camera_group
from agent.cli_enrol import ENROL_COMMANDS
from agent.cli_field import FIELD_COMMANDS
from agent.cli_kiosk import kiosk_group
from agent.cli_options import config_option, json_option, lang_option
from agent.cli_options import said as _said
from agent.cli_update import update_group
from agent.config import config_path
from agent.kiosk.bounds import CATEGORIES
from agent.messages import Messages


@click.group(help=_said("help"), epilog=_said("exit_codes"), context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """The group all commands hang on."""


for command in (*FIELD_COMMANDS, *ENROL_COMMANDS, kiosk_group, camera_group, update_group):
    app.add_command(command)


@app.command("run", help=_said("run.help"))
@config_option
def run_command(config: Path) -> None:
    from agent.service import run

    sys.exit(run(config))


@app.command("status", help=_said("status.help"))
@config_option
@lang_option
@json_option
def status_command(config: Path, lang: str, as_json: bool) -> None:
    from agent.cli_status import status

    sys.exit(status(config, Messages(lang), as_json=as_json))


@app.command("diagnose", help=_said("diagnose.help"), epilog=_said("diagnose.exit_codes"))
@click.option("-c", "--config", "config", type=click.Path(path_type=Path, dir_okay=False), help=_said("opt.config"))
@click.option("--centre", "--center", "centre", metavar="HOST[:PORT]", help=_said("opt.centre"))
@click.option("--quick", is_flag=True, help=_said("diagnose.opt.quick"))
@lang_option
@json_option
def diagnose_command(config: Path | None, centre: str | None, lang: str, as_json: bool, quick: bool) -> None:
    from agent.cli_diagnose import diagnose

    sys.exit(diagnose(config, centre, Messages(lang), as_json=as_json, quick=quick))


@app.command("outbox", help=_said("outbox.help"))
@config_option
@click.option("--ledger", "view", flag_value="outbox_ledger", help=_said("outbox.opt.ledger"))
@click.option("--dead", "view", flag_value="outbox_dead", help=_said("outbox.opt.dead"))
@lang_option
@json_option
def outbox_command(config: Path, lang: str, view: Any, as_json: bool) -> None:
    from agent.cli_outbox import outbox

    sys.exit(outbox(config, Messages(lang), as_json=as_json, view=view or "outbox"))


@app.command("outages", help=_said("outages.help"))
@click.argument("ident", metavar="[ID]", required=False)
@click.option("--last", type=click.IntRange(1, 100), default=10, show_default=True, help=_said("outages.opt.last"))
@config_option
@lang_option
@json_option
def outages_command(config: Path, lang: str, ident: str | None, last: int, as_json: bool) -> None:
    from agent.cli_outages import outages

    sys.exit(outages(config, Messages(lang), ident=ident, last=last, as_json=as_json))


@app.command("replay", help=_said("replay.help"))
@click.argument("file", metavar="JOURNAL", type=click.Path(path_type=Path))
@lang_option
@json_option
def replay_command(file: Path, lang: str, as_json: bool) -> None:
    from agent.cli_replay import replay

    sys.exit(replay(file, Messages(lang), as_json=as_json))


@app.command("complain", help=_said("complain.help"))
@click.option("--category", type=click.Choice(CATEGORIES), help=_said("complain.opt.category"))
@click.option("--text-file", metavar="FILE", help=_said("complain.opt.text_file"))
@click.option("--input", "input_file", metavar="FILE", help=_said("complain.opt.input"))
@click.option("--status", metavar="CODE", help=_said("complain.opt.status"))
@config_option
@lang_option
@json_option
def complain_command(config: Path, lang: str, **wish: Any) -> None:
    from agent.kiosk.complain import Wish, complain

    sys.exit(complain(config, Messages(lang), Wish(**wish)))


@app.command("site", help=_said("site.help"))
@click.argument("site", metavar="URL|NAMA")
@config_option
@lang_option
@json_option
def site_command(site: str, config: Path, lang: str, as_json: bool) -> None:
    from agent.cli_site import site as look

    sys.exit(look(config, Messages(lang), site, as_json=as_json))


@app.command("version", help=_said("version.help"))
@json_option
def version_command(as_json: bool) -> None:
    import platform

    from agent.version import VERSION
    from wire import PROTOCOL_VERSION

    if as_json:
        import msgspec

        facts = {"version": VERSION, "protocol": PROTOCOL_VERSION, "python": platform.python_version()}
        click.echo(msgspec.json.encode(facts))
    else:
        click.echo(f"sandi {VERSION} (protokol v{PROTOCOL_VERSION}, Python {platform.python_version()})")


@app.group("config", help=_said("config.help"))
def config_group() -> None:
    """Commands about the configuration file."""


_file = click.Path(path_type=Path, dir_okay=False)


@config_group.command("check", help=_said("config_check.help"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--pushed", metavar="FILE", type=_file, help=_said("config_check.opt.pushed"))
@click.option("--report", metavar="FILE", type=_file, hidden=True)
@lang_option
@json_option
def config_check_command(file: Path | None, pushed: Path | None, report: Path | None, lang: str, as_json: bool) -> None:
    from agent.cli_config import check

    sys.exit(check(file or config_path(), Messages(lang), pushed=pushed, report=report, as_json=as_json))


@config_group.command("show", help=_said("config_show.help"))
@config_option
@lang_option
@json_option
def config_show_command(config: Path, lang: str, as_json: bool) -> None:
    from agent.cli_config import show

    sys.exit(show(config, Messages(lang), as_json=as_json))


@config_group.command("overrides", help=_said("config_overrides.help"))
@config_option
@lang_option
@json_option
def config_overrides_command(config: Path, lang: str, as_json: bool) -> None:
    from agent.cli_config import overrides

    sys.exit(overrides(config, Messages(lang), as_json=as_json))


@config_group.command("example", help=_said("config_example.help"))
@lang_option
def config_example_command(lang: str) -> None:
    from agent.config import sample

    click.echo(sample(Messages(lang)), nl=False)
    sys.exit(EXIT_OK)


def usage_error(text: str) -> int:
    """Print why nothing was done, and the exit code for it."""
    click.echo(text, err=True)
    return EXIT_USAGE
