"""Problems in plain words, in every language the wall can show: pages choose, the broadcaster sends both."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop, ngettext, pgettext

from center.core.wall_view import Problem
from wire.verdicts import VERDICTS

PARTIES = {
    "pln": gettext_noop("PLN"),
    "site": gettext_noop("on site"),
    "isp": gettext_noop("ISP"),
    "city": gettext_noop("city team"),
    "center": gettext_noop("centre"),
    "agency": gettext_noop("agency"),
    "none": "",
}
CAUSES = {
    "never_seen": gettext_noop("Never reported yet"),
    "blind": gettext_noop("The centre is not listening"),
    "lost": gettext_noop("Connection lost"),
    "planned": gettext_noop("Switched off on purpose"),
    "silent": gettext_noop("Silent, contact lost"),
    "no_report": gettext_noop("Connected, but not reporting"),
    "warnings": gettext_noop("The box warns about itself"),
}
STATES = {
    "UP": gettext_noop("up"),
    "DEGRADED": gettext_noop("impaired"),
    "DOWN": gettext_noop("down"),
    "UNREACHABLE": gettext_noop("unreachable"),
    "UNKNOWN": gettext_noop("unknown"),
    "MAINT": gettext_noop("maintenance"),
    "RETIRED": gettext_noop("retired"),
}
NAMED_SITES = 2
NAMED_LETTERS = 22  # what one line of 44 px holds beside the age


def letters() -> dict[str, str]:
    """The letter of each fill that has one, in the active language."""
    return {
        "down": pgettext("wall letter of the state down", "D"),
        "degraded": pgettext("wall letter of the state impaired", "I"),
        "unknown": "?",
        "maintenance": pgettext("wall letter of the state maintenance", "M"),
    }


def fill_labels() -> dict[str, str]:
    """What each fill means, in the order of the legend."""
    return {
        "up": gettext("up"),
        "degraded": gettext("impaired"),
        "down": gettext("down"),
        "unknown": gettext("unknown"),
        "maintenance": gettext("maintenance"),
        "absent": gettext("no box"),
    }


@dataclass(frozen=True, slots=True)
class SiteName:
    """What a site is called; `twin` = another site of its kind has the same name, so the kecamatan is said too."""

    name: str
    short_name: str
    kind: str
    kecamatan: str
    twin: bool = False

    @property
    def display(self) -> str:
        """The name people know it by, unambiguous."""
        name = self.short_name or self.name
        return f"{name} ({self.kecamatan})" if self.twin and self.kecamatan else name


def site_names(rows: Iterable[tuple[str, str, str, str, str]]) -> dict[str, SiteName]:
    """Names by site code, from rows of (code, name, short_name, kind, kecamatan)."""
    found = list(rows)
    times = Counter((kind, short_name or name) for _code, name, short_name, kind, _kecamatan in found)
    return {
        code: SiteName(name, short_name, kind, kecamatan, times[kind, short_name or name] > 1)
        for code, name, short_name, kind, kecamatan in found
    }


def problem_words(problem: Problem, names: dict[str, SiteName]) -> dict[str, Any]:
    """One problem as live pages receive it: texts per language, the rest language-free."""
    texts: dict[str, dict[str, str]] = {"where": {}, "what": {}, "party": {}}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts["where"][language] = where_words(problem.sites, names)
            texts["what"][language] = what_words(problem.what)
            texts["party"][language] = gettext(PARTIES[problem.party]) if PARTIES[problem.party] else ""
    return {"fill": problem.fill, "since": problem.since_ms, "count": len(problem.sites), **texts}


def what_words(what: str) -> str:
    """A verdict's or cause's label in the active language."""
    verdict = VERDICTS.get(what)
    if verdict:
        return verdict.label_en if translation.get_language() == "en" else verdict.label_id
    return gettext(CAUSES[what]) if what in CAUSES else what


def where_words(sites: tuple[str, ...], names: dict[str, SiteName]) -> str:
    """Two sites by name, more by number and kind."""
    known = [names[site] for site in sites if site in names]
    named = ", ".join(name.display for name in known) or ", ".join(sites)
    if len(sites) == 1 or (len(sites) <= NAMED_SITES and len(named) <= NAMED_LETTERS):
        return named
    kinds = {name.kind for name in known}
    count = len(sites)
    if kinds == {"kel"}:
        return ngettext("%(count)d kelurahan", "%(count)d kelurahan", count) % {"count": count}
    if kinds and kinds <= {"opd", "kec"}:
        return ngettext("%(count)d agency", "%(count)d agencies", count) % {"count": count}
    return ngettext("%(count)d site", "%(count)d sites", count) % {"count": count}
