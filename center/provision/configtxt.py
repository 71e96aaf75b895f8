"""config.txt of a Raspberry Pi: our lines between two markers, everybody else's untouched, and what is wrong with it.

Rules of the firmware (raspberrypi.com, config.txt): `key=value` on each line, `[filter]` lines restrict what follows,
`[all]` ends every restriction, what is said last counts, 98 characters of a line are read. `dtoverlay` and `dtparam`
may be repeated; a `dtparam` behind a `dtoverlay` is that overlay's, until the next one or an empty `dtoverlay=`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BEGIN: Final = "# >>> sandi"
END: Final = "# <<< sandi"
MAX_LINE: Final = 98
MAX_BYTES: Final = 256 * 1024
REPEATED: Final = frozenset({"dtoverlay", "dtparam", "include", "initramfs", "gpio"})
_FILTER: Final = re.compile(
    r"\[(?:all|none|tryboot|pi0|pi0w|pi02|pi1|pi2|pi3|pi3\+|pi4|pi400|pi5|pi500|cm[0-9][a-z0-9+]*"
    r"|board-type=\S+|EDID=.+|HDMI:[01]|gpio[0-9]+=[01]|0x[0-9a-fA-F]+|[a-z_]+[<>=&].*)\]"
)
_ONE_OF_A_KIND: Final = re.compile(r"\[(all|none|pi[0-9].*|cm[0-9].*|board-type=.*)\]")


class MarkerError(ValueError):
    """The markers are not one pair in order: somebody edited between them, and nothing is guessed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting: line number from 1, the filter in force, key, value."""

    number: int
    section: str
    key: str
    value: str


def block(section: str, model_lines: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Our lines: those of the model under its filter, so that the card harms no other board, then those for all."""
    return ["[all]", *lines, f"[{section}]", *model_lines, "[all]"]


def edit(content: bytes, lines: Iterable[str]) -> bytes:
    """Put our lines in place of those between the markers, or behind everything. All other bytes stay.

    Raises:
        MarkerError: a marker without its partner, twice, or the wrong way round.
    """
    span = _span(content)
    like = content if span is None else content[span[0] :].split(b"\n", 1)[0] + b"\n"
    newline = b"\r\n" if b"\r\n" in like else b"\n"
    ours = newline.join(line.encode("ascii") for line in (BEGIN, *lines, END)) + newline
    if span is None:
        gap = b"" if not content or content.endswith(b"\n") else newline
        return content + gap + ours
    return content[: span[0]] + ours + content[span[1] :]


def ours(content: bytes) -> list[str]:
    """Our lines in a file. Raises MarkerError where there are none, or damaged ones; UnicodeDecodeError."""
    span = _span(content)
    if span is None:
        raise MarkerError(f"there is no line '{BEGIN}'")
    return content[span[0] : span[1]].decode("ascii").splitlines()[1:-1]


def without(content: bytes) -> bytes:
    """The file without our lines. Raises MarkerError."""
    span = _span(content)
    return content if span is None else content[: span[0]] + content[span[1] :]


def _span(content: bytes) -> tuple[int, int] | None:
    """Where our lines are, markers and line ends included; None when there are none."""
    begins = [match.span() for match in re.finditer(rb"^# >>> sandi[ \t]*\r?(?:\n|\Z)", content, re.M)]
    ends = [match.span() for match in re.finditer(rb"^# <<< sandi[ \t]*\r?(?:\n|\Z)", content, re.M)]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0][1] > ends[0][0]:
        raise MarkerError(f"{len(begins)} lines '{BEGIN}' and {len(ends)} lines '{END}'; there must be one pair")
    return begins[0][0], ends[0][1]


def entries(text: str) -> list[Entry]:
    """The settings, in order."""
    found, section = [], "[all]"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            kind = _ONE_OF_A_KIND.fullmatch(line)
            section = line if kind or section == "[all]" else f"{section}{line}"
            continue
        key, _, value = line.partition("=")
        found.append(Entry(number, section, key.strip(), value.strip()))
    return found


def findings(text: str) -> list[str]:
    """What is wrong, one sentence each, with its line."""
    problems = list(_shape(text))
    told: dict[tuple[str, str], Entry] = {}
    seen: set[tuple[str, str, str, str]] = set()
    overlay = ""
    for entry in entries(text):
        if entry.key == "dtoverlay":
            overlay = entry.value
        if entry.key in REPEATED:
            owner = overlay if entry.key == "dtparam" else ""
            for part in _parts(entry):
                name, _, value = part.partition("=")
                problems += _clash(
                    told, Entry(entry.number, entry.section, f"{entry.key} {owner} {name}".replace("  ", " "), value)
                )
            if (mark := (entry.section, entry.key, owner, entry.value)) in seen and entry.value:
                problems.append(f"line {entry.number}: {entry.key}={entry.value} stands there twice")
            seen.add(mark)
            continue
        problems += _clash(told, entry, duplicates=True)
    return problems


def _shape(text: str) -> Iterable[str]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(line) > MAX_LINE:
            yield f"line {number}: {len(line)} characters; the firmware reads {MAX_LINE}"
        if line.startswith("["):
            if not _FILTER.fullmatch(line):
                yield f"line {number}: {line} is no filter the firmware knows"
        elif not re.fullmatch(r"[A-Za-z0-9_.:]+\s*=.*|(?:include|initramfs)\s+\S.*", line):
            yield f"line {number}: {line!r} is not key=value"


def _parts(entry: Entry) -> list[str]:
    """The single parameters of `dtparam=a=on,b=off`; an overlay's parameters belong to its own line."""
    return entry.value.split(",") if entry.key == "dtparam" and entry.value else []


def _clash(told: dict[tuple[str, str], Entry], entry: Entry, *, duplicates: bool = False) -> list[str]:
    """A key said before: with another value in the same section, or (`duplicates`) with the same."""
    problems = []
    earlier = told.get((entry.section, entry.key))
    if earlier is not None and earlier.value != entry.value:
        problems.append(
            f"line {entry.number}: {entry.key}={entry.value} contradicts line {earlier.number}"
            f" ({earlier.value}) in the same section; the last one counts"
        )
    elif earlier is not None and duplicates:
        problems.append(f"line {entry.number}: {entry.key}={entry.value} stands in line {earlier.number} already")
    told[entry.section, entry.key] = entry
    return problems
