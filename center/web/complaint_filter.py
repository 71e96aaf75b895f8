"""What of the complaints is asked for: tabs, filters and order, as they stand in an address that can be shared."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.accounts.reach import of_complaints, of_nodes, sites_of
from center.availability.models import Outage
from center.complaints.codes import typed_code
from center.complaints.models import Complaint, Event
from center.core.complaint_cycle import STATUSES, WAITING
from center.core.complaint_deadlines import CITYS
from center.operations.models import Incident
from center.sites.models import Kind, Site
from center.wall.words import site_names
from center.web import incident_rows
from center.web.complaint_rows import name_of, subject_word
from center.web.complaint_words import CHANNELS, SHOWS, SORTS
from center.web.day_fields import day_field, midnight_ms
from center.web.words import WORDS, words
from wire.subjects import SUBJECTS

TABS = tuple(SHOWS)
MOST_ROWS = 2**62
LOOKED = ("opened", "delivered", "received")
"""Entries that make a complaint nobody's work."""


class Choice(forms.Form):
    """The filter over the list. An empty field asks for everything."""

    show = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    subject = forms.ChoiceField(label=gettext_lazy("Subject"), required=False)
    agency = forms.ChoiceField(label=gettext_lazy("Passed on to"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("Place"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Class"), required=False)
    first = day_field(gettext_lazy("From"))
    last = day_field(gettext_lazy("Until"))
    sort = forms.ChoiceField(label=gettext_lazy("Order"), required=False)
    incident = forms.IntegerField(required=False, min_value=1, max_value=MOST_ROWS, widget=forms.HiddenInput)
    outage = forms.IntegerField(required=False, min_value=1, max_value=MOST_ROWS, widget=forms.HiddenInput)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = sites_of(user)
        sites = Site.objects.values_list("code", "name", "short_name", "kind", "kecamatan")
        names = site_names(sites if own is None else sites.filter(code__in=own))
        agencies = [code for code in names if not code.startswith(Kind.CCTV)]
        choices = {
            "show": [(code, code) for code in (*TABS, *STATUSES)],
            "category": list(words(WORDS["category"]).items()),
            "subject": [(one.code, subject_word(one.code)) for one in SUBJECTS],
            "agency": [("none", _("nobody yet")), *_by_name((code, name_of(names, code)) for code in agencies)],
            "area": _by_name((code, name_of(names, code)) for code in names),
            "channel": list(words(CHANNELS).items()),
            "kind": list(words(WORDS["class"]).items()),
            "sort": list(words(SORTS).items()),
        }
        for name, found in choices.items():
            first = [] if name == "sort" else [("", _("all"))]
            self.fields[name].choices = [*first, *found]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The end lies before the beginning."))
        return cleaned

    @property
    def shown(self) -> str:
        """The tab or status that is open."""
        return (self.cleaned_data.get("show") if self.is_valid() else "") or "waits"

    @property
    def shown_code(self) -> str:
        """The number, or the part of one, that the list is narrowed to."""
        return str(self.cleaned_data.get("code", "")) if self.is_valid() else ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but tab and order was chosen."""
        return self.is_valid() and any(
            value for name, value in self.cleaned_data.items() if name not in {"show", "sort"}
        )


def visible(user: Any) -> "QuerySet[Complaint]":
    """The complaints of an account."""
    return of_complaints(Complaint.objects.all(), user)


def chosen(form: Choice, user: Any, now: int) -> "QuerySet[Complaint]":
    """What the form asks for, in its order; nothing while it is wrong: half a filter shows what was not asked for."""
    rows = visible(user)
    if not form.is_valid():
        return rows.none()
    asked: dict[str, Any] = form.cleaned_data
    rows = rows.filter(_shown(form.shown, user, now))
    for field in ("category", "subject", "channel"):
        if asked[field]:
            rows = rows.filter(**{field: asked[field]})
    if asked["agency"]:
        rows = rows.filter(agency="" if asked["agency"] == "none" else asked["agency"])
    if asked["area"]:
        rows = rows.filter(Q(area=asked["area"]) | Q(area="", place=asked["area"]))
    if asked["kind"]:
        rows = rows.filter(Q(corrected_class=asked["kind"]) | Q(corrected_class="", classification=asked["kind"]))
    if asked["code"]:
        rows = rows.filter(code__contains=typed_code(asked["code"]))
    if asked["first"]:
        rows = rows.filter(received_ms__gte=midnight_ms(asked["first"]))
    if asked["last"]:
        rows = rows.filter(received_ms__lt=midnight_ms(asked["last"] + timedelta(days=1)))
    if asked["incident"]:
        rows = rows.filter(_of_incident(asked["incident"], user))
    if asked["outage"]:
        rows = rows.filter(_of_outage(asked["outage"], user))
    return _ordered(rows, asked["sort"])


def counts(user: Any, now: int) -> dict[str, int]:
    """How many are behind each tab, in one question."""
    sums = {name: Count("pk", filter=_shown(name, user, now)) for name in TABS if name != "all"}
    return {**visible(user).aggregate(**sums), "all": visible(user).count()}


def during_incident(incident: Incident) -> Q:
    """Filed at the nodes of an incident while it lasted."""
    nodes = incident.members.values("node")
    return Q(node__in=nodes, at_ms__gte=incident.started_ms, at_ms__lte=incident.resolved_ms or MOST_ROWS)


def during_outage(outage: Outage) -> Q:
    """Filed at the node of an outage while it lasted; inexact ends are taken at their widest."""
    return Q(node=outage.node, at_ms__gte=outage.start_lo_ms, at_ms__lte=outage.end_hi_ms or MOST_ROWS)


def _shown(show: str, user: Any, now: int) -> Q:
    waits = Q(status__in=WAITING)
    if show == "mine":
        own = sites_of(user)
        if own is not None:
            return waits & Q(agency__in=own)
        acts = Event.objects.filter(complaint=OuterRef("pk"), actor=user.get_username()).exclude(kind__in=LOOKED)
        return waits & Q(Exists(acts))
    return {
        "overdue": waits & Q(due_ms__lte=now, due_for__in=CITYS),
        "urgent": waits & Q(urgent=True),
        "asked": waits & Q(asked_ms__isnull=False),
        "all": Q(),
    }.get(show, Q(status=show) if show in STATUSES else waits)


def _ordered(rows: "QuerySet[Complaint]", sort: str) -> "QuerySet[Complaint]":
    soon = F("due_ms").asc(nulls_last=True)
    if sort in {"old", "new"}:
        return rows.order_by("-received_ms" if sort == "new" else "received_ms", "pk")
    if sort == "due":
        return rows.order_by(soon, "received_ms", "pk")
    pressing = Case(
        When(Q(urgent=True) & Q(status__in=WAITING), then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.order_by(pressing, soon, "received_ms", "pk")


def _of_incident(number: int, user: Any) -> Q:
    found = incident_rows.visible(user).filter(pk=number).first()
    return Q(pk__in=[]) if found is None else during_incident(found)


def _of_outage(number: int, user: Any) -> Q:
    found = of_nodes(Outage.objects.filter(pk=number), user).first()
    return Q(pk__in=[]) if found is None else during_outage(found)


def _by_name(choices: Any) -> list[tuple[str, str]]:
    return sorted(choices, key=lambda one: str(one[1]).casefold())
