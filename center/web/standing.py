"""How a node stands besides its verdict: availability, certificate and version, its line, its hours."""

from dataclasses import dataclass

from center.availability.models import Outage
from center.availability.reading import Figures, days
from center.connectivity.models import NodeState
from center.core import days as calendar
from center.core import hours
from center.ingest.models import Epoch
from center.operations.models import Incident
from center.sites.models import Node, Provider
from center.sites.upstreams import provider_of

SOON_MS = 30 * 86_400_000
"""A certificate that ends within this is to be renewed now."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One line of the table of availability. `name`: today | month | last_month."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Certificate:
    """When the node's certificate ends; `word`: fine | soon | over."""

    ends_ms: int
    serial: str
    word: str


@dataclass(frozen=True, slots=True)
class Box:
    """What the box is: certificate, version of its agent, the epoch it counts in and the board it began that on."""

    certificate: Certificate
    version: str
    epoch: str
    epoch_since_ms: int | None
    board: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """The provider of the site's primary line, the circuit to name to it, and where it takes faults."""

    provider: str
    circuit: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When somebody is at the site. `text` "": always; `now` whether this is such a time (None: nobody can read it)."""

    text: str
    now: bool | None


def availability_of(node: str, now_ms: int) -> list[Stretch]:
    """Today, this month so far, and the month before; without those of which nothing is known."""
    today = calendar.day_of(now_ms)
    first, _ = calendar.month(calendar.month_of(today))
    before, last = calendar.month(calendar.month_of(calendar.day_of(calendar.bounds(first).start_ms - 1)))
    rows = days([node], before, today)
    stretches = (("today", today, today), ("month", first, today), ("last_month", before, last))
    found = [Stretch(name, Figures.of(row for row in rows if low <= row.day <= high)) for name, low, high in stretches]
    return [one for one in found if one.figures.counted_s or one.figures.maintenance_s]


def box_of(node: Node, state: NodeState | None, now_ms: int) -> Box:
    """What is known of the box itself."""
    ends_ms = int(node.certificate_expires_at.timestamp() * 1000)
    word = "over" if ends_ms <= now_ms else "soon" if ends_ms - now_ms < SOON_MS else "fine"
    epoch = Epoch.objects.filter(node=node.pk, epoch=state.epoch).first() if state and state.epoch else None
    return Box(
        Certificate(ends_ms, node.certificate_serial, word),
        state.version if state else "",
        state.epoch if state else "",
        epoch.first_seen_ms if epoch else None,
        epoch.board if epoch else "",
    )


def line_of(node: str) -> LineRow | None:
    """The node's primary line; None where the registry names none."""
    line = provider_of(node)
    if line is None:
        return None
    provider = Provider.objects.filter(pk=line.code).first()
    return LineRow(line.name, line.circuit, provider.phone if provider else "", provider.email if provider else "")


def hours_of(node: Node, now_ms: int) -> OfficeHours:
    """The site's office hours, and whether they hold now."""
    text = node.site.office_hours
    try:
        return OfficeHours(text, hours.parse(text).holds(now_ms))
    except hours.HoursError:
        return OfficeHours(text, None)


def open_party(node: str) -> str:
    """Whose the outage is that lasts: as the centre concluded it, or as an open incident has it; "" when none lasts."""
    concluded = Outage.objects.filter(node=node, end_lo_ms__isnull=True).order_by("-start_lo_ms", "-id")
    incidents = Incident.objects.filter(members__node=node, members__left_ms=None, resolved_ms=None).order_by("-id")
    parties = (*concluded.values_list("party", flat=True)[:1], *incidents.values_list("party", flat=True)[:1])
    return next((party for party in parties if party not in {"", "none"}), "")
