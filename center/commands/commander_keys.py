"""`sandi-center commander keys`: the command keys, and changing them without a box that is left behind.

prepare -> keys push (two persons) -> switch, when every box knows the new one -> retire -> keys push once more
"""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from center.commands.asking import ask, one_time_code
from center.commands.commander_book import book_of, now_ms, utc
from center.commands.common import data_option, own_name, say, word
from center.errors import CenterError

if TYPE_CHECKING:
    from center.commander.keys import KeyRing
    from center.commander.known_keys import Boxes


@click.group()
def keys() -> None:
    """The keys that sign commands: what boxes are told to trust."""


@keys.command("show")
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON list, the signing key first; times in UTC.")
@click.option("--missing", is_flag=True, help="Name the boxes that do not know a key.")
def show_keys(data: Path, as_json: bool, missing: bool) -> None:
    """Each key: since when, whether it signs, how many boxes know it."""
    ring, boxes = _ring(data).ring(), _boxes(data)
    rows: list[dict[str, Any]] = [
        {
            "id": held.id, "public": held.public, "published_at": utc(held.made_ms), "signs": held.id == ring.signing,
            "boxes": boxes.total, "knowing": boxes.knowing[held.id], "missing": list(boxes.missing[held.id]),
        }
        for held in ring.in_order()
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        signs = word("commander-key-signs" if row["signs"] else "commander-key-waits")
        click.echo(f"{row['id']}  {row['published_at']}  {row['knowing']:>5}/{row['boxes']:<5}  {signs}")
        if missing:
            click.echo("".join(f"  {node}\n" for node in row["missing"]), nl=False)


@keys.command()
@data_option
def prepare(data: Path) -> None:
    """Make the next key and publish it: new cards and certificates bring it, `keys push` tells the boxes."""
    ring = _ring(data).prepare(now_ms())
    _noted(data, "prepare")
    assert ring.other is not None
    say("commander-key-prepared", id=ring.other.id)


@keys.command()
@data_option
@click.option("--as", "by", required=True, metavar="NAME", help="Who orders it, as the commander knows them.")
@click.option("--note", default="", help="Why, for the list of operations.")
@click.option("--otp", is_flag=True, help="Read the one-time code as a line of standard input.")
def push(data: Path, by: str, note: str, otp: bool) -> None:
    """Tell every box which keys to trust. A second person has to approve it."""
    from center.database import open_database

    open_database()
    from center.commander.frames import Order, Roll, Scalar
    from center.commander.ordering import own_keys_argument
    from center.sites.models import Node

    nodes = tuple(Node.objects.filter(retired=False).values_list("pk", flat=True))
    if not nodes:
        raise CenterError("there is no box to tell", "tidak ada kotak yang perlu diberi tahu")
    code = one_time_code(by, otp)
    arguments: dict[str, Scalar] = {"keys": own_keys_argument(_ring(data))}
    roll = Roll(abort_pct=100)  # a box that is away is told later, and stops nobody
    order = Order(str(uuid.uuid4()), "keys", nodes, by, arguments=arguments, roll=roll, otp=code, note=note)
    answer = ask(data, order)
    say("commander-keys-ordered", operation=answer.operation, count=len(nodes))


@keys.command()
@data_option
@click.option("--force", is_flag=True, help="Although boxes do not know the new key: they take no command any more.")
def switch(data: Path, force: bool) -> None:
    """The other key signs from now on. Refused while boxes do not know it."""
    ring = _ring(data)
    other = ring.ring().other
    if other is not None and not force:
        _require_known(_boxes(data).missing[other.id], other.id)
    changed = ring.switch()
    _noted(data, "switch")
    say("commander-key-switched", id=changed.signing)


@keys.command()
@data_option
@click.option("--force", is_flag=True, help="Although boxes do not know the key that signs.")
def retire(data: Path, force: bool) -> None:
    """Take away the key that does not sign; then `keys push`, so that boxes forget it."""
    ring = _ring(data)
    present = ring.ring()
    if present.other is not None and not force:
        _require_known(_boxes(data).missing[present.signing], present.signing)
    ring.retire()
    _noted(data, "retire")
    say("commander-key-retired", id=present.other.id if present.other else "")


def _require_known(missing: tuple[str, ...], key: str) -> None:
    if not missing:
        return
    some = ", ".join(missing[:5])
    raise CenterError(
        f"{len(missing)} boxes do not know key {key} ({some}); tell them first: sandi-center commander keys push, "
        "or --force: then they take no command until somebody brings them the key",
        f"{len(missing)} kotak belum mengenal kunci {key} ({some}); beri tahu dulu: sandi-center commander keys push, "
        "atau --force: kotak itu tidak menerima perintah sampai ada yang membawakan kuncinya",
    )


def _noted(data: Path, step: str) -> None:
    from center.commander.entries import KeyStep

    ids = tuple(held.id for held in _ring(data).ring().in_order())
    with book_of(data) as book, book.writing():
        book.append("key", step, KeyStep(step, own_name(), ids), now_ms())


def _ring(data: Path) -> "KeyRing":
    from center.commander.keys import FOLDER, KeyRing

    return KeyRing(data / FOLDER)


def _boxes(data: Path) -> "Boxes":
    from center.database import open_database

    open_database()
    from center.commander import known_keys

    return known_keys.count(_ring(data).ring())
