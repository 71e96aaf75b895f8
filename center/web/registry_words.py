"""What the registry's tables, fields and choices are called, and what is to be typed into them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from center.core.geojson_text import rings_of
from center.core.registry_fields import number_text, write_value
from center.core.registry_tables import TABLES, Field, Value
from center.core.rings import area_m2
from center.core.terms import Terms
from center.sites.terms import HISTORY
from center.web.templatetags.sandi import moment

TABLE_NAMES: Final[Mapping[str, Any]] = {
    "sites": _("Sites"),
    "providers": _("Internet providers"),
    "upstreams": _("Upstreams"),
    "links": _("Links"),
    "people": _("Contacts"),
    "boundaries": _("Boundaries"),
}
ROW_NAMES: Final[Mapping[str, Any]] = {
    "sites": _("site"),
    "providers": _("internet provider"),
    "upstreams": _("upstream"),
    "links": _("link"),
    "people": _("contact"),
    "boundaries": _("boundary"),
    HISTORY: _("line of the site"),
}
LABELS: Final[Mapping[str, Any]] = {
    "code": _("code"),
    "name": _("name"),
    "short_name": _("short name"),
    "kecamatan": _("kecamatan"),
    "latitude": _("latitude"),
    "longitude": _("longitude"),
    "postal_code": _("postal code"),
    "address": _("address"),
    "office_hours": _("office hours"),
    "agency": _("agency"),
    "verified": _("verified"),
    "note": _("note"),
    "phone": _("phone for faults"),
    "email": _("e-mail for faults"),
    "contract_hours": _("contract hours"),
    "promised_pct": _("promised availability, %"),
    "credits": _("credits"),
    "holidays_count": _("holidays count as contract hours"),
    "kind": _("kind"),
    "provider": _("provider"),
    "above": _("hangs on"),
    "site": _("site"),
    "upstream": _("upstream"),
    "circuit": _("circuit id"),
    "needs": _("needs"),
    "primary": _("primary line"),
    "order": _("order"),
    "role": _("role"),
    "message_to": _("messages to"),
    "rings": _("outline"),
    "source": _("source"),
}
OWN_LABELS: Final[Mapping[tuple[str, str], Any]] = {
    ("people", "phone"): _("phone"),
    ("people", "email"): _("e-mail"),
}
HELP: Final[Mapping[tuple[str, str], Any]] = {
    ("sites", "code"): _("kel-, kec-, opd- or cctv- and its number or name. Chosen once: nodes are named after it."),
    ("sites", "short_name"): _("For the wall and tables."),
    ("sites", "office_hours"): _("Such as Mon-Fri 07:30-16:00; Sat 08:00-12:00. Empty: always."),
    ("sites", "agency"): _("Whose place it is. Accounts of that agency see it."),
    ("sites", "verified"): _("Name confirmed by a public source."),
    ("sites", "latitude"): _("In degrees, south negative, such as -6.1200."),
    ("sites", "longitude"): _("In degrees, such as 106.1500."),
    ("providers", "code"): _("Small letters, digits and hyphens. Chosen once."),
    ("providers", "contract_hours"): _("When the promise counts, such as Mon-Fri 07:30-16:00. Empty: always."),
    ("providers", "credits"): _("Such as 99.5:5; 98:10 – below 99.5 % of a month 5 % of its fee, below 98 % 10 %."),
    ("upstreams", "code"): _("Small letters, digits and hyphens. Chosen once."),
    ("upstreams", "above"): _("What it hangs on itself, such as the ring of an ISP's link."),
    ("upstreams", "provider"): _("Only of an ISP link."),
    ("links", "circuit"): _("What the provider asks for when a fault is reported."),
    ("links", "needs"): _("Several links of one kind stand in for each other, or each of them is needed."),
    ("links", "primary"): _("Of the lines of a site the one whose provider's promise is measured."),
    ("people", "order"): _("1 is called first."),
    ("people", "message_to"): _("Such as whatsapp:+62812... or telegram:12345."),
}
CHOICES: Final[Mapping[tuple[str, str], Any]] = {
    ("kind", "line"): _("ISP link"),
    ("kind", "feeder"): _("Power feeder"),
    ("kind", "area"): _("Kecamatan"),
    ("kind", "core"): _("City core"),
    ("kind", "kel"): _("Kelurahan"),
    ("kind", "kec"): _("Kecamatan"),
    ("kind", "opd"): _("Agency"),
    ("kind", "cctv"): _("Public place (CCTV)"),
    ("needs", "any"): _("any one of its kind is enough"),
    ("needs", "all"): _("this one is needed"),
}
YES: Final[Mapping[str, Any]] = {"ya": _("yes"), "tidak": _("no")}
LACKS: Final[Mapping[str, Any]] = {
    "line": _("no ISP link"),
    "position": _("no position"),
    "node": _("no box"),
    "person": _("no contact"),
    "verified": _("name not confirmed"),
}
WAYS: Final[Mapping[str, Any]] = {
    "page": _("on a page"),
    "admin": _("in the administration"),
    "csv": _("from a CSV file"),
    "geojson": _("from a GeoJSON file"),
    "cli": _("on the command line"),
    "seed": _("first list"),
    "undo": _("undone"),
}


def label(table: str, field: str) -> str:
    """What a field is called."""
    return str(OWN_LABELS.get((table, field)) or LABELS[field])


def shown(table: str, name: str, value: Value) -> str:
    """A value as people read it; "–" where there is none."""
    if name == "rings" and value:
        return _outline(str(value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str) and (name, value) in CHOICES:
        return str(CHOICES[name, value])
    return write_value(field_of(table, name), value) or "–"


def credit_words(stored: str) -> list[str]:
    """A credit table step by step, as people say it."""
    return [
        gettext("below %(below)s %%: %(credit)s %%") % {"below": _local(below), "credit": _local(credit)}
        for below, credit in json.loads(stored or "[]")
    ]


def terms_words(terms: Terms) -> str:
    """Whose line a site hung on and since when, in a sentence."""
    if not terms:
        return gettext("today's line, always")
    told = []
    for term in terms:
        line = " ".join(part for part in (term.line.provider or gettext("no line"), term.line.circuit) if part)
        told.append(f"{line} ({moment(term.from_ms)})" if term.from_ms else line)
    return " → ".join(told)


def _outline(stored: str) -> str:
    """How large an outline is: enough to see that a file gave what was meant."""
    rings = rings_of(stored)
    values = {"points": sum(map(len, rings)) - len(rings), "area": number_format(f"{area_m2(rings) / 1e6:.2f}")}
    return gettext("%(points)s points, %(area)s km²") % values


def _local(value: float) -> str:
    return number_format(number_text(value))


def field_of(table: str, name: str) -> Field:
    """The field with this name."""
    return next(one for one in TABLES[table].fields if one.name == name)
