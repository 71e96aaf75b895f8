"""`sandi-center`: run and administer the command centre.

Expected problems are one sentence on standard error and exit code 2.
"""

import os
import sys
from importlib.metadata import version as installed_version

import click

from center.commands.alerts import alert
from center.commands.audit import audit
from center.commands.authority import ca
from center.commands.availability import availability, outages
from center.commands.backup import backup, restore
from center.commands.complaint_files import import_complaints, undo_import
from center.commands.complaints import complaints
from center.commands.displays import display
from center.commands.enrolment import enrolment
from center.commands.evidence import evidence
from center.commands.nodes import enroll, nodes, revoke
from center.commands.processes import (
    alerts,
    broker,
    credentials,
    enrol,
    ingest,
    init,
    signer,
    throughput,
    up,
    web,
    worker,
)
from center.commands.provision import provision
from center.commands.replace import replace
from center.commands.reports import report
from center.commands.seal import seal
from center.commands.security import security
from center.commands.sites import sites
from center.commands.tokens import token
from center.commands.users import user
from center.errors import CenterError
from center.files import is_shared
from center.phrases import LANGUAGES


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    click.echo(installed_version("sandi"))


for part in (
    *(up, init, enroll, revoke, nodes, audit, sites, user, token),
    *(outages, availability, report, evidence),
    *(complaints, seal, display),
    *(broker, ingest, worker, web, throughput, credentials, backup, restore),
    *(signer, enrol, enrolment),
    *(alerts, alert),
    *(replace, ca),
    *(security,),
    provision,
):
    command.add_command(part)


for part in (import_complaints, undo_import):
    complaints.add_command(part)


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
