"""What a box says about itself, read for people: what it warns about, and how its lives began and ended."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from center.connectivity.models import Anchor, Boot, NodeEvent
from center.core import times
from center.web.newest import newest_rows
from wire.warnings import WARNINGS

# Events looked through for the newest word on each warning: a warning older than this many others is shown without age.
MOST_EVENTS = 300


@dataclass(frozen=True, slots=True)
class WarningRow:
    """A warning that holds. `since_ms` and `detail` are those of its newest event; None and "" when none has come."""

    code: str
    severity: str
    title: str
    text: str
    since_ms: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Life:
    """A start of the agent and the end of the run before it, which lies between `from_ms` and `to_ms`.

    `from_ms` is the last sign of life that is known (None: there is none), `to_ms` the start of the new boot, or of the
    new run when the box itself went on. `quality` is that of the less certain of the two.
    """

    verdict: str
    words: str
    from_ms: int | None
    to_ms: int
    quality: str
    reset_reason: str


def warning_rows(node: str, codes: list[str]) -> list[WarningRow]:
    """The warnings of the newest report, faults first; codes of newer agents are shown as they are."""
    lang = "id" if (get_language() or "id").startswith("id") else "en"
    told = _newest_words(node) if codes else {}
    rows = []
    for code in codes:
        rule, (since_ms, detail) = WARNINGS.get(code), told.get(code, (None, ""))
        if rule is None:
            rows.append(WarningRow(code, "warning", code, "", since_ms, detail))
        else:
            rows.append(WarningRow(code, rule.severity, rule.title(lang), rule.text(lang), since_ms, detail))
    return sorted(rows, key=lambda row: row.severity != "error")


def last_lives(node: str, count: int) -> list[Life]:
    """The newest starts, newest first."""
    rows = newest_rows(NodeEvent.objects.all(), node, count, kind="start")
    return [_life(row, json.loads(row.json)) for row in rows]


def _newest_words(node: str) -> dict[str, tuple[int | None, str]]:
    """Per code what its newest event says: since when and the detail; without an age when that event took it back."""
    found: dict[str, tuple[int | None, str]] = {}
    rows = NodeEvent.objects.filter(node=node, kind="warning").order_by("-id").values_list("at_ms", "json")
    for at_ms, text in rows[:MOST_EVENTS]:
        body = json.loads(text)
        since = (at_ms, body.get("detail", "")) if body["active"] else (None, "")
        found.setdefault(body["code"], since)
    return found


def _life(row: NodeEvent, body: dict[str, Any]) -> Life:
    verdict, boot_ended = body["verdict"], body.get("previous_boot") not in (None, row.boot)
    last = _last_sign(row.node, body, boot_ended=boot_ended)
    # at_ms - mono_ms is where the boot began: the power was back then, whenever the agent was started.
    to_ms = row.at_ms - row.mono_ms if boot_ended else row.at_ms
    from_ms = None if last is None else min(last.at_ms, to_ms)
    worse = max((row.at_quality, last.quality if last else "ntp"), key=("ntp", "estimated", "bounded").index)
    return Life(verdict, _words(verdict), from_ms, to_ms, worse, body.get("reset_reason") or "")


def _last_sign(node: str, body: dict[str, Any], *, boot_ended: bool) -> times.Moment | None:
    """The last moment the previous run is known to have lived: its beat, or a later record of a boot that is over."""
    mono_ms, boot = body.get("last_alive_mono_ms"), body.get("previous_boot")
    if mono_ms is None or boot is None:
        return None
    known = Boot.objects.filter(node=node, boot=boot).first()
    last_ms = max(mono_ms, known.max_mono_ms) if known and boot_ended else mono_ms
    anchors = Anchor.objects.filter(node=node, boot=boot, standing=True).order_by("mono_ms", "epoch", "seq")
    rows = anchors.values_list("mono_ms", "offset_ms")
    anchor = times.anchor_at([times.Anchor(*row) for row in rows], last_ms)
    if anchor is not None:
        return times.Moment(last_ms + anchor.offset_ms, "ntp")
    wall_ms = body.get("last_alive_wall_ms")
    if wall_ms is not None:
        return times.Moment(wall_ms + last_ms - mono_ms, "ntp")
    if known is not None and known.ceiling_ms is not None:
        return times.Moment(last_ms + known.ceiling_ms, "estimated")
    return None


def _words(verdict: str) -> str:
    return {
        "first": _("first start of this box"),
        "stopped": _("stopped in order"),
        "agent_crashed": _("the agent died"),
        "box_reset": _("the box reset itself"),
        "power_or_unknown": _("power lost or cause unknown"),
    }.get(verdict, verdict)
