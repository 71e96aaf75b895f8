"""Words and tables for a terminal: ages, sizes, states; 80 columns, plain text first, colour only on top of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from agent.messages import Messages

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH: Final = 80
WIB: Final = timezone(timedelta(hours=7), "WIB")
"""The only zone a technician of this city reads; without summer time, so no zone data is needed on the box."""
_STEPS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_DEVELOPED: Final = frozenset(("decode", "mask", "measure", "strip", "encode", "total"))
"""Of a picture's steps those behind every kind of camera."""
_STYLES: Final = {
    "ok": "green",
    "up": "green",
    "down": "bold red",
    "failed": "bold red",
    "flapping": "yellow",
    "unknown": "dim",
}
_SIGNS: Final = {"ok": "+", "up": "+", "down": "!", "failed": "!", "flapping": "~", "unknown": "?"}


def duration(messages: Messages, seconds: float) -> str:
    """`3 jam 5 menit`: the two largest units."""
    rest = max(0, int(seconds))
    parts: list[str] = []
    for size, name in _STEPS:
        count, rest = divmod(rest, size)
        if count and len(parts) < 2:
            parts.append(f"{count} {messages.text(f'unit.{name}')}")
    return " ".join(parts) or f"0 {messages.text('unit.second')}"


def ago(messages: Messages, seconds: object) -> str:
    """`5 detik lalu`; for None: never."""
    if not isinstance(seconds, int | float):
        return messages.text("unit.never")
    return messages.text("unit.ago", time=duration(messages, seconds))


def size(size_bytes: object) -> str:
    """`1.4 MiB`."""
    amount = float(size_bytes) if isinstance(size_bytes, int | float) else 0.0
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def state(messages: Messages, name: str) -> str:
    """`[green]+ tersambung[/]`: a sign and a word, so that it reads without colour."""
    style = _STYLES.get(name, "dim")
    return f"[{style}]{_SIGNS.get(name, '?')} {messages.text(f'state.{name}')}[/]"


def reason(messages: Messages, code: object) -> str:
    """Why a probe is not content, in words; a code of a newer version as it is."""
    return messages.optional(f"reason.{code}") or plain(code)


def console() -> "Console":
    """At most 80 columns; colour only on a terminal, and not when NO_COLOR is set."""
    from rich.console import Console

    found = Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=min(WIDTH, found.width))


def table(*headings: str, numbers: tuple[str, ...] = ()) -> "Table":
    """A table without lines; the columns in `numbers` stand to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, justify="right" if heading in numbers else "left", overflow="ellipsis", no_wrap=True)
    return made


def clean(text: object) -> str:
    """What came from outside, harmless for terminal and markup."""
    from rich.markup import escape

    return escape(plain(text))


def plain(text: object) -> str:
    """What came from outside, harmless for a terminal that is not given markup."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


def wib(moment: datetime) -> datetime:
    """An aware moment as the clock on the wall here shows it."""
    return moment.astimezone(WIB)


def number(messages: Messages, value: float, digits: int = 1) -> str:
    """`0,4` in Indonesian, `0.4` in English."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if messages.lang == "id" else text


def picture_steps(timings_ms: Mapping[str, int]) -> dict[str, int]:
    """The steps worth showing of a picture. "grab", the adapter's part as a whole, comes first, and only where the
    adapter told no steps of its own."""
    spent = dict(timings_ms)
    grab_ms = spent.pop("grab", None)
    return spent if grab_ms is None or spent.keys() - _DEVELOPED else {"grab": grab_ms, **spent}
