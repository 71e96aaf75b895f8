"""The screen of a box that is not enrolled yet: which box, what it waits for, and its fingerprint in large digits.

An operator at the telephone compares the fingerprint with the one on the centre's page; so its four groups stand in
digits five lines high where the screen has room, and always in plain text too.
"""

import shutil
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from agent import cli_enrol_words as words
from agent import cli_words
from agent.core.enrolment import Standing
from agent.core.renewal import EARLIEST_MS
from agent.enrol import statefile
from agent.messages import Messages
from wire.enrolment import fingerprint_text

if TYPE_CHECKING:
    from rich.text import Text

BEAT_S: Final = 1.0
# Five rows of four columns each; ASCII, for the box's own console has few glyphs.
_DIGITS: Final = {
    "0": ("####", "#  #", "#  #", "#  #", "####"),
    "1": ("  # ", " ## ", "  # ", "  # ", " ###"),
    "2": ("####", "   #", "####", "#   ", "####"),
    "3": ("####", "   #", " ###", "   #", "####"),
    "4": ("#  #", "#  #", "####", "   #", "   #"),
    "5": ("####", "#   ", "####", "   #", "####"),
    "6": ("####", "#   ", "####", "#  #", "####"),
    "7": ("####", "   #", "  # ", " #  ", " #  "),
    "8": ("####", "#  #", "####", "#  #", "####"),
    "9": ("####", "#  #", "####", "   #", "####"),
    "a": (" ## ", "   #", " ###", "#  #", " ###"),
    "b": ("#   ", "#   ", "### ", "#  #", "### "),
    "c": ("    ", " ###", "#   ", "#   ", " ###"),
    "d": ("   #", "   #", " ###", "#  #", " ###"),
    "e": ("    ", " ## ", "####", "#   ", " ###"),
    "f": ("  ##", " #  ", "####", " #  ", " #  "),
}
_WAITS: Final = frozenset(("waiting", "declined"))
"""States in which somebody compares fingerprints."""
_STYLES: Final = {"ok": "bold green", "note": "bold yellow", "fault": "bold red"}

Line = tuple[str, str]
"""Text and style."""


def lines(standing: Standing, messages: Messages, width: int, height: int, now_ms: int) -> list[Line]:
    """At most `height` lines of at most `width` characters."""
    mood = _STYLES[words.severity(standing, now_ms)]
    clock = _clock(now_ms)
    name = standing.node or messages.text("enrol.screen.no_name")
    head: list[Line] = [(f"{name}  {messages.text('enrol.screen.title')}  {clock}".rstrip(), "bold"), ("", "")]
    head += _wrapped(words.state(messages, standing, now_ms), width, mood)
    if why := words.reason(messages, standing):
        head += _wrapped(why, width, "dim", most=3)
    foot = [*_wrapped(words.todo(messages, standing), width, ""), *_retry(standing, messages, now_ms)]
    room = height - len(head) - len(foot) - 2
    body = _fingerprint(standing, messages, width, room) if standing.state in _WAITS and standing.fingerprint else []
    made = [*head, ("", ""), *body, *([("", "")] if body else []), *foot]
    return [(_safe(text)[:width].rstrip(), style) for text, style in made[:height]]


def _safe(text: str) -> str:
    """Nothing a terminal would obey, and nothing the box's own console cannot show."""
    return cli_words.plain(text).encode("ascii", "replace").decode()


def _fingerprint(standing: Standing, messages: Messages, width: int, room: int) -> list[Line]:
    """The digits, large where they fit: in one row, in two, or not."""
    groups = fingerprint_text(standing.fingerprint).split(" ")
    plain = f"{messages.text('enrol.screen.fingerprint')} {' '.join(groups)}"
    for per_row in (4, 2):
        rows = [_large(groups[start : start + per_row]) for start in range(0, 4, per_row)]
        tall = sum(len(row) + 1 for row in rows)
        if len(rows[0][0]) <= width and tall + 1 <= room:
            large: list[Line] = []
            for row in rows:
                large += [*((text, "bold") for text in row), ("", "")]
            return [*large, (plain, "bold")]
    return [(plain, "bold")]


def _large(groups: list[str]) -> list[str]:
    return [
        "     ".join(" ".join(_DIGITS[digit][row].ljust(4) for digit in group) for group in groups) for row in range(5)
    ]


def _retry(standing: Standing, messages: Messages, now_ms: int) -> list[Line]:
    if not standing.retry_s:
        return []
    left_s = max(0, standing.retry_s - max(0, now_ms - standing.at_ms) // 1000)
    key = "enrol.screen.trying" if left_s == 0 else "enrol.screen.retry"
    return [(messages.text(key, time=cli_words.duration(messages, left_s)), "dim")]


def _wrapped(text: str, width: int, style: str, most: int = 5) -> list[Line]:
    return [(line, style) for line in textwrap.wrap(text, max(20, width))[:most]]


def _clock(now_ms: int) -> str:
    """The time of day here; nothing by a clock that is surely wrong."""
    return (
        cli_words.wib(datetime.fromtimestamp(now_ms / 1000, UTC)).strftime("%H.%M.%S") if now_ms >= EARLIEST_MS else ""
    )


def pending(path: Path) -> Standing | None:
    """The standing of a box that is not enrolled yet; None for one that is, or that knows of no enrolment."""
    found = statefile.read(path)
    return None if found is None or found.state in ("enrolled", "renewing", "expired") else found


def of_network(standing: Standing) -> bool:
    """What keeps this box from the centre is the network's to say."""
    return standing.state in ("no_network", "unreachable")


def watch(path: Path, messages: Messages, *, plain: bool = False) -> int:
    """Show the state until the box is enrolled, Ctrl-C or SIGTERM. Exit 0."""
    watching = _Watching(path, messages)
    if plain or not sys.stdout.isatty():
        watching.run(watching.print_changes)
        return 0
    from rich.console import Console
    from rich.live import Live

    screen = Console(highlight=False, soft_wrap=False)
    with Live(console=screen, screen=True, auto_refresh=False, redirect_stderr=False) as live:
        watching.run(lambda standing: live.update(_drawn(standing, messages), refresh=True))
    return 0


def _drawn(standing: Standing, messages: Messages) -> "Text":
    from rich.text import Text

    size = shutil.get_terminal_size((80, 24))
    text = Text(no_wrap=True, overflow="crop", end="")
    for number, (line, style) in enumerate(lines(standing, messages, min(size.columns, 132), size.lines, _now_ms())):
        text.append(("\n" if number else "") + line, style=style)
    return text


class _Watching:
    """The beat, until there is nothing more to wait for."""

    def __init__(self, path: Path, messages: Messages) -> None:
        self._path = path
        self._messages = messages
        self._ended = False
        self._told: tuple[str, str] | None = None

    def run(self, show: Callable[[Standing], object]) -> None:
        before = {number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            while not self._ended:
                standing = statefile.read(self._path) or Standing("unprovisioned", _now_ms(), _now_ms())
                show(standing)
                if standing.state in ("enrolled", "renewing", "expired"):
                    return
                time.sleep(BEAT_S)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def print_changes(self, standing: Standing) -> None:
        if (standing.state, standing.code) == self._told:
            return
        self._told = (standing.state, standing.code)
        for line in words.sentences(self._messages, standing, _now_ms()):
            print(line)  # noqa: T201 - the person who asked reads it
        sys.stdout.flush()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ended = True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
