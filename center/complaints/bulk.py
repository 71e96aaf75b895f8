"""Many complaints at once: what a flood of pranks asks for. Counted first, then done, each with its own log entry.

Only what was counted is touched: `digest` names the very ids and statuses that were shown, so that nothing that arrived
or moved meanwhile is taken along unseen.
"""

import hashlib
import secrets
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
"""In one go: some seconds of writing. A greater flood is done in several."""


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
    """`ids` moved; `label` undoes it (`undo`), and stands in the log of each (`Event.batch`)."""

    ids: tuple[str, ...]
    label: str


def preview(rows: "QuerySet[Complaint]", selection: Selection, status: str, closed_reason: str = "") -> Preview:
    """Count without doing. `rows`: what the officer may see at all (their reach).

    Raises:
        StepError: "unseen": nothing or more than MOST is selected.
        LifeCycleError: no complaint can become that, or the reason is none for it.
    """
    closed_reason = reason_for(status, closed_reason)
    check_step("received", status, closed_reason)
    found = list(_selected(rows, selection).order_by("pk").values_list("pk", "status", "urgent")[: MOST + 1])
    if not found or len(found) > MOST:
        raise StepError("unseen", f"select 1 to {MOST} complaints")
    able = [row for row in found if _can(row[1], status, closed_reason)]
    refused = tuple(row[0] for row in found if row not in able)
    shown = "\n".join(f"{one} {before}" for one, before, _urgent in able) + f"\n{status} {closed_reason}"
    digest = hashlib.sha256(shown.encode()).hexdigest()[:32]
    return Preview(tuple(row[0] for row in able), refused, sum(row[2] for row in able), digest)


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
    """Do what `preview` showed, all of it or nothing. The citizens are told `text`.

    Raises:
        StepError: "unseen": it is not what was shown any more; look again.
    """
    label = f"{LABEL}{secrets.token_hex(6)}"
    with transaction.atomic():
        shown = preview(rows, selection, status, closed_reason)
        if shown.digest != digest or not shown.ids:
            raise StepError("unseen", "these are not the complaints that were shown any more; look again")
        for one in shown.ids:
            move(one, status, actor=actor, text=text, closed_reason=closed_reason, batch=label)
    return Done(shown.ids, label)


def undo(rows: "QuerySet[Complaint]", label: str, *, actor: str) -> tuple[str, ...]:
    """Reopen what `apply` ended under this label and nobody has touched since; their ids.

    Raises:
        StepError: "late": there is nothing (left) to undo.
    """
    if not label.startswith(LABEL):
        raise StepError("late", "this names nothing that was done to many")
    reopened = []
    with transaction.atomic():
        steps = list(Event.objects.filter(batch=label, complaint__in=rows).order_by("complaint_id"))
        for step in steps:
            later = Event.objects.filter(complaint_id=step.complaint_id, kind__in=MOVES, id__gt=step.pk)
            if later.exists() or not Complaint.objects.filter(pk=step.complaint_id, status=step.status).exists():
                continue
            move(step.complaint_id, "reopened", actor=actor, batch=f"{UNDONE}{label}"[:24])
            reopened.append(step.complaint_id)
        if not reopened:
            raise StepError("late", "nothing of this is left to undo")
    return tuple(reopened)


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
