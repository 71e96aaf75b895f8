"""Many complaints at once: what a flood of pranks asks for. Counted first, then done, each with its own log entry.

Only what was counted is touched: `digest` names the very ids and statuses that were shown, so that nothing that arrived
or moved meanwhile is taken along unseen.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from center.complaints.errors import StepError
from center.complaints.models import Complaint, Event
from center.complaints.steps import move
from center.core.complaint_cycle import BY_NAME, LifeCycleError, check_step, reason_for

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
    """`ids` moved; `label` undoes it (`undo`)."""

    ids: tuple[str, ...]
    label: str


def preview(rows: "QuerySet[Complaint]", selection: Selection, status: str, closed_reason: str = "") -> Preview:
    """Count without doing. `rows`: what the officer may see at all (their reach).

    Raises:
        StepError: "unseen": nothing or more than MOST is selected.
        LifeCycleError: no complaint can become that, or the reason is none for it.
    """
    raise NotImplementedError


def apply(
    rows: "QuerySet[Complaint]", selection: Selection, status: str, closed_reason: str = "",
    *, digest: str, actor: str, text: str = "",
) -> Done:  # fmt: skip
    """Do what `preview` showed, all of it or nothing. The citizens are told `text`.

    Raises:
        StepError: "unseen": it is not what was shown any more; look again.
    """
    raise NotImplementedError


def undo(rows: "QuerySet[Complaint]", label: str, *, actor: str) -> tuple[str, ...]:
    """Reopen what `apply` ended under this label and nobody has touched since; their ids.

    Raises:
        StepError: "late": there is nothing (left) to undo.
    """
    raise NotImplementedError
