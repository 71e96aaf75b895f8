"""`python -m tests.support.stands_still WORDS sandi-center-words...`: the command stands still once it has said WORDS.

What it has started goes on; it does so itself for no signal but one that ends it.
"""

import signal
import sys

import click

from center.cli import main as center


def main(words: str, arguments: list[str]) -> int:
    """Run the command."""
    say = click.echo

    def say_and_stand_still(message: str, **how: bool) -> None:
        say(message, **how)
        while words in message:
            signal.pause()

    click.echo = say_and_stand_still
    return center(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
