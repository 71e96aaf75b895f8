"""Options shared by commands that order something of boxes: which boxes, how it goes over them, whose code."""

from collections.abc import Callable
from typing import Any

import click

KINDS = ("kel", "kec", "opd", "cctv")
Command = Callable[..., Any]


def which_boxes(command: Command) -> Command:
    """NODE..., --all, --kind, --kecamatan."""
    return _with(
        command,
        click.option("--kecamatan", metavar="NAME", help="The boxes of this kecamatan."),
        click.option("--kind", type=click.Choice(KINDS), help="The boxes of this kind of site."),
        click.option("--all", "everywhere", is_flag=True, help="Every enrolled box."),
        click.argument("nodes", nargs=-1, metavar="[NODE]..."),
    )


def in_waves(*, canary: int, pause_s: int) -> Callable[[Command], Command]:
    """Waves with these defaults, one person's one-time code, and whether to ask and to wait."""
    return lambda command: _with(
        command,
        click.option(
            "--canary",
            type=click.IntRange(0, 100),
            default=canary,
            show_default=True,
            help="So many boxes first; one that fails stops all.",
        ),
        click.option(
            "--batch",
            type=click.IntRange(0, 1000),
            default=10,
            show_default=True,
            help="So many at a time after that (0: all at once).",
        ),
        click.option(
            "--abort",
            type=click.IntRange(0, 100),
            default=10,
            show_default=True,
            metavar="PCT",
            help="Stop when more than PCT per cent of all boxes fail.",
        ),
        click.option(
            "--pause",
            type=click.IntRange(0, 86_400),
            default=pause_s,
            show_default=True,
            metavar="S",
            help="Seconds between two waves.",
        ),
        click.option(
            "--as",
            "person",
            required=True,
            metavar="NAME",
            help="Whose one-time code it is, as the commander knows it.",
        ),
        click.option("--otp", is_flag=True, help="Read the one-time code as a line of standard input."),
        click.option("--note", default="", help="A remark that stays with it."),
        click.option("--yes", is_flag=True, help="Do not ask whether it is meant."),
        click.option("--wait/--no-wait", default=True, help="Watch it to its end (default), or only order it."),
    )


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in options:
        command = option(command)
    return command
