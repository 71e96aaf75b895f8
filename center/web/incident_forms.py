"""The forms of the incidents' pages: what people may write, its lengths and bounds, and where times are read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.sites.models import Node, Site, Upstream
from center.web.live import now_ms

LONGEST_WORK_MS = 31 * 86_400_000
FUTURE_MS = 366 * 86_400_000
SKEW_MS = 300_000
"""A form filled in on a computer whose clock is a little ahead."""
LOCAL = "%Y-%m-%dT%H:%M"


def local_time(at_ms: int) -> str:
    """As an input of the browser takes it, in the city's time."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.TIME_ZONE)).strftime(LOCAL)


def moment_field(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """A moment in the city's time, to the minute."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    return forms.DateTimeField(
        label=label, required=required, input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"], widget=widget
    )


def to_ms(moment: datetime) -> int:
    """Unix ms."""
    return int(moment.timestamp() * 1000)


class TextForm(forms.Form):
    """A remark, or why it is escalated or closed."""

    text = forms.CharField(
        label=gettext_lazy("Remark"), max_length=1900, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )


class OptionalTextForm(TextForm):
    """A remark that may be left out."""

    text = forms.CharField(label=gettext_lazy("Remark"), max_length=1900, required=False, strip=True)


class AssignForm(forms.Form):
    """An account that may work on incidents; nobody takes the assignment back."""

    to = forms.ChoiceField(label=gettext_lazy("Assigned to"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("nobody")), *((name, name) for name in workers())]  # type: ignore[attr-defined]


class TicketForm(forms.Form):
    """The provider's ticket, and when the fault was reported to it."""

    ticket = forms.RegexField(
        r"^[\w./#: -]+$", label=gettext_lazy("Ticket number"), max_length=64,
        error_messages={"invalid": gettext_lazy("Letters, digits and . / # : - only.")},
    )  # fmt: skip
    reported = moment_field(gettext_lazy("Reported at (WIB)"), required=False)

    def clean_reported(self) -> int:
        moment = self.cleaned_data["reported"]
        at_ms = now_ms() if moment is None else to_ms(moment)
        if at_ms > now_ms() + SKEW_MS:
            raise forms.ValidationError(_("This moment has not come yet."))
        if at_ms < now_ms() - FUTURE_MS:
            raise forms.ValidationError(_("More than a year ago: is the year right?"))
        return at_ms


class OutageTicketForm(TicketForm):
    """The same of one outage; empty takes it back."""

    ticket = forms.RegexField(r"^[\w./#: -]*$", label=gettext_lazy("Ticket number"), max_length=64, required=False)


class WorkForm(forms.Form):
    """Planned work: where, from when until when, and why."""

    scope = forms.ChoiceField(label=gettext_lazy("What is worked on"))
    subject = forms.CharField(
        label=gettext_lazy("Its code"), max_length=64, required=False, strip=True,
        widget=forms.TextInput(attrs={"list": "subjects", "autocomplete": "off"}),
        help_text=gettext_lazy("Of a node, a site or an upstream; empty for the whole city."),
    )  # fmt: skip
    start = moment_field(gettext_lazy("From (WIB)"))
    end = moment_field(gettext_lazy("Until (WIB)"))
    reason = forms.CharField(label=gettext_lazy("What is done, and why"), max_length=500, strip=True)
    ticket = forms.CharField(label=gettext_lazy("Ticket number"), max_length=64, required=False, strip=True)
    incident = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from center.web.words import word

        super().__init__(*args, **kwargs)
        scopes = [(code, word("scope", code)) for code in SCOPE_TABLES]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end:
            cleaned["from_ms"], cleaned["until_ms"] = to_ms(start), to_ms(end)
            self._check_times(cleaned["from_ms"], cleaned["until_ms"])
        self._check_subject(cleaned)
        return cleaned

    def _check_times(self, from_ms: int, until_ms: int) -> None:
        if until_ms <= from_ms:
            self.add_error("end", _("The end lies before the beginning."))
        elif until_ms - from_ms > LONGEST_WORK_MS:
            self.add_error("end", _("Longer than 31 days: announce it in parts."))
        elif until_ms <= now_ms():
            self.add_error("end", _("This work is over already; what is past is measured as it was."))
        elif from_ms > now_ms() + FUTURE_MS:
            self.add_error("start", _("More than a year ahead: is the year right?"))
        elif from_ms < now_ms() - SKEW_MS:
            self.add_error("start", _("Begins in the past: what is past is measured as it was."))

    def _check_subject(self, cleaned: dict[str, Any]) -> None:
        scope, subject = cleaned.get("scope", ""), cleaned.get("subject", "")
        table = SCOPE_TABLES.get(scope)
        if table is None:
            cleaned["subject"] = ""
        elif not table.objects.filter(pk=subject).exists():
            self.add_error("subject", _("There is none with this code."))


class CancelForm(forms.Form):
    """Nothing to fill in."""


class EndStayForm(forms.Form):
    """Why a technician's stay is ended from the centre."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=500, required=False, strip=True)


class HandoverForm(forms.Form):
    """What one shift tells the next."""

    text = forms.CharField(
        label=gettext_lazy("For the next shift"), max_length=8000, strip=True,
        widget=forms.Textarea(attrs={"rows": 12}),
    )  # fmt: skip


SCOPE_TABLES: dict[str, Any] = {"upstream": Upstream, "site": Site, "node": Node, "city": None}


def workers() -> list[str]:
    """The accounts that may work on incidents."""
    may = Q(groups__permissions__codename="work_incident") | Q(user_permissions__codename="work_incident")
    people = get_user_model().objects.filter(may | Q(is_superuser=True), is_active=True)
    return sorted(set(people.values_list("username", flat=True)))
