"""What `sandi enrol` and `sandi renew` do. Exit 0 good, 1 not yet or not at all, 2 wrong use."""

import os
import sys
from pathlib import Path

import click
import msgspec

from agent import logs
from agent.chance import chance
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_enrol_words import sentences
from agent.config import ConfigError, load_parts
from agent.core.enrolment import Course, Standing
from agent.enrol import places as enrol_places
from agent.enrol import statefile
from agent.enrol.attempt import attempt, now_ms
from agent.enrol.door import Address
from agent.enrol.errors import EnrolError
from agent.enrol.loop import Loop
from agent.enrol.places import Places
from agent.enrol.renewal import Ends, Outcome
from agent.enrol.renewal import renew as renew_once
from agent.enrol.turn import turn
from agent.enrol.vault import Vault
from agent.messages import Messages
from agent.sdnotify import Notifier
from wire.enrolment import PORT_AFTER_BROKER
from wire.shape import Struct, replace


class Wish(Struct, frozen=True):
    """The options of `sandi enrol`."""

    once: bool = False
    watch: bool = False
    card: Path | None = None
    credentials: Path | None = None


class Renewing(Struct, frozen=True):
    """The options of `sandi renew`."""

    force: bool = False
    back: bool = False
    card: Path | None = None
    credentials: Path | None = None


def enrol(config: Path, messages: Messages, wish: Wish, *, as_json: bool) -> int:
    """Until the box is enrolled, or one attempt, or only what the state is."""
    where = enrol_places.places(wish.card, wish.credentials, None)
    if wish.watch:
        from agent.enrol.console import watch

        return watch(where.state_file, messages)
    become_owner(where.state)
    if trouble := _unusable(where):
        click.echo(messages.text("cli.enrol.no_place", detail=trouble), err=True)
        return EXIT_USAGE
    logs.set_up()

    def told(standing: Standing) -> None:
        show(messages, standing, as_json=as_json)

    loop = Loop(where, lambda: attempt(where, _broker(config, where)), told, Notifier())
    if wish.once:
        return EXIT_OK if loop.once().state == "enrolled" else EXIT_PROBLEM
    return loop.until_enrolled()


def renew(config: Path, messages: Messages, wish: Renewing, *, as_json: bool) -> int:
    """Renew when due. Exit 0 when nothing is due or all is done, 1 when it did not come through."""
    where = enrol_places.places(wish.card, wish.credentials, None)
    become_owner(where.state)
    if trouble := _unusable(where):
        click.echo(messages.text("cli.enrol.no_place", detail=trouble), err=True)
        return EXIT_USAGE
    logs.set_up()
    if wish.back:
        return _back(where, messages)
    ends = _ends(config, where)
    if ends is None:
        click.echo(messages.text("cli.renew.no_centre", path=config), err=True)
        return EXIT_USAGE
    outcome = renew_once(where, ends, asked_for=wish.force)
    standing = _written(where, outcome)
    if as_json:
        facts = {"reason": outcome.reason, "renewed": outcome.done, "taught": outcome.taught}
        click.echo(msgspec.json.encode({**msgspec.to_builtins(standing), **facts}))
    else:
        kind = "done" if outcome.done else "taught" if outcome.taught else "nothing" if outcome.well else "failed"
        click.echo(messages.text(f"cli.renew.{kind}"))
        show(messages, standing, as_json=False)
    return EXIT_OK if outcome.well else EXIT_PROBLEM


def show(messages: Messages, standing: Standing, *, as_json: bool) -> None:
    """One standing: a document for programs, or sentences."""
    if as_json:
        click.echo(msgspec.json.encode(standing))
    else:
        for line in sentences(messages, standing, now_ms()):
            click.echo(line)
    sys.stdout.flush()


def _back(where: Places, messages: Messages) -> int:
    try:
        with turn(where.state):
            gone_back = Vault(where.credentials).back()
    except (EnrolError, OSError) as error:
        click.echo(str(error), err=True)
        return EXIT_USAGE
    click.echo(messages.text("cli.renew.back" if gone_back else "cli.renew.no_back"))
    return EXIT_OK if gone_back else EXIT_PROBLEM


def _written(where: Places, outcome: Outcome) -> Standing:
    before = statefile.read(where.state_file) or Standing("unprovisioned", now_ms(), now_ms())
    standing = Course(before).after(outcome.seen, now_ms(), chance()).standing
    held = Vault(where.credentials).held()
    standing = replace(standing, node=held.node if held is not None else before.node)
    try:
        statefile.write(where.state_file, standing)
    except OSError as error:
        click.echo(str(error), err=True)
    return standing


def become_owner(folder: Path) -> None:
    """As root: for good the user whose folder this is, so that what is written here stays readable to its unit."""
    if os.geteuid() == 0 and folder.is_dir():
        owner = folder.stat()
        if owner.st_uid:
            os.setgroups([owner.st_gid])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)


def _unusable(where: Places) -> str:
    """Why the folder of states cannot be used: "" when it can."""
    try:
        where.state.mkdir(mode=0o750, parents=True, exist_ok=True)
        probe = where.state / ".probe"
        probe.touch()
        probe.unlink()
    except PermissionError as error:
        return f"{error.filename}: {error.strerror}"
    except OSError:
        return ""  # full or read-only: a state of its own, said by the attempt
    return ""


def _broker(config: Path, where: Places) -> Address | None:
    """The broker by the agent's configuration, that beside the card first; None when that does not say."""
    beside = where.card / "agent.toml"
    try:
        uplink = load_parts(beside if beside.exists() else config, "uplink")["uplink"]
    except (ConfigError, OSError):
        return None
    return Address(uplink.host, uplink.port) if uplink.host else None


def _ends(config: Path, where: Places) -> Ends | None:
    """Listener and broker: by the card, else by the agent's configuration alone."""
    broker = _broker(config, where)
    try:
        card = enrol_places.card(where)
    except EnrolError:
        return None if broker is None else Ends(Address(broker.host, broker.port + PORT_AFTER_BROKER), broker)
    return Ends(Address(card.host, card.port), broker or Address(card.host, card.port - PORT_AFTER_BROKER))
