"""`sandi-center config`: push a configuration to boxes, see what it changes, what was pushed and who differs."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from center.commands import asking
from center.commands.common import acted, data_option, language, say, word
from center.commands.ordering_options import in_waves, which_boxes
from center.commands.run import chosen_nodes, watched
from center.core.alert_times import moment
from center.errors import CenterError
from wire.topics import NODE_ID_PATTERN

MAX_BYTES: Final = 32_000
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, times in UTC milliseconds.")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group()
def config() -> None:
    """Configurations pushed to boxes."""


def _with_database(command: Callable[..., int | None]) -> Callable[..., int | None]:
    @wraps(command)
    def prepared(**values: Any) -> int | None:
        from center.database import open_database

        open_database()
        return command(**values)

    return prepared


def _sending(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of an order."""
    confirm = click.option(
        "--confirm-within",
        type=click.IntRange(30, 3600),
        default=300,
        show_default=True,
        metavar="S",
        help="A box that has no answer of the centre for so long takes it back.",
    )
    return in_waves(canary=1, pause_s=0)(confirm(command))


@config.command("push")
@click.argument("file", type=_FILE)
@which_boxes
@click.option("--per-node", type=_FOLDER, metavar="DIR", help="NODE.toml in it is laid over FILE for that box.")
@_sending
@_JSON
@data_option
@_with_database
def push(file: Path, per_node: Path | None, **options: Any) -> int:
    """Push FILE (TOML) to boxes: NODE..., --all, --kind or --kecamatan.

    Each box tries it, and takes it back by itself unless the centre answers in time. The change is shown, and asked
    about, before anything is sent. Exit code: as of `sandi-center run`.
    """
    return _sent(_read(file), _parts(per_node), options)


@config.command("back")
@click.argument("revision", type=click.IntRange(1))
@which_boxes
@_sending
@_JSON
@data_option
@_with_database
def back(revision: int, **options: Any) -> int:
    """Push what REVISION held once more, as a new revision."""
    from center.fleet.revisions import parts_of

    found = _found(revision)
    return _sent(found.toml, parts_of(found), options)


@config.command("diff")
@click.argument("file", type=_FILE)
@which_boxes
@click.option("--per-node", type=_FOLDER, metavar="DIR", help="NODE.toml in it is laid over FILE for that box.")
@_JSON
@data_option
@_with_database
def diff(file: Path, per_node: Path | None, as_json: bool, **options: Any) -> int:
    """Show what FILE would change on boxes, and whether they would take it. Exit code 1 for mistakes in it."""
    names = _names(options)
    toml, parts = _read(file), _kept(_parts(per_node), names)
    problems = _problems(toml, parts, names)
    found = [] if problems else _changes(toml, parts, names)
    if as_json:
        rows = {"problems": [asdict(one) for one in problems], "changes": [asdict(one) for one in found]}
        click.echo(json.dumps(rows, indent=2))
    else:
        _tell(problems, found)
        if not problems:
            say("config-valid")
    return 1 if problems else 0


@config.command("list")
@click.option("-n", "count", type=click.IntRange(1, 500), default=30, show_default=True, help="How many at most.")
@_JSON
@data_option
@_with_database
def list_revisions(count: int, as_json: bool, **_options: Any) -> None:
    """List what was pushed, the newest first, and how many boxes run it."""
    from center.fleet.shown import rows

    found = rows(count)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], indent=2))
        return
    for row in found:
        note = asking.safe_line(row.note)
        say("config-row", revision=row.revision, when=moment(row.made_ms, language()), nodes=row.nodes,
            running=row.running, who=asking.safe_line(row.made_by), note=note)  # fmt: skip
    if not found:
        say("config-none")


@config.command("show")
@click.argument("revision", type=click.IntRange(1))
@_JSON
@data_option
@_with_database
def show(revision: int, as_json: bool, **_options: Any) -> None:
    """Show what REVISION holds."""
    from center.fleet.revisions import parts_of

    found = _found(revision)
    parts = parts_of(found)
    if as_json:
        names = ("generation", "revision", "toml", "confirm_within_s", "operation", "note", "made_by", "made_ms")
        click.echo(json.dumps({**{name: getattr(found, name) for name in names}, "per_node": parts}, indent=2))
        return
    say("config-head", revision=found.revision, who=found.made_by, when=moment(found.made_ms, language()),
        within=found.confirm_within_s, operation=found.operation or "-")  # fmt: skip
    say("config-common")
    click.echo(asking.safe(found.toml).rstrip("\n"))
    for node, text in sorted(parts.items()):
        say("config-over", node=node)
        click.echo(asking.safe(text).rstrip("\n"))


@config.command("drift")
@_JSON
@data_option
@_with_database
def drift(as_json: bool, **_options: Any) -> int:
    """List the boxes that do not run what they should. Exit code 1 when there are any."""
    from center.fleet.drift import standings
    from center.sites.models import Node

    nodes = list(Node.objects.filter(retired=False).order_by("id").values_list("pk", flat=True))
    found = [one for one in standings(nodes) if one.kind not in ("same", "unheard") or one.wanted]
    found = [one for one in found if one.kind != "same"]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return 1 if found else 0
    for one in found:
        why = (
            f" [{one.code}] {asking.safe_line(one.detail)}" if one.code and one.kind in ("reverted", "refused") else ""
        )
        keys = f" ({', '.join(map(asking.safe_line, one.overrides))})" if one.overrides else ""
        click.echo(f"{one.node:<20} {one.revision:>4} -> {one.wanted:<4} {word(f'drift-{one.kind}')}{why}{keys}")
    if not found:
        say("config-drift-none")
    return 1 if found else 0


def _sent(toml: str, parts: Mapping[str, str], options: dict[str, Any]) -> int:
    """Check, show, ask, order, watch. Raises CenterError."""
    from center.commander.frames import Order, Roll

    names = _names(options)
    parts = _kept(parts, names)
    quiet = options["as_json"]
    if problems := _problems(toml, parts, names):
        _tell(problems, [])
        raise CenterError("it is not valid; nothing was sent", "isinya belum benar; tidak ada yang dikirim")
    if not quiet:
        _tell([], _changes(toml, parts, names))
    if not options["yes"] and not click.confirm(word("config-sure", count=len(names)), err=True):
        return asking.STOPPED
    code = asking.one_time_code(options["person"], options["otp"])
    roll = Roll(options["canary"] if len(names) > 1 else 0, options["batch"], options["abort"], options["pause"])
    order = Order(
        str(uuid.uuid4()), "config", names, options["person"], roll=roll, otp=code, note=options["note"],
        toml=toml or "# the card alone\n", per_node=dict(parts), confirm_within_s=options["confirm_within"],
    )  # fmt: skip
    operation = asking.ask(options["data"], order).operation
    acted("operation-order", f"operation:{operation}", f"config {len(names)}")
    if not quiet:
        say("operation-ordered", id=operation, command="config", count=len(names))
    if options["wait"]:
        return watched(operation, quiet, printing=False)
    if quiet:
        click.echo(json.dumps({"operation": operation}))
    return asking.DONE


def _names(options: Mapping[str, Any]) -> tuple[str, ...]:
    return chosen_nodes(options["nodes"], options["everywhere"], options["kind"], options["kecamatan"])


def _problems(toml: str, parts: Mapping[str, str], names: tuple[str, ...]) -> list[Any]:
    from center.fleet.revisions import problems

    return problems(toml, parts, names, language())


def _changes(toml: str, parts: Mapping[str, str], names: tuple[str, ...]) -> list[Any]:
    from center.fleet.diffing import changes

    return changes(toml, parts, names)


def _tell(problems: list[Any], found: list[Any]) -> None:
    for one in problems:
        node, text = one.node or word("config-everybody"), asking.safe_line(one.text)
        click.echo(word("config-problem", node=node, text=text), err=True)
    for one in found:
        names = " ".join(one.nodes[:5]) + (" ..." if len(one.nodes) > 5 else "")
        if not one.lines:
            say("config-same", count=len(one.nodes))
            continue
        key = "config-change" if one.before else "config-change-card"
        say(key if one.known else "config-change-unknown", count=len(one.nodes), before=one.before, nodes=names)
        click.echo("\n".join(f"  {asking.safe(line)}" for line in one.lines))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CenterError(f"{path}: cannot be read: {error}", f"{path}: tidak dapat dibaca: {error}") from error
    if len(raw) > MAX_BYTES:
        raise CenterError(f"{path}: more than {MAX_BYTES} bytes", f"{path}: lebih dari {MAX_BYTES} byte")
    return text


def _parts(folder: Path | None) -> dict[str, str]:
    """NODE.toml of a folder. Raises CenterError for a file that is no node's."""
    import re

    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")) if folder is not None else ():
        if re.fullmatch(NODE_ID_PATTERN, path.stem) is None:
            raise CenterError(f"{path}: {path.stem} is no node", f"{path}: {path.stem} bukan nama kotak")
        found[path.stem] = _read(path)
    return found


def _kept(parts: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {node: text for node, text in parts.items() if node in names}


def _found(revision: int) -> Any:
    from center.fleet.revisions import push_of

    found = push_of(revision)
    if found is None:
        raise CenterError(f"there is no revision {revision}", f"tidak ada nomor {revision}")
    return found
