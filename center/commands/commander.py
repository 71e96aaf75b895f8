"""Commands about the commander: running it, who may order, its keys, its book."""

import asyncio
import json
import logging.config
import sys
from pathlib import Path
from typing import Any

import click

from center.commands.asking import safe, safe_line
from center.commands.commander_book import book_of, now_ms, utc
from center.commands.commander_keys import keys
from center.commands.common import data_option, own_name, say, user_id, word
from center.errors import CenterError


@click.group()
def commander() -> None:
    """The process that signs what boxes are asked from afar, the people who may order, and its keys."""


@commander.command()
@data_option
@click.option("--socket", type=click.Path(path_type=Path), help="Where it answers (default: DATA/run/commander.sock).")
@click.option("--peer", "peers", multiple=True, metavar="USER", help="Who else may ask: the user of the pages.")
def serve(data: Path, socket: Path | None, peers: tuple[str, ...]) -> None:
    """Run the commander: the one process with the command key. It has no network, only a unix socket."""
    from center.database import open_database
    from center.logs import logging_config
    from center.notify import notify_ready

    logging.config.dictConfig(logging_config())
    open_database()
    from center.commander.frames import SOCKET
    from center.commander.office import Office
    from center.commander.service import Commander, run

    users = frozenset(user_id(name) for name in peers)
    office = Office(data, now_ms)
    asyncio.run(run(Commander(office, users), (socket or data / SOCKET).absolute(), on_ready=notify_ready))


@commander.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(data: Path, as_json: bool) -> int:
    """Its keys and how many boxes know them, its people, its refusals of the last hour. Exit code 1: it is not well."""
    from center.commander.client import ask_now
    from center.commander.frames import Status

    answer = ask_now(data, Status())
    if answer.code:
        raise CenterError(answer.detail)
    facts = answer.facts
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        say("commander-key", id=facts["key_id"], count=facts["boxes_knowing_key"], total=facts["boxes"])
        if facts["second_key_id"]:
            known = facts["boxes_knowing_second_key"]
            say("commander-second-key", id=facts["second_key_id"], count=known, total=facts["boxes"])
        say("commander-people", count=facts["people"])
        say("commander-refusals", count=facts["refusals_last_hour"], foreign=facts["not_in_book"])
        say("commander-head", entries=facts["entries"], head=facts["head"])
    return 1 if facts["not_in_book"] else 0


@commander.group()
def person() -> None:
    """The people who may order what changes a box. They are known to the commander alone."""


@person.command("add")
@data_option
@click.argument("name")
def add_person(data: Path, name: str) -> None:
    """Make NAME (an account of the pages) known; the secret of the one-time codes is shown once."""
    from center.commander import agreeing, people

    with book_of(data) as book:
        secret = people.add(book, name, own_name(), now_ms())
    address = agreeing.otpauth(name, secret)
    say("commander-person-added", name=name)
    if sys.stdout.isatty():
        import segno

        segno.make(address, error="m").terminal(compact=True)
    say("commander-person-secret", secret=agreeing.base32(secret), address=address)


@person.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC.")
def list_people(data: Path, as_json: bool) -> None:
    """Who may order, since when, and whose codes are not looked at just now."""
    from center.commander import people

    with book_of(data) as book:
        known = people.known(book, now_ms())
    rows: list[dict[str, Any]] = [
        {"name": one.name, "added_at": utc(one.added_ms), "locked_s": one.locked_ms // 1000} for one in known
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        say("commander-nobody")
    for row in rows:
        locked = word("commander-locked", seconds=row["locked_s"]) if row["locked_s"] else ""
        click.echo(f"{row['name']:<24}{row['added_at']:<22}{locked}".rstrip())


@person.command("remove")
@data_option
@click.argument("name")
def remove_person(data: Path, name: str) -> None:
    """NAME's codes open nothing any more."""
    from center.commander import people

    with book_of(data) as book:
        people.remove(book, name, own_name(), now_ms())
    say("commander-person-removed", name=name)


@person.command("unlock")
@data_option
@click.argument("name")
def unlock_person(data: Path, name: str) -> None:
    """Look at NAME's codes again although there were many wrong ones."""
    from center.commander import people

    with book_of(data) as book:
        people.unlock(book, name, own_name(), now_ms())
    say("commander-person-unlocked", name=name)


@commander.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object: problems, refusals, entries; times in UTC.")
@click.option("--last", type=click.IntRange(0, 10_000), default=20, show_default=True, help="So many newest entries.")
def audit(data: Path, as_json: bool, last: int) -> int:
    """Check the whole book, and show its newest entries and who was refused. Exit code 1: it was changed."""
    from center.commander import refused
    from center.commander.auditing import audit as checked

    with book_of(data) as book:
        problems = [{"entry": one.n, "what": one.what} for one in checked(book)]
        count, head = book.head()
        entries = book.entries(max(0, count - last), last)
        turned = refused.counted(book, now_ms() - 7 * 86_400_000)
    shown: list[dict[str, Any]] = [
        {"n": one.n, "at": utc(one.at_ms), "kind": one.kind, "subject": one.subject, "body": json.loads(one.body)}
        for one in entries
    ]
    refusals = [
        {"code": code, "who": who, "count": number, "last_at": utc(last_ms)} for _, code, who, number, last_ms in turned
    ]
    if as_json:
        found = {"problems": problems, "entries": shown, "refusals": refusals, "count": count, "head": head}
        click.echo(json.dumps(found, indent=2))
        return 1 if problems else 0
    for row in shown:
        body = row["body"]
        who = safe_line(body.get("by", "")) or ", ".join(one["node"] for one in body.get("signatures", ())[:3])
        what = body.get("command", "") or body.get("what", "") or body.get("step", "")
        click.echo(f"{row['n']:>7}  {row['at']}  {row['kind']:<14}{who:<24}{what:<14}{row['subject']}")
    for turn in refusals:
        click.echo(f"{turn['last_at']}  {turn['code']:<14}{turn['who']:<24}{turn['count']:>6}")
    for problem in problems:
        say("commander-audit-problem", entry=problem["entry"], what=word(f"commander-audit-{problem['what']}"))
    if not problems:
        say("commander-audit-whole", entries=count, head=head)
    return 1 if problems else 0


@commander.command()
@data_option
@click.argument("operation")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC.")
def show(data: Path, operation: str, as_json: bool) -> None:
    """What OPERATION is by the book, whatever pages and database say: to look at before approving it."""
    with book_of(data) as book:
        standing = book.standing(operation)
    if standing is None:
        raise CenterError(f"there is no operation {operation} in the book", f"tidak ada operasi {operation} di buku")
    order = standing.order
    found: dict[str, Any] = {
        "operation": order.id, "command": order.command, "arguments": order.arguments,
        "nodes": {aim.node: aim.over for aim in order.aims}, "by": order.by, "at": utc(order.at_ms),
        "approved_by": "" if standing.approved is None else standing.approved.by,
        "cancelled_by": "" if standing.cancelled is None else standing.cancelled.by,
        "revision": order.revision, "toml": order.toml, "per_node": order.per_node,
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        if value:
            lines = safe(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
            click.echo(f"{name:<14}" + lines.rstrip().replace("\n", "\n" + " " * 14))


commander.add_command(keys)
