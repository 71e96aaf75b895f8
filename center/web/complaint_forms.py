"""The forms of a complaint's page: what officers choose and write, its bounds, and what cannot be left out."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.complaints.classes import CLASSES
from center.complaints.codes import find, typed_code
from center.complaints.disclosure import MAX_REASON_CHARS
from center.complaints.models import Complaint
from center.complaints.steps import AGENCY_KINDS, MAX_TEXT_CHARS
from center.core.complaint_cycle import BY_NAME
from center.web.complaint_rows import all_names, name_of
from center.web.complaint_words import ANSWERS, WHY_OPEN
from center.web.day_fields import day_field, midnight_ms
from center.web.live import now_ms
from center.web.words import CLASSES as CLASS_WORDS
from center.web.words import REASONS, words

CITIZEN_READS = gettext_lazy("The citizen reads this with code and PIN.")
COLLEAGUES_READ = gettext_lazy("Colleagues read this; the citizen does not.")
LONGEST_HOLD_DAYS = 366
DAY_MS = 86_400_000


def text_field(label: Any, help_text: Any = "", *, required: bool = True, rows: int = 3) -> forms.CharField:
    """Some lines of text of at most what a step takes."""
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, max_length=MAX_TEXT_CHARS, required=required, strip=True, widget=area, help_text=help_text
    )


class StepForm(forms.Form):
    """A step without words. `seen` is the status the officer looked at: who was slower is told so."""

    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class AnswerForm(StepForm):
    """The answer to a citizen, as it will be read."""

    status = forms.ChoiceField(label=gettext_lazy("What this is"))
    text = text_field(gettext_lazy("Answer to the citizen"), CITIZEN_READS, rows=6)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = list(words(ANSWERS).items())  # type: ignore[attr-defined]


class RouteForm(StepForm):
    """To whom it is passed on."""

    agency = forms.ChoiceField(label=gettext_lazy("Passed on to"))
    note = text_field(gettext_lazy("Note for the agency"), COLLEAGUES_READ, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = all_names()
        found = [(code, name_of(names, code)) for code in names if code.partition("-")[0] in AGENCY_KINDS]
        # Agencies first: they are who usually acts.
        found.sort(key=lambda one: (not one[0].startswith("opd"), one[1].casefold()))
        self.fields["agency"].choices = [("", _("(choose)")), *found]  # type: ignore[attr-defined]


class AskForm(StepForm):
    """What the city needs to know before it can go on."""

    text = text_field(gettext_lazy("Question to the citizen"), CITIZEN_READS)


class HoldForm(StepForm):
    """What it waits for, and until when."""

    reason = text_field(gettext_lazy("What it waits for"), COLLEAGUES_READ)
    until = day_field(gettext_lazy("Look at it again on"))

    def clean_until(self) -> int | None:
        day = self.cleaned_data["until"]
        if day is None:
            return None
        until_ms = midnight_ms(day + timedelta(days=1))
        if until_ms <= now_ms():
            raise forms.ValidationError(_("This day is over already."))
        if until_ms > now_ms() + LONGEST_HOLD_DAYS * DAY_MS:
            raise forms.ValidationError(_("More than a year ahead: is the year right?"))
        return until_ms


class NoteForm(StepForm):
    """A word among colleagues."""

    text = text_field(gettext_lazy("Note"), COLLEAGUES_READ)


class ClassForm(StepForm):
    """What an officer says it is."""

    kind = forms.ChoiceField(label=gettext_lazy("It is really"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = words(CLASS_WORDS)
        self.fields["kind"].choices = [(code, known[code]) for code in CLASSES]  # type: ignore[attr-defined]


class NotOursForm(StepForm):
    """Whose matter it is instead."""

    text = text_field(gettext_lazy("Whose matter it is, and where to turn"), CITIZEN_READS)


class DuplicateForm(StepForm):
    """Of which other complaint it is a duplicate."""

    code = forms.CharField(
        label=gettext_lazy("Number or citizen's code of the other complaint"), max_length=40, strip=True,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("The other one goes on; this one ends."),
    )  # fmt: skip
    text = text_field(gettext_lazy("Word to the citizen"), CITIZEN_READS, required=False)

    def clean_code(self) -> str:
        found = find(self.cleaned_data["code"])
        if found is None:
            raise forms.ValidationError(_("There is no complaint with this number or code."))
        return str(found.pk)


class ArchiveForm(StepForm):
    """Why it is put away without an answer."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    text = text_field(gettext_lazy("Word to the citizen"), CITIZEN_READS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = words(REASONS)
        found = [(code, known[code]) for code in BY_NAME["archived"].reasons]
        self.fields["reason"].choices = found  # type: ignore[attr-defined]


class ReasonForm(StepForm):
    """Why it is taken up again, or given back."""

    reason = text_field(gettext_lazy("Reason"), COLLEAGUES_READ)


class ExtendForm(StepForm):
    """Why seven working days more are needed."""

    text = text_field(gettext_lazy("Reason for the extension"), CITIZEN_READS)


class OpenForm(forms.Form):
    """Why a sealed text is opened. It is written down with the officer's name before anything is shown."""

    why = forms.ChoiceField(label=gettext_lazy("Why you open it"))
    more = forms.CharField(
        label=gettext_lazy("In your words"), max_length=MAX_REASON_CHARS - 60, required=False, strip=True,
        help_text=gettext_lazy("Needed with “another reason”."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].choices = list(words(WHY_OPEN).items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        more = cleaned.get("more", "")
        if cleaned.get("why") == "other" and len(more) < 3:
            self.add_error("more", _("Say why, in a few words."))
        elif "why" in cleaned:
            cleaned["reason"] = more if cleaned["why"] == "other" else ": ".join(
                part for part in (words(WHY_OPEN)[cleaned["why"]], more) if part
            )  # fmt: skip
        return cleaned


class RequestForm(forms.Form):
    """Who asked for a copy or for erasure, and how it was checked that they may."""

    reason = forms.CharField(
        label=gettext_lazy("Who asked, and how you checked"), min_length=3, max_length=MAX_REASON_CHARS, strip=True,
        help_text=gettext_lazy("For example: applicant at the counter, code and PIN compared."),
    )  # fmt: skip


class EraseForm(RequestForm):
    """The same, and the number typed once more: what is erased does not come back."""

    code = forms.CharField(
        label=gettext_lazy("Type its number to confirm"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, complaint: Complaint, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._number = complaint.code

    def clean_code(self) -> str:
        if typed_code(self.cleaned_data["code"]) != typed_code(self._number):
            raise forms.ValidationError(_("This is not the number of this complaint."))
        return self._number
