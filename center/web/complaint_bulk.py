"""Many complaints at once, as a page asks for it: which rows, which step, and what they are before it is done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.complaints.bulk import Selection
from center.complaints.models import Complaint
from center.complaints.steps import MAX_TEXT_CHARS
from center.web.complaint_filter import Choice, chosen, visible
from center.web.complaint_rows import all_names, name_of
from center.web.live import now_ms

MOST: Final = 500
"""In one go: what somebody can still look over. A greater flood is done in several."""
MOST_PLACES: Final = 12
BULK_STEPS: Final = {
    "archived:prank": gettext_noop("Archive: prank"),
    "archived:ghost": gettext_noop("Archive: empty or by accident"),
}
"""What can be done to many at once: status and reason -> what it is called. Answers are written one by one."""


class BulkForm(forms.Form):
    """Chosen rows (`one`, several times) or all of a filter (`query`, as the list's address has it), and the step."""

    step = forms.ChoiceField(choices=list(BULK_STEPS.items()))
    query = forms.CharField(required=False, max_length=2000)
    all = forms.BooleanField(required=False)
    text = forms.CharField(required=False, max_length=MAX_TEXT_CHARS, strip=True)

    @property
    def step_parts(self) -> tuple[str, str]:
        """Status and closing reason."""
        status, _colon, reason = self.cleaned_data["step"].partition(":")
        return status, reason


@dataclass(frozen=True, slots=True)
class Scope:
    """What a selection is made of, for whoever confirms it: places with their counts, first and last arrival."""

    places: list[tuple[str, int]]
    more_places: int
    first_ms: int | None
    last_ms: int | None


def ids_of(form: BulkForm, data: QueryDict, user: Any) -> tuple[str, ...]:
    """The ids that are meant, at most MOST + 1 of them; only what the account sees."""
    if form.cleaned_data["all"]:
        choice = Choice(user, dict(parse_qsl(form.cleaned_data["query"])))
        return tuple(chosen(choice, user, now_ms()).values_list("pk", flat=True)[: MOST + 1])
    wanted = data.getlist("one")[: MOST + 1]
    return tuple(visible(user).filter(pk__in=wanted).values_list("pk", flat=True))


def selection(ids: Sequence[str]) -> Selection:
    """As the service takes it."""
    return Selection(ids=tuple(ids))


def scope_of(ids: Sequence[str]) -> Scope:
    """Where and when those complaints came from."""
    rows = list(Complaint.objects.filter(pk__in=ids).values_list("area", "place", "received_ms"))
    names = all_names()
    counted = Counter(area or place for area, place, _received in rows).most_common()
    places = [(name_of(names, code) if code else _("no place"), count) for code, count in counted[:MOST_PLACES]]
    arrived = [received for _area, _place, received in rows]
    return Scope(places, len(counted) - len(places), min(arrived, default=None), max(arrived, default=None))
