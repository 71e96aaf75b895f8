"""What the leadership's one page is made of: today, this month against what was promised, the worst, the complaints."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from center.availability.lines import seconds_of_providers
from center.availability.models import Outage
from center.availability.reading import Figures, days
from center.connectivity.models import NodeState
from center.core.city_sentence import Place, Today, today
from center.core.facts import Seconds, Span
from center.core.wall_view import NodeRow, site_views
from center.ingest.models import Listener
from center.reports.answering import of_people, voices
from center.reports.services import IN_TIME_MS
from center.sites.models import Node, Provider, Site
from center.wall.words import site_names
from center.web.live import now_ms

WORST_SHOWN = 5
LISTENING_MS = 15_000
DAY_MS = 86_400_000
ANSWER_DAYS = IN_TIME_MS // DAY_MS
WAITED_FOR = {
    "pln": gettext_noop("PLN"),
    "site": gettext_noop("the people there"),
    "isp": gettext_noop("the ISP"),
    "city": gettext_noop("the city's team"),
    "center": gettext_noop("the centre"),
    "agency": gettext_noop("the agency"),
}


@dataclass(frozen=True, slots=True)
class ProviderMonth:
    """A provider's month so far. `kept`: None while too little is known."""

    name: str
    places: int
    promised_pct: float
    figures: Figures

    @property
    def kept(self) -> bool | None:
        return None if not self.figures.enough or self.figures.pct is None else self.figures.pct >= self.promised_pct


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """A place that was cut off longest this month."""

    site: str
    code: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Answers:
    """Complaints that came this month, so far: answered in time, late, or (still in time) waiting."""

    received: int
    in_time: int
    late: int
    waiting: int

    @property
    def pct(self) -> float | None:
        """Of those whose time is over or that were answered."""
        settled = self.in_time + self.late
        return 100.0 * self.in_time / settled if settled else None


def today_now() -> tuple[Today, bool]:
    """The places as they are, and whether the centre hears the fleet at all."""
    parties = dict(Outage.objects.filter(end_hi_ms__isnull=True).values_list("node", "party"))
    nodes = [
        NodeRow(node, site, state.state, state.cause, state.verdict, state.since_ms, state.last_seen_ms, 0)
        for node, site, state in _states()
    ]
    views = site_views({node.site for node in nodes}, nodes)
    places = [Place(view.fill, parties.get(view.node, "")) for view in views.values()]
    hears = Listener.objects.filter(connected=True, alive_ms__gt=now_ms() - LISTENING_MS).exists()
    return today(places), hears


def _states() -> Iterable[tuple[str, str, NodeState]]:
    states = {row.node: row for row in NodeState.objects.all()}
    for node in Node.objects.filter(retired=False):
        state = states.get(node.id) or NodeState(node=node.id, since_ms=now_ms(), cause="never_seen")
        yield node.id, node.site_id, state


def sentence(found: Today) -> str:
    """The one sentence."""
    if not found.places and not found.maintenance:
        return _("No box is installed yet.")
    if found.connected == found.places:
        said = _("Today all %(count)s places are connected.") % {"count": found.places}
    else:
        parts = [_("Today %(up)s of %(all)s places are connected") % {"up": found.connected, "all": found.places}]
        if found.down:
            parts.append(_("%(count)s down, %(waiting)s") % {"count": found.down, "waiting": _waiting(found)})
        if found.unknown:
            parts.append(_("of %(count)s nothing is known") % {"count": found.unknown})
        said = "; ".join(parts) + "."
    if found.maintenance:
        said += " " + ngettext(
            "%(count)s is being worked on as planned.", "%(count)s are being worked on as planned.", found.maintenance
        ) % {"count": found.maintenance}  # fmt: skip
    return said


def _waiting(found: Today) -> str:
    if len(found.waiting) == 1:
        party, count = found.waiting[0]
        if not party:
            return _("cause not known yet")
        who = {"who": _(WAITED_FOR[party])}
        if count == 1:
            return _("waiting for %(who)s") % who
        return (_("both waiting for %(who)s") if count == 2 else _("all waiting for %(who)s")) % who
    said = [
        (_("%(count)s waiting for %(who)s") % {"count": count, "who": _(WAITED_FOR[party])})
        if party
        else _("%(count)s of unknown cause") % {"count": count}
        for party, count in found.waiting
    ]
    return ", ".join(said)


def month_now() -> tuple[int, int]:
    """First and last day of this month so far, as 20261101."""
    local = datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(settings.TIME_ZONE))
    last = local.year * 10_000 + local.month * 100 + local.day
    return last - local.day + 1, last


def providers(month: Iterable[Seconds]) -> list[ProviderMonth]:
    """Each provider that carried a node, the least kept promise first; each second is the one's whose line it was."""
    by_provider: dict[str, list[Seconds]] = defaultdict(list)
    carried: dict[str, set[str]] = defaultdict(set)
    for code, day in seconds_of_providers(month):
        if code:
            by_provider[code].append(day)
            carried[code].add(day.node)
    promised = {one.code: (one.name, one.promised_pct) for one in Provider.objects.filter(code__in=by_provider)}
    found = [
        ProviderMonth(promised[code][0], len(carried[code]), promised[code][1], Figures.of_isp(rows))
        for code, rows in by_provider.items()
    ]
    return sorted(found, key=lambda row: ((row.figures.pct or 101.0) - row.promised_pct, row.name))


def worst(month: Iterable[Seconds]) -> list[WorstPlace]:
    """The five places that were down longest; by seconds, so that one with little data does not head the list."""
    by_node: dict[str, list[Seconds]] = defaultdict(list)
    for day in month:
        by_node[day.node].append(day)
    figures = {node: Figures.of(rows) for node, rows in by_node.items()}
    chosen = sorted((node for node in figures if figures[node].down_s), key=lambda node: (-figures[node].down_s, node))
    site_of = dict(Node.objects.filter(id__in=chosen[:WORST_SHOWN]).values_list("id", "site_id"))
    names = site_names(Site.objects.values_list("code", "name", "short_name", "kind", "kecamatan"))
    return [
        WorstPlace(names[site_of[node]].display, site_of[node], figures[node])
        for node in chosen[:WORST_SHOWN]
        if node in site_of
    ]


def answers(first_day: int, now: int) -> Answers:
    """How this month's complaints fared, by their first answer. What ended without one (a prank) is received only."""
    start = datetime(first_day // 10_000, first_day // 100 % 100, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))
    found = of_people(voices(Span(int(start.timestamp() * 1000), now + 1)))
    in_time = late = waiting = 0
    for one in found:
        due_ms = one.received_ms + IN_TIME_MS
        if one.answered_ms is not None and one.answered_ms <= due_ms:
            in_time += 1
        elif one.answered_ms is not None or (one.waits and now > due_ms):
            late += 1
        else:
            waiting += one.waits
    return Answers(len(found), in_time, late, waiting)


def month_days() -> list[Seconds]:
    """Every node's days of this month so far, of boxes in service."""
    first, last = month_now()
    serving = set(Node.objects.filter(retired=False).values_list("id", flat=True))
    return [day for day in days(None, first, last) if day.node in serving]
