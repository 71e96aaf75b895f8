"""A ticket and its answers on a terminal: 80 columns, no colour needed, the code large enough to copy by hand."""

import datetime
from collections.abc import Mapping
from typing import Final, cast

import click

from agent.messages import Messages

WIB: Final = datetime.timezone(datetime.timedelta(hours=7))
WIDTH: Final = 76


def show_ticket(messages: Messages, ticket: Mapping[str, object]) -> None:
    """What the citizen takes home."""
    code, pin = str(ticket["code"]), str(ticket["pin"])
    if ticket["urgent"]:
        click.echo(_wrapped(messages.text("complain.urgent")) + "\n")
    click.echo(messages.text("complain.accepted") + "\n")
    click.echo(f"      {messages.text('complain.code'):8} {spaced(code)}")
    click.echo(f"      {'PIN':8} {spaced(pin)}\n")
    click.echo(_wrapped(messages.text("complain.keep")))
    click.echo(_wrapped(messages.text("complain.next", code=code)))


def show_answers(messages: Messages, answer: Mapping[str, object]) -> None:
    """Where the ticket stands, and what the city wrote."""
    click.echo(f"{messages.text('complain.code'):10} {spaced(str(answer['code']))}")
    click.echo(f"{messages.text('complain.handed_in'):10} {answer['category']}, {when(messages, answer['created_ms'])}")
    click.echo(f"{messages.text('complain.state'):10} {_stands(messages, answer)}")
    replies = cast("list[dict[str, object]]", answer["replies"])
    if not replies:
        key = {True: "at_center", False: "waiting", None: "unknown"}[cast("bool | None", answer["delivered"])]
        click.echo("\n" + _wrapped(messages.text(f"complain.delivery.{key}")))
    for reply in replies:
        click.echo(f"\n{when(messages, reply['at_ms'])} - {_stands(messages, reply)}")
        click.echo(_wrapped(printable(str(reply["text"]))))
    if answer["ask"]:
        click.echo("\n" + _wrapped(messages.text("complain.needs_more")))


def _stands(messages: Messages, at: Mapping[str, object]) -> str:
    """How a ticket stands, by the finer word when there is one and it is known here."""
    step = messages.optional(f"complain.step.{at['step']}")
    return step or messages.text("complain.status." + str(at["status"]))


def spaced(code: str) -> str:
    """`K7F29QX31A` as `K 7 F 2 9   Q X 3 1 A`: in pieces that can be read aloud."""
    halves = (code[:5], code[5:]) if len(code) == 10 else (code,)
    return "   ".join(" ".join(half) for half in halves)


def when(messages: Messages, at_ms: object) -> str:
    """`23 Nov 2026 20.12 WIB`; a time no calendar has is shown as unknown."""
    try:
        at = datetime.datetime.fromtimestamp(int(str(at_ms)) / 1000, WIB)
    except (OverflowError, ValueError, OSError):
        return "-"
    month = messages.text("complain.months").split()[at.month - 1]
    return f"{at.day} {month} {at.year} {at:%H.%M} WIB"


def printable(text: str) -> str:
    """Without what a terminal would take for a command: the text came over the network."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.fill(line, WIDTH) for line in text.split("\n"))
