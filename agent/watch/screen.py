"""A scene as lines for a terminal of a given size: rungs, round trips, outbox, what changed.

The verdict and what to do stand last, whatever the height.

Where there is too little room the less important gives way: first old events, then rungs that are well. A terminal
without UTF-8 gets ASCII; without colour nothing is lost, for every state has its word.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent import cli_words as words
from agent.core.diagnosis import RungResult
from agent.core.pingtally import tally
from agent.core.sparkline import sparkline
from agent.diagnose.told import label, rung_label, sentences
from agent.messages import Messages
from agent.watch.scene import CENTER, GATEWAY, Memory, Scene
from wire.actions import action
from wire.verdicts import VERDICTS
from wire.warnings import WARNINGS

if TYPE_CHECKING:
    from rich.text import Text

_STYLES: Final = {"ok": "green", "failed": "bold red", "note": "yellow", "unknown": "dim", "unjudged": "dim"}
_SEVERITIES: Final = {"ok": "bold green", "note": "bold yellow", "degraded": "bold yellow", "down": "bold red"}
_NAME, _STATE, _HEADING = 15, 9, 10
SHOWN: Final = 60
"""Pings the loss is counted over: a minute."""
_ALWAYS: Final = ("link", "address", "gateway", "isp", "center", "broker")
_PLAIN: Final = str.maketrans(
    {"–": "-", "—": "-", "…": ".", "×": "x", "±": "+", "°": " ", "’": "'", "→": ">", "·": "-"}
)


@dataclass(frozen=True, slots=True)
class Size:
    """Characters. A serial line that tells no size gets the usual one."""

    width: int = 80
    height: int = 24


Line = tuple[str, str]
"""Text and style."""


def lines(
    scene: Scene,
    memory: Memory,
    messages: Messages,
    size: Size,
    clock: str,
    *,
    ascii_only: bool = False,
    also: str = "",
) -> list[Line]:
    """At most `size.height` lines of at most `size.width` characters. `also`: one more line at the top."""
    last = foot(scene, messages, size)
    head: list[Line] = [(_title(scene, messages, clock), "bold")]
    if also:
        head.append((also, "bold yellow"))
    if scene.obstacle:
        head.append((messages.text(f"cli.watch.obstacle.{scene.obstacle}"), "yellow"))
    rungs = _rungs(scene, messages)
    figures = [*_pings(scene, memory, messages, size, ascii_only=ascii_only), *_outbox(scene, messages)]
    figures += _warnings(scene, messages)
    room = max(0, size.height - len(last) - len(head))
    body = _fitted(rungs, figures, _events(memory, messages), room)
    made = [*head, *body, *last][-size.height :]
    return [(_safe(text, size.width, ascii_only=ascii_only), style) for text, style in made]


def _fitted(
    rungs: Sequence[tuple[RungResult, Line]], figures: Sequence[Line], events: Sequence[Line], room: int
) -> list[Line]:
    """What fits into `room` lines, the more important first, in its usual order."""
    shown = list(rungs)
    while len(shown) + len(figures) > room and any(rung.state == "ok" for rung, _ in shown):
        shown.remove(next(each for each in shown if each[0].state == "ok"))
    while len(shown) + len(figures) > room and shown:
        shown.pop()
    body = [line for _, line in shown] + list(figures)[: max(0, room - len(shown))]
    left = room - len(body)
    if left <= 0:
        return body[:room]
    recent = list(events)[-max(0, left - 1) :] if left > 1 else []
    return [*body, *([("", "")] if recent else []), *recent, *[("", "")] * (left - len(recent) - bool(recent))]


def _title(scene: Scene, messages: Messages, clock: str) -> str:
    name = scene.node or messages.text("cli.watch.no_name")
    source = messages.text(f"cli.watch.source.{scene.source}")
    session = "" if scene.connected is None else messages.text(f"state.{'up' if scene.connected else 'down'}")
    server = f"{messages.text('cli.status.center')} {scene.server} {session}".rstrip() if scene.server else ""
    stay = ""
    if scene.maintenance_left_s is not None:
        stay = messages.text("cli.watch.maintenance", left=words.duration(messages, scene.maintenance_left_s))
    return "  ".join(part for part in (name, clock, source, server, stay) if part)


def _rungs(scene: Scene, messages: Messages) -> list[tuple[RungResult, Line]]:
    found = []
    for rung in scene.diagnosis.rungs:
        if rung.state == "unknown" and rung.name not in _ALWAYS:
            continue
        word = messages.text(f"cli.diagnose.state.{rung.state}")
        said = label(rung.code, messages.lang) if rung.code else _first(rung, messages)
        name = rung_label(rung.name, messages.lang)
        found.append((rung, (f"  {name:<{_NAME}}{word:<{_STATE}}{said}", _STYLES[rung.state])))
    return found


def _first(rung: RungResult, messages: Messages) -> str:
    said = sentences(rung.evidence[:1], messages.lang)
    return said[0] if said else ""


def _pings(scene: Scene, memory: Memory, messages: Messages, size: Size, *, ascii_only: bool) -> list[Line]:
    """One line per target: its name, the course of the round trips, the newest, the loss of the last minute."""
    found: list[Line] = []
    for target in (GATEWAY, CENTER):
        samples = list(memory.samples.get(target, ()))
        if not samples:
            continue
        counted = tally(samples[-SHOWN:])
        newest = samples[-1]
        took = "-" if newest is None else f"{words.number(messages, newest, 1 if newest >= 1 else 2)} ms"
        loss = messages.text("cli.watch.loss", lost=counted.lost, sent=counted.sent)
        tail = f"  {took:>9}  {loss}"
        width = max(0, size.width - 2 - _NAME - len(tail))
        course = sparkline(samples, width, ascii_only=ascii_only)
        name = rung_label(target, messages.lang)
        style = "" if counted.lost == 0 else "yellow" if counted.lost < counted.sent else "bold red"
        found.append((f"  {name:<{_NAME}}{course}{tail}", style))
    return found


def _outbox(scene: Scene, messages: Messages) -> list[Line]:
    heading = f"{messages.text('cli.status.waiting'):<{_HEADING}} "
    if scene.outbox_error:
        return [(heading + messages.text("cli.status.outbox_failed", detail=scene.outbox_error), "bold red")]
    if scene.pending is None:
        return []
    if not scene.pending:
        return [(heading + messages.text("cli.status.nothing_waits"), "")]
    oldest = words.duration(messages, scene.oldest_s or 0)
    return [(heading + messages.text("cli.watch.waiting", count=scene.pending, oldest=oldest), "")]


def _warnings(scene: Scene, messages: Messages) -> list[Line]:
    found = []
    for code, severity in scene.warnings:
        rule = WARNINGS.get(code)
        sign, style = ("!!", "bold red") if severity == "error" else ("! ", "yellow")
        found.append((f"{sign} {rule.title(messages.lang) if rule else code}", style))
    return found


def _events(memory: Memory, messages: Messages) -> list[Line]:
    return [(f"{clock}  {event_words(change, messages)}", "dim") for clock, change in memory.events]


def event_words(change: str, messages: Messages) -> str:
    """A change as people read it."""
    if change.startswith("outage "):
        _, code, lasted = change.split(" ")
        text = f"{code} {label(code, messages.lang)}" if code in VERDICTS else code
        if not lasted:
            return messages.text("cli.watch.event.outage_open", verdict=text)
        return messages.text("cli.watch.event.outage", verdict=text, time=words.duration(messages, int(lasted)))
    before, arrow, now = change.partition(">")
    if not arrow:
        return messages.text(f"cli.watch.event.{change}")
    told = f"{now} {label(now, messages.lang)}" if now in VERDICTS else now
    return f"{before} -> {told}" if before else told


def foot(scene: Scene, messages: Messages, size: Size) -> list[Line]:
    """The verdict, and what to do, wrapped as far as a third of the screen goes."""
    code = scene.diagnosis.code
    sure = messages.text("cli.diagnose.sure", pct=round(scene.diagnosis.confidence * 100))
    also = ", ".join(dict.fromkeys(one.code for one in scene.diagnosis.also))
    tail = f" ({sure})" if scene.diagnosis.confidence else ""
    tail += f"  {messages.text('cli.diagnose.also')}: {also}" if also else ""
    verdict = f"{messages.text('cli.diagnose.verdict'):<{_HEADING}}{code}  {label(code, messages.lang)}{tail}"
    heading = f"{messages.text('cli.diagnose.do'):<{_HEADING}}"
    wrapped = textwrap.wrap(action(code, messages.lang), max(20, size.width - _HEADING)) or ["-"]
    wrapped = wrapped[: max(1, size.height // 3 - 1)]
    todo = [(heading if not number else " " * _HEADING) + text for number, text in enumerate(wrapped)]
    return [(verdict, _SEVERITIES[VERDICTS[code].severity]), *((text, "") for text in todo)]


def _safe(text: str, width: int, *, ascii_only: bool) -> str:
    """Nothing a terminal would obey, nothing it cannot show, not longer than a line."""
    if ascii_only:
        text = text.translate(_PLAIN).encode("ascii", "replace").decode()
    return words.plain(text)[:width].rstrip()


def drawn(made: Sequence[Line]) -> "Text":
    """The lines for rich, with their styles."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop", end="")
    for number, (line, style) in enumerate(made):
        text.append(("\n" if number else "") + line, style=style)
    return text
