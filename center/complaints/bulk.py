"""Many complaints at once: what a flood of pranks asks for. Counted first, then done, each with its own log entry.

Only what was counted is touched: `digest` names the very ids and statuses that were shown, so that nothing that arrived
or moved meanwhile is taken along unseen. It is written in small transactions: ingest does not wait behind a thousand
steps, and what a colleague moves in that second is left alone.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from center.complaints.errors import StepError
from center.complaints.log import MOVES
from center.complaints.models import Complaint, Event
from center.complaints.steps import move
from center.core.complaint_cycle import WAITING, LifeCycleError, check_step, reason_for

LABEL, UNDONE = "b-", "u-"
MOST: Final = 1000
"""In one go: some ten seconds of writing (measured: 9 ms each). A greater flood is done in several."""
TOGETHER: Final = 5
"""Steps in one transaction: below 50 ms."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which complaints: these `ids`, or all waiting ones of a node that arrived in [from_ms, until_ms), of a class
    (the officer's, else the suggestion) unless `classification` is empty."""

    ids: tuple[str, ...] = ()
    node: str = ""
    from_ms: int = 0
    until_ms: int = 0
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done: `ids` can take the step, `refused` cannot from where they are. `digest` confirms it."""

    ids: tuple[str, ...]
    refused: tuple[str, ...]
    urgent: int
    digest: str


@dataclass(frozen=True, slots=True)
class Done:
    """`ids` moved, `left` were moved by somebody else meanwhile; `label` undoes it (`undo`), and stands in the log of
    each (`Event.batch`)."""

    ids: tuple[str, ...]
    left: tuple[str, ...]
    label: str


def preview(rows: "QuerySet[Complaint]", selection: Selection, status: str, closed_reason: str = "") -> Preview:
    """Count without doing. `rows`: what the officer may see at all (their reach).

    Raises:
        StepError: "unseen": nothing or more than MOST is selected.
        LifeCycleError: no complaint can become that, or the reason is none for it.
    """
    return _counted(rows, selection, status, closed_reason)[0]


def apply(
    rows: "QuerySet[Complaint]",
    selection: Selection,
    status: str,
    closed_reason: str = "",
    *,
    digest: str,
    actor: str,
    text: str = "",
) -> Done:
    """Do what `preview` showed. The citizens are told `text`.

    Raises:
        StepError: "unseen": it is not what was shown any more; look again. Nothing was done.
    """
    shown, statuses = _counted(rows, selection, status, closed_reason)
    if shown.digest != digest or not shown.ids:
        raise StepError("unseen", "these are not the complaints that were shown any more; look again")
    label = f"{LABEL}{secrets.token_hex(6)}"

    def step(one: str) -> None:
        move(one, status, actor=actor, text=text, closed_reason=closed_reason, seen=statuses[one], batch=label)

    moved = _each(shown.ids, step)
    return Done(moved, tuple(one for one in shown.ids if one not in set(moved)), label)


def undo(rows: "QuerySet[Complaint]", label: str, *, actor: str) -> tuple[str, ...]:
    """Reopen what `apply` ended under this label and nobody has touched since; their ids.

    Raises:
        StepError: "late": there is nothing (left) to undo.
    """
    ended = {}
    if label.startswith(LABEL):
        for entry in Event.objects.filter(batch=label, complaint__in=rows).order_by("complaint_id"):
            later = Event.objects.filter(complaint_id=entry.complaint_id, kind__in=MOVES, id__gt=entry.pk)
            if not later.exists():
                ended[entry.complaint_id] = entry.status

    def step(one: str) -> None:
        move(one, "reopened", actor=actor, seen=ended[one], batch=f"{UNDONE}{label}")

    reopened = _each(tuple(ended), step)
    if not reopened:
        raise StepError("late", "nothing of this is left to undo")
    return reopened


def _each(ids: tuple[str, ...], step: Callable[[str], None]) -> tuple[str, ...]:
    """Take the step with each, a few in a transaction; those that could take it."""
    moved: list[str] = []
    for first in range(0, len(ids), TOGETHER):
        done = []
        with transaction.atomic():
            for one in ids[first : first + TOGETHER]:
                try:
                    step(one)
                except LifeCycleError:  # somebody has moved it since: refused before anything was written
                    continue
                done.append(one)
        moved += done
    return tuple(moved)


def _counted(
    rows: "QuerySet[Complaint]", selection: Selection, status: str, closed_reason: str
) -> tuple[Preview, dict[str, str]]:
    """The preview, and in which status each of its complaints was shown."""
    closed_reason = reason_for(status, closed_reason)
    check_step("received", status, closed_reason)
    found = list(_selected(rows, selection).order_by("pk").values_list("pk", "status", "urgent")[: MOST + 1])
    if not found or len(found) > MOST:
        raise StepError("unseen", f"select 1 to {MOST} complaints")
    able = {one: before for one, before, _urgent in found if _can(before, status, closed_reason)}
    shown = "\n".join(f"{one} {before}" for one, before in able.items()) + f"\n{status} {closed_reason}"
    return Preview(
        ids=tuple(able),
        refused=tuple(one for one, _before, _urgent in found if one not in able),
        urgent=sum(urgent for one, _before, urgent in found if one in able),
        digest=hashlib.sha256(shown.encode()).hexdigest()[:32],
    ), able


def _selected(rows: "QuerySet[Complaint]", selection: Selection) -> "QuerySet[Complaint]":
    if selection.ids:
        return rows.filter(pk__in=selection.ids[: MOST + 1])
    found = rows.filter(
        node=selection.node,
        received_ms__gte=selection.from_ms,
        received_ms__lt=selection.until_ms,
        status__in=WAITING,
    )
    if selection.classification:
        suggested = Q(corrected_class="", classification=selection.classification)
        found = found.filter(suggested | Q(corrected_class=selection.classification))
    return found


def _can(before: str, after: str, closed_reason: str) -> bool:
    try:
        check_step(before, after, closed_reason)
    except LifeCycleError:
        return False
    return before != after
