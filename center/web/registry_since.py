"""The field of the registry's forms that says since when a line is what the form makes of it."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from center.core.registry_plan import Problem
from center.core.since import SinceError, read_since
from center.sites.registry import RegistryError
from center.sites.terms import Since
from center.sites.words import sentence
from center.web.live import now_ms
from center.web.registry_forms import FormField

DATED: Final = frozenset({"links", "upstreams"})
"""Tables whose rows decide whose line a site hangs on."""
NAME: Final = "since"
HELP: Final = _(
    "Only if it did not happen just now: such as 2026-11-10 08:00, or the word always if the entry was wrong before. "
    "Outages and reports count for the line of the time."
)
MAX_CHARS: Final = 19


def since_posted(table: str, posted: Mapping[str, str], site: str = "") -> Since | None:
    """What the form says; None: from now on. `site`: the one whose line it is about, even where the row stays.

    Raises:
        RegistryError: it is no such moment; the problem's column is NAME.
    """
    text = posted.get(NAME, "").strip() if table in DATED else ""
    try:
        at_ms = read_since(text, now_ms())
    except SinceError as error:
        raise RegistryError((Problem(error.what, 0, NAME, text[:MAX_CHARS], error.right),)) from None
    return None if at_ms is None else Since(at_ms, site)


def since_field(table: str, posted: Mapping[str, str], problems: tuple[Problem, ...] = ()) -> list[FormField]:
    """The field as the forms draw it; none for tables it says nothing about."""
    if table not in DATED:
        return []
    wrong = tuple(sentence(one) for one in problems if one.column == NAME)
    text = posted.get(NAME, "")[:MAX_CHARS]
    return [FormField(NAME, gettext("since"), "text", text, str(HELP), False, MAX_CHARS, (), wrong)]
