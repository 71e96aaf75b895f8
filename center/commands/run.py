"""`sandi-center run`: have a command carried out on boxes, and watch it."""

import difflib
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import msgspec

from center.commands import asking
from center.commands.common import acted, data_option, language, say, word
from center.commands.ordering_options import KINDS
from center.core.alert_times import moment
from center.errors import CenterError
from wire.commands import COMMANDS

ELSEWHERE = {"config": "sandi-center config push", "keys": "sandi-center commander keys"}


def _table() -> str:
    """Every command with what it takes, for the help."""
    said = []
    for name in sorted(set(COMMANDS) - set(ELSEWHERE)):
        takes = " ".join(one.name for one in msgspec.structs.fields(COMMANDS[name].arguments))
        said.append(f"{name} ({COMMANDS[name].gravity}{': ' if takes else ''}{takes})")
    return f"Commands, with what --set gives them: {', '.join(said)}. Look: no code; touch: one person; grave: two."


@click.command(epilog=_table())
@click.argument("command", metavar="COMMAND")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option("--all", "everywhere", is_flag=True, help="On every enrolled box.")
@click.option("--kind", type=click.Choice(KINDS), help="On the boxes of this kind of site.")
@click.option("--kecamatan", metavar="NAME", help="On the boxes of this kecamatan.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="An argument of the command; repeatable.")
@click.option("--canary", type=click.IntRange(0, 100), default=0, help="So many boxes first; one that fails stops all.")
@click.option("--batch", type=click.IntRange(0, 1000), default=0, help="So many at a time after that (0: all at once).")
@click.option(
    "--abort",
    type=click.IntRange(0, 100),
    metavar="PCT",
    help="Stop when more than PCT per cent of all boxes fail (10; for commands that only look: never).",
)
@click.option("--pause", type=click.IntRange(0, 86_400), default=0, metavar="S", help="Seconds between two waves.")
@click.option(
    "--as", "person", default="", metavar="NAME", help="Whose one-time code it is, as the commander knows it."
)
@click.option("--otp", is_flag=True, help="Read the one-time code as a line of standard input.")
@click.option("--note", default="", help="A remark that stays with the operation.")
@click.option("--wait/--no-wait", default=True, help="Watch it to its end (default), or only order it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end; no lines before.")
@data_option
def run(command: str, data: Path, as_json: bool, wait: bool, **options: Any) -> int:
    """Have COMMAND carried out on boxes: NODE..., --all, --kind or --kecamatan.

    Exit code: 0 all boxes did it, 1 some did not, 2 refused or impossible, 3 not approved by a second person,
    4 cancelled.
    """
    from center.database import open_database

    kind = _kind(command)
    arguments = _arguments(command, options["settings"])
    open_database()
    names = chosen_nodes(options["nodes"], options["everywhere"], options["kind"], options["kecamatan"])
    order = _order(command, names, arguments, options)
    operation = asking.ask(data, order).operation
    acted("operation-order", f"operation:{operation}", f"{command} {len(names)}")
    if not as_json:
        say("operation-ordered", id=operation, command=command, count=len(names))
    if kind.gravity == "grave" and not as_json:
        until = moment(int(time.time() * 1000) + 30 * 60_000, language())
        say("operation-needs-second", id=operation, until=until)
    if not wait:
        return _ordered(operation, as_json, asking.NOT_APPROVED if kind.gravity == "grave" else asking.DONE)
    return watched(operation, as_json, printing=len(names) == 1)


def _ordered(operation: str, as_json: bool, code: int) -> int:
    if as_json:
        click.echo(json.dumps({"operation": operation}))
    return code


def watched(operation: str, as_json: bool, *, printing: bool) -> int:
    """Follow an operation to its end, and tell it; the exit code."""
    from center.operations import orders

    try:
        row = asking.follow(operation, lambda line: None if as_json else click.echo(line),
                            printing=printing and not as_json)  # fmt: skip
    except KeyboardInterrupt:
        click.echo(word("operation-left", id=operation), err=True)
        raise
    if as_json:
        found = orders.targets(operation)
        texts = {one.id: orders.output(one.id).text for one in found if one.parts}
        rows = [{**asdict(one), "output": texts.get(one.id, "")} for one in found]
        click.echo(json.dumps({"operation": asdict(row), "targets": rows}, indent=2))
    else:
        click.echo("\n".join(asking.summary(row)))
    return asking.exit_code(row)


def _kind(command: str) -> Any:
    """Its row in `wire.commands.COMMANDS`. Raises CenterError."""
    if command in ELSEWHERE:
        raise CenterError(
            f"{command} has a command of its own: {ELSEWHERE[command]}",
            f"{command} punya perintah sendiri: {ELSEWHERE[command]}",
        )
    if command in COMMANDS:
        return COMMANDS[command]
    names = ", ".join(sorted(set(COMMANDS) - set(ELSEWHERE)))
    raise CenterError(
        f"there is no command {command!r}; there are: {names}", f"tidak ada perintah {command!r}; yang ada: {names}"
    )


def _arguments(command: str, settings: Sequence[str]) -> dict[str, Any]:
    """--set as what the command takes, in its types. Raises CenterError."""
    pairs = [setting.partition("=") for setting in settings]
    texts = {key.strip().replace("-", "_"): value for key, _, value in pairs}
    try:
        struct = msgspec.convert(texts, COMMANDS[command].arguments, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(field.name for field in msgspec.structs.fields(COMMANDS[command].arguments)) or "-"
        raise CenterError(
            f"{command}: {error}; it takes --set KEY=VALUE with: {known}",
            f"{command}: {error}; yang diterima lewat --set NAMA=NILAI: {known}",
        ) from error
    given: dict[str, Any] = msgspec.to_builtins(struct)
    return {key: value for key, value in given.items() if key in texts}


def chosen_nodes(names: Sequence[str], everywhere: bool, kind: str | None, kecamatan: str | None) -> tuple[str, ...]:
    """The boxes that are meant, each once. Raises CenterError."""
    from center.sites.models import Node

    groups = bool(everywhere or kind or kecamatan)
    if bool(names) == groups:
        raise CenterError(
            "name the boxes, or choose them with --all, --kind or --kecamatan; not both",
            "sebutkan kotaknya, atau pilih dengan --all, --kind, atau --kecamatan; bukan keduanya",
        )
    rows = Node.objects.filter(retired=False).order_by("id")
    known = list(rows.values_list("pk", flat=True))
    if names:
        for name in names:
            if name not in known:
                near = " ".join(difflib.get_close_matches(name, known, 3)) or "sandi-center nodes"
                raise CenterError(f"there is no box {name}; see: {near}", f"tidak ada kotak {name}; lihat: {near}")
        return tuple(dict.fromkeys(names))
    if kind:
        rows = rows.filter(site__kind=kind)
    if kecamatan:
        rows = rows.filter(site__kecamatan__iexact=kecamatan)
    found = tuple(rows.values_list("pk", flat=True))
    if not found:
        raise CenterError("no box fits that choice", "tidak ada kotak yang cocok dengan pilihan itu")
    return found


def _order(command: str, nodes: tuple[str, ...], arguments: dict[str, Any], options: dict[str, Any]) -> Any:
    """The question for the commander, with its code where one is needed. Raises CenterError."""
    from center.commander.frames import Order, Roll
    from center.commands.common import own_name

    gravity = COMMANDS[command].gravity
    person = options["person"] or own_name()
    if gravity != "look" and not options["person"]:
        raise CenterError(
            f"{command} needs a person the commander knows, and their one-time code: --as NAME",
            f"{command} memerlukan orang yang dikenal komandan, dan kode sekali pakainya: --as NAMA",
        )
    code = asking.one_time_code(person, options["otp"]) if gravity != "look" else ""
    abort_pct = options["abort"] if options["abort"] is not None else 100 if gravity == "look" else 10
    roll = Roll(options["canary"], options["batch"], abort_pct, options["pause"])
    return Order(str(uuid.uuid4()), command, nodes, person, arguments, roll=roll, otp=code, note=options["note"])
