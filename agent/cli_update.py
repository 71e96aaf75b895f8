"""`sandi update`: what became of the last update from afar; and the child process that fetches one."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_options import config_option, json_option, lang_option, said
from agent.messages import Messages

if TYPE_CHECKING:
    from agent.update.fetch import Wish

EXITS: Final = {"not_found": 10, "budget": 11, "hash": 12, "storage": 13, "late": 14}
"""As `agent.commands.update` reads them; 15: where the centre is cannot be told."""
EXIT_NO_CENTRE: Final = 15
_TOLD_EVERY_PCT: Final = 10


@click.group("update", help=said("update.help"))
def update_group() -> None:
    """Commands about updates from afar."""


@update_group.command("status", help=said("update_status.help"))
@lang_option
@json_option
def status_command(lang: str, as_json: bool) -> None:
    """Exit 0; 1 when the last one was taken back or refused."""
    sys.exit(status(Messages(lang), as_json=as_json))


@update_group.command("fetch", hidden=True)
@click.argument("digest")
@click.option("--size", type=int, required=True)
@click.option("--budget", type=int, required=True)
@click.option("--rate", type=int, required=True)
@click.option("--within", type=float, required=True)
@config_option
def fetch_command(config: Path, digest: str, *, size: int, budget: int, rate: int, within: float) -> None:
    """The child of the command `update`; not for people."""
    from agent.update.fetch import Wish

    sys.exit(fetch(config, Wish(digest, size, budget, rate, within)))


def status(messages: Messages, *, as_json: bool) -> int:
    """Print where the update stands."""
    from agent.update import outcome

    found = outcome.read(outcome.state_file())
    if as_json:
        click.echo(msgspec.json.encode(found or outcome.Outcome()))
    elif found is None or found.phase == "idle":
        click.echo(messages.text("cli.update.none"))
    else:
        words = messages.text(f"cli.update.phase.{found.phase}", version=found.version, running=found.running)
        click.echo(words)
        if found.code:
            click.echo(f"  {found.code}: {found.detail}")
        if found.phase == "confirmed" and found.old:
            click.echo(messages.text("cli.update.back", running=found.running))
    return EXIT_PROBLEM if found is not None and found.phase in ("rolled_back", "refused") else EXIT_OK


def fetch(config: Path, wish: "Wish") -> int:
    """Fetch one bundle into the agent's folder."""
    from agent.config import ConfigError, load_parts
    from agent.enrol import places
    from agent.enrol.door import Address
    from agent.enrol.errors import EnrolError
    from agent.names import UPDATE_FOLDER
    from agent.update.fetch import Fetcher, FetchError
    from wire.enrolment import PORT_AFTER_BROKER

    try:
        parts = load_parts(config, "node", "uplink")
        node, uplink = parts["node"], parts["uplink"]
        credentials = Path(os.environ.get("SANDI_CREDENTIALS") or uplink.credentials)
        authorities = (credentials / "ca.crt").read_bytes()
    except (ConfigError, OSError) as error:
        click.echo(str(error), err=True)
        return EXIT_USAGE
    listener = Address(uplink.host, uplink.port + PORT_AFTER_BROKER)
    try:
        card = places.card(places.places(None, None, None))
        if card.host == uplink.host:
            listener = Address(card.host, card.port)
    except EnrolError:
        pass
    told = [-_TOLD_EVERY_PCT]

    def tell(done: int) -> None:
        pct = 100 * done // wish.size_bytes
        if pct >= told[0] + _TOLD_EVERY_PCT:
            told[0] = pct - pct % _TOLD_EVERY_PCT
            click.echo(f"{told[0]} % ({done} B)")

    try:
        Fetcher(listener, authorities, node.data_dir / UPDATE_FOLDER, wish, told=tell).run()
    except FetchError as error:
        click.echo(f"{error.code}: {error.detail}", err=True)
        return EXITS.get(error.code, EXIT_PROBLEM)
    except EnrolError as error:
        click.echo(str(error), err=True)
        return EXIT_NO_CENTRE
    return EXIT_OK
