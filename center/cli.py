"""`sandi-center`: run and administer the command centre.

Expected problems are one sentence on standard error and exit code 2.
"""

import importlib
import os
import sys
from typing import Final

import click

from center.errors import CenterError
from center.files import is_shared
from center.phrases import LANGUAGES

_PARTS: Final = {
    "processes": (
        *("up", "init", "broker", "ingest", "worker", "web", "throughput", "credentials", "signer", "enrol", "alerts"),
    ),
    "nodes": ("enroll", "revoke", "nodes"),
    "availability": ("outages", "availability"),
    "complaint_files": ("complaints",),
    "backup": ("backup", "restore"),
    "alerts": ("alert",),
    "authority": ("ca",),
    "audit": ("audit",),
    "displays": ("display",),
    "enrolment": ("enrolment",),
    "evidence": ("evidence",),
    "provision": ("provision",),
    "replace": ("replace",),
    "reports": ("report",),
    "seal": ("seal",),
    "security": ("security",),
    "sites": ("sites",),
    "tokens": ("token",),
    "users": ("user",),
}
"""Modules of `center.commands` and the commands in them, by the names they are typed and defined with."""
_MODULES: Final = {name: module for module, names in _PARTS.items() for name in names}


class _Commands(click.Group):
    """Loads the one command that was asked for: to load all takes as long as most of them work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*_MODULES, *self.commands])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(importlib.import_module(f"center.commands.{_MODULES[cmd_name]}"), cmd_name)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
