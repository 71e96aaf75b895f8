"""`sandi-center`: run and administer the command centre.

Expected problems are one sentence on standard error and exit code 2.
"""

import os
import sys

import click

from center.commands.late import LateGroup
from center.errors import CenterError
from center.files import is_shared
from center.phrases import LANGUAGES

_COMMANDS = {
    **dict.fromkeys(("up", "init", "broker", "ingest", "worker", "alerts", "web"), "processes"),
    **dict.fromkeys(("throughput", "credentials", "signer", "enrol"), "processes"),
    **dict.fromkeys(("enroll", "revoke", "nodes"), "nodes"),
    **dict.fromkeys(("outages", "availability"), "availability"),
    **dict.fromkeys(("backup", "restore"), "backup"),
    "alert": "alerts",
    "audit": "audit",
    "ca": "authority",
    "commander": "commander",
    "complaints": "complaints",
    "config": "config",
    "display": "displays",
    "enrolment": "enrolment",
    "evidence": "evidence",
    "operations": "operations",
    "provision": "provision",
    "release": "release",
    "replace": "replace",
    "report": "reports",
    "run": "run",
    "seal": "seal",
    "security": "security",
    "sites": "sites",
    "token": "tokens",
    "user": "users",
}
"""Command -> the module of `center.commands` it is in, under its own name."""


@click.group(
    cls=LateGroup,
    late={name: f"center.commands.{module}:{name}" for name, module in _COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    envvar="SANDI_LANG",
    default="id",
    help="Language of messages (default: id, or $SANDI_LANG).",
)
def command(lang: str) -> None:
    """Sandi, the command centre: network health, pictures and complaints from every site of the city."""


@command.command()
def version() -> None:
    """Print the installed version."""
    from importlib.metadata import version as installed_version

    click.echo(installed_version("sandi"))


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    # Whatever is made holds keys or what citizens wrote; files for others get their mode by name. Where each process of
    # the centre has its own user, what they share lies in folders whose group they are in.
    os.umask(0o007 if is_shared() else 0o077)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = command.main(args=words, prog_name="sandi-center", standalone_mode=False)
    except CenterError as error:
        complain(words, error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return code if isinstance(code, int) else 0


def complain(words: list[str], error: CenterError) -> None:
    """Say one expected problem on standard error, in the language the words ask for."""
    asked = "en" if "--lang=en" in words or words[:2] == ["--lang", "en"] else os.environ.get("SANDI_LANG", "id")
    click.echo(f"sandi-center: {' '.join(error.text(asked).split())}", err=True)


if __name__ == "__main__":
    sys.exit(main())
