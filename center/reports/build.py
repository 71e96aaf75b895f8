"""From the database to a report's document. Reads conclusions only; nothing here concludes."""

from collections.abc import Collection, Mapping
from typing import Any

from center.availability.loading import known_since_of_nodes, node_facts
from center.availability.reading import OutageRow, day_parts, days, outages
from center.availability.ties import Ties, ties
from center.availability.told import nodes_ever_at_rest, stays
from center.core import days as calendar
from center.core import stakes
from center.core.credit import CreditTableError, Step, read_table
from center.core.facts import Concluded, NodeFacts, Seconds, Span, When
from center.core.monthly import Facts, OutageLine, Period, Place, document
from center.core.sla import Promise
from center.core.stakes import Piece
from center.core.sweep import DayPart, Loss, losses
from center.core.terms import cuts, stretches
from center.reports.services import services
from center.sites.models import Node, Provider
from center.sites.upstreams import providers_of_nodes


def month_document(month: int, now_ms: int, within: Collection[str] | None = None) -> dict[str, Any]:
    """The report of a month (202611). DayError for a number that is none."""
    return period_document(*calendar.month(month), now_ms, within)


def period_document(first: int, last: int, now_ms: int, within: Collection[str] | None = None) -> dict[str, Any]:
    """The report of days `first`..`last`, both included; of what has not happened yet nothing is in it.

    `within`: the nodes it is about (None: all); the sections of the services are the whole city's, and only then there.
    """
    window = Span(calendar.bounds(first).start_ms, min(calendar.bounds(last).end_ms, now_ms))
    rows = days(within, first, last)
    nodes = {row.node for row in rows}
    tied, parts = ties(), day_parts(within, first, last)
    facts = Facts(
        period=Period(first, last, window.end_ms),
        places=_places(nodes),
        days=rows,
        outages=_lines(nodes, window, tied, _divided(tied, window, rows, parts)),
        promises=_promises(),
        services=services(window) if within is None else {},
        terms={node: terms for node, terms in tied.terms.items() if node in nodes},
        parts=[part for part in parts if part.seconds.node in nodes],
    )
    return document(facts)


def _places(nodes: set[str]) -> list[Place]:
    """Where each node stands by today's registry; one that has left it keeps its own name."""
    lines = providers_of_nodes()
    found = {}
    for node in Node.objects.select_related("site", "site__agency"):
        site, line = node.site, lines.get(node.id)
        agency = site if site.kind == "opd" else site.agency
        found[node.id] = Place(
            node.id, site.code, site.display_name, site.kind, site.kecamatan,
            agency.code if agency else "", agency.display_name if agency else "",
            line.code if line else "", line.circuit if line else "",
        )  # fmt: skip
    return [found.get(node, Place(node, "", node, "")) for node in sorted(nodes)]


def _divided(tied: Ties, window: Span, rows: list[Seconds], parts: list[DayPart]) -> dict[str, tuple[Span, ...]]:
    """Of each node whose line changed within the window the stretches it is divided into, as the document does."""
    by_node, found = stakes.by_node(parts), {}
    for node, known in tied.terms.items():
        terms, _waiting = stakes.settled(
            known, window, [row for row in rows if row.node == node], by_node.get(node, ())
        )
        if cuts(terms, window):
            found[node] = tuple(span for span, _line in stretches(terms, window))
    return found


def _lines(nodes: set[str], window: Span, tied: Ties, divided: Mapping[str, tuple[Span, ...]]) -> list[OutageLine]:
    """The outages of the period with the seconds each of them cost, and on which line."""
    by_node: dict[str, list[OutageRow]] = {}
    for row in outages(nodes, window.start_ms, window.end_ms):
        by_node.setdefault(row.node, []).append(row)
    limits = _limits(set(by_node), window)
    return [
        line
        for node, rows in sorted(by_node.items())
        for line in _of_node(limits[node], rows, window, tied, divided.get(node, ()))
    ]


def _of_node(
    facts: NodeFacts, rows: list[OutageRow], window: Span, tied: Ties, spans: tuple[Span, ...]
) -> list[OutageLine]:
    node = facts.node
    concluded = [(_concluded(row), row) for row in rows]
    hours, holidays = tied.hours.get(node), tied.holidays.get(node, frozenset())

    def costs(of: Span) -> dict[int, Loss]:
        every = losses(facts, [one for one, _ in concluded], of, window.end_ms, hours, holidays=holidays)
        return {id(loss.outage): loss for loss in every}

    cost, pieces = costs(window), [(span, costs(span)) for span in spans]
    found = []
    for one, row in concluded:
        loss = cost.get(id(one))
        found.append(
            OutageLine(
                row.id,
                node,
                row.start_lo_ms,
                row.start_hi_ms,
                row.end_lo_ms,
                row.end_hi_ms,
                row.cause,
                row.party,
                row.counts,
                row.parent,
                row.told,
                loss.lost_s if loss else 0,
                loss.isp_s if loss else 0,
                row.revision,
                row.ticket,
                row.reported_ms,
                row.evidence,
                tuple(
                    Piece(span.start_ms, mine[id(one)].lost_s, mine[id(one)].isp_s)
                    for span, mine in pieces
                    if id(one) in mine
                ),
            )
        )
    return found


def _limits(nodes: set[str], window: Span) -> dict[str, NodeFacts]:
    """What of the nodes' facts bounds the cost of their outages: beginning, end, and stays."""
    known, worked_on = known_since_of_nodes(), nodes_ever_at_rest(window)
    retired = set(Node.objects.filter(retired=True, id__in=nodes).values_list("id", flat=True))
    limits = {}
    for node in nodes:
        whole = node_facts(node, window.start_ms, window.end_ms) if node in retired else None
        resting = stays(node, window.start_ms, window.end_ms) if worked_on is None or node in worked_on else ()
        limits[node] = whole or NodeFacts(node, known.get(node, window.start_ms), stays=resting)
    return limits


def _concluded(row: OutageRow) -> Concluded:
    end = None if row.end_lo_ms is None or row.end_hi_ms is None else When(row.end_lo_ms, row.end_hi_ms)
    return Concluded(
        row.node, When(row.start_lo_ms, row.start_hi_ms), end, row.cause, row.party, row.counts, row.parent
    )


def _promises() -> list[Promise]:
    return [
        Promise(one.code, one.name, one.contract_hours, one.holidays_count, one.promised_pct, _steps(one.credits))
        for one in Provider.objects.order_by("code")
    ]


def _steps(text: str) -> tuple[Step, ...]:
    """A table that cannot be read owes nothing: the registry refuses such a one when it is entered."""
    try:
        return read_table(text)
    except CreditTableError:
        return ()
