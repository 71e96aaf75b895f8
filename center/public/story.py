"""A complaint's way as its citizen may read it: steps with dates, what was said to them, what comes next and by when.

Words among colleagues, names of accounts and who opened the text are not in it: only kinds of `TOLD`, and of those what
was told to the citizen word for word.
"""

from dataclasses import dataclass

from center.complaints.log import TOLD
from center.complaints.models import Complaint, Event
from center.core.complaint_cycle import ENDED
from center.core.complaint_deadlines import CITYS
from center.sites.models import Site

FIRST = ("received", "entered")


@dataclass(frozen=True, slots=True)
class Told:
    """One entry: what the step is called (a status, or asked / told / extended / added), when, and what was said."""

    step: str
    at_ms: int
    text: str = ""
    reason: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What the page shows. `due_ms`: by when the city has promised the next step; `asks`: it waits for the citizen."""

    complaint: Complaint
    steps: tuple[Told, ...]
    agency: str
    asks: bool
    due_ms: int | None
    late: bool
    erased: bool

    @property
    def ended(self) -> bool:
        """Nothing more happens unless somebody takes it up again."""
        return self.complaint.status in ENDED


def story_of(complaint: Complaint, now_ms: int) -> Story:
    """Everything the citizen may read. Reads only."""
    events = list(Event.objects.filter(complaint_id=complaint.pk, kind__in=(*FIRST, "added", *TOLD)).order_by("id"))
    names = _agencies({event.about for event in events if event.kind == "routed"} | {complaint.agency})
    steps = [Told("sent", complaint.at_ms), *(_told(event, names) for event in events)]
    promised = complaint.due_ms if complaint.due_for in CITYS else None
    return Story(
        complaint,
        tuple(one for number, one in enumerate(steps) if number == 0 or not _repeats(steps[number - 1], one)),
        names.get(complaint.agency, ""),
        asks=complaint.asked_ms is not None and complaint.status == "on_hold" and complaint.erased_ms is None,
        due_ms=promised,
        late=promised is not None and promised <= now_ms,
        erased=complaint.erased_ms is not None,
    )


def _told(event: Event, names: dict[str, str]) -> Told:
    special = event.kind if event.kind in {"asked", "told", "extended", "added"} else event.status
    return Told(
        "received" if event.kind in FIRST else special,
        event.at_ms,
        event.detail if event.kind in TOLD else "",
        event.about if event.kind == "closed" else "",
        names.get(event.about, "") if event.kind == "routed" else "",
    )


def _repeats(before: Told, one: Told) -> bool:
    """The same step again without a word is nothing to read."""
    return before.step == one.step and not one.text and before.agency == one.agency


def _agencies(codes: set[str]) -> dict[str, str]:
    return {site.code: site.display_name for site in Site.objects.filter(code__in=codes - {""})}
