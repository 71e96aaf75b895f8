"""`sandi-center release`: the offline key, signing, the shelf of releases, and pushing one to boxes."""

import json
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from center.commands import asking
from center.commands.common import acted, data_option, language, say, word
from center.commands.ordering_options import in_waves, which_boxes
from center.commands.run import chosen_nodes, watched
from center.core.alert_times import moment
from center.errors import CenterError

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, times in UTC milliseconds.")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_PASSWORD = click.option("--password-stdin", is_flag=True, help="Read the key's password as a line of standard input.")


@click.group()
def release() -> None:
    """Releases for boxes: signed, handed out, pushed."""


@release.command("key")
@click.argument("folder", type=_FOLDER)
@_PASSWORD
def new_key(folder: Path, password_stdin: bool) -> None:
    """Make the release key in FOLDER, on a machine without a network: release.key and release.pub."""
    from center.fleet.bundles import new_key as make

    try:
        secret, public = make(folder, _password(password_stdin, confirm=True))
    except OSError as error:
        text = f"{error.filename}: {error.strerror}"
        raise CenterError(f"the key was not made: {text}", f"kunci tidak dibuat: {text}") from error
    say("release-key-made", secret=secret, public=public)


@release.command("sign")
@click.argument("folder", type=_FOLDER)
@click.option("--key", type=_FILE, required=True, help="The secret half of the release key.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The bundle (default: FOLDER.sandi).")
@_PASSWORD
def sign(folder: Path, key: Path, out: Path | None, password_stdin: bool) -> None:
    """Sign what `scripts/release` made in FOLDER, on the machine that has the key."""
    from center.fleet import bundles

    target = out or folder.with_name(folder.name + bundles.SUFFIX)
    try:
        digest = bundles.sign(folder, bundles.private_key(key, _password(password_stdin)), target)
    except OSError as error:
        text = f"{error.filename}: {error.strerror}"
        raise CenterError(f"nothing was signed: {text}", f"tidak ada yang ditandatangani: {text}") from error
    say("release-signed", file=target, digest=digest)


@release.command("trust")
@click.argument("file", type=_FILE)
@data_option
def trust(file: Path, data: Path) -> None:
    """Take FILE (release.pub) as the key releases must be signed with; it goes onto cards from now on."""
    from center.database import open_database

    open_database()
    from center.fleet import shelf

    shelf.trust(data, file)
    acted("release-trust", "release", shelf.public_key_file(data).read_text().splitlines()[1][-16:])
    say("release-trusted", file=file)


@release.command("add")
@click.argument("file", type=_FILE)
@click.option("--notes", default="", help="What is new, in one line.")
@data_option
def add(file: Path, data: Path, notes: str) -> None:
    """Prove the bundle FILE and hand it out to boxes that are told to change to it."""
    from center.commands.common import own_name
    from center.database import open_database

    open_database()
    from center.fleet import shelf

    row = shelf.add(data, file, own_name(), notes)
    acted("release-add", f"release:{row.version}", row.digest)
    say("release-added", version=row.version, digest=row.digest[:12], megabytes=max(1, row.size_bytes // 1_000_000))


@release.command("list")
@_JSON
@data_option
def list_releases(data: Path, as_json: bool) -> None:
    """List releases, the newest first, and how many boxes run each."""
    from center.database import open_database

    open_database()
    from center.fleet import shelf

    found = shelf.rows(data)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], indent=2))
        return
    for row in found:
        more = word("release-row-withdrawn") if row.withdrawn_ms else "" if row.there else word("release-row-missing")
        say("release-row", version=row.version, digest=row.digest[:12], megabytes=max(1, row.size_bytes // 1_000_000),
            floor=row.floor, when=moment(row.added_ms, language()), who=asking.safe_line(row.added_by),
            running=row.running, trying=row.trying, more=more)  # fmt: skip
    if not found:
        say("release-none")


@release.command("withdraw")
@click.argument("version")
@data_option
def withdraw(version: str, data: Path) -> None:
    """Hand the release VERSION (or the beginning of its digest) out no more; boxes that run it go on."""
    from center.database import open_database

    open_database()
    from center.fleet import shelf

    row = shelf.found(version)
    shelf.withdraw(data, row)
    acted("release-withdraw", f"release:{row.version}", row.digest)
    say("release-withdrawn", version=row.version)


@release.command("push")
@click.argument("version")
@which_boxes
@click.option("--forced", is_flag=True, help="Also to an older version than a box runs.")
@in_waves(canary=2, pause_s=900)
@_JSON
@data_option
def push(version: str, data: Path, as_json: bool, **options: Any) -> int:
    """Have boxes change to the release VERSION: NODE..., --all, --kind or --kecamatan.

    A second person approves it. Each box tries it and goes back by itself if it is not well.
    Exit code: as of `sandi-center run`.
    """
    from center.database import open_database

    open_database()
    from center.commander.frames import Order, Roll
    from center.fleet import shelf

    row = shelf.found(version)
    names = chosen_nodes(options["nodes"], options["everywhere"], options["kind"], options["kecamatan"])
    if not options["yes"] and not click.confirm(word("release-sure", count=len(names), version=row.version), err=True):
        return asking.STOPPED
    code = asking.one_time_code(options["person"], options["otp"])
    arguments = {
        "digest": row.digest,
        "size_bytes": row.size_bytes,
        "version": row.version,
        "forced": options["forced"],
    }
    roll = Roll(options["canary"] if len(names) > 1 else 0, options["batch"], options["abort"], options["pause"])
    order = Order(
        str(uuid.uuid4()), "update", names, options["person"], arguments, roll=roll, otp=code, note=options["note"]
    )
    operation = asking.ask(data, order).operation
    acted("operation-order", f"operation:{operation}", f"update {len(names)}")
    if not as_json:
        say("operation-ordered", id=operation, command="update", count=len(names))
    if options["wait"]:
        return watched(operation, as_json, printing=False)
    if as_json:
        click.echo(json.dumps({"operation": operation}))
    return asking.NOT_APPROVED


def _password(from_input: bool, *, confirm: bool = False) -> str:
    """From a line of standard input, or the terminal; "" where there is neither."""
    if from_input:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return ""
    asked = click.prompt(word("release-password"), default="", show_default=False, hide_input=True, err=True,
                         confirmation_prompt=confirm)  # fmt: skip
    return str(asked)
