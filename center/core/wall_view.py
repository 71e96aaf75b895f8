"""What the wall says: from the rows of nodes, pictures and complaints to states per site and problems in plain words.

Pure. Texts leave here as keys (verdict code, party, counts); whoever shows them chooses the language. A site shows
the worst of its nodes. States of nodes come in seven words, the wall knows five fills plus "absent":

    UP -> up, DEGRADED -> degraded, DOWN -> down, UNREACHABLE and UNKNOWN -> unknown, MAINT -> maintenance,
    no node, or only retired ones -> absent (nothing is expected, so nothing is wrong)
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wire.verdicts import VERDICTS

FILL_OF_STATE = {
    "UP": "up",
    "DEGRADED": "degraded",
    "DOWN": "down",
    "UNREACHABLE": "unknown",
    "UNKNOWN": "unknown",
    "MAINT": "maintenance",
}
# Worst first: a site with several nodes shows the first of these that any of its nodes has.
FILLS = ("down", "degraded", "unknown", "maintenance", "up", "absent")
PROBLEM_FILLS = ("down", "degraded", "unknown")
ALARM_WINDOW_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class NodeRow:
    """The state of one node as the wall needs it. `last_seen_ms` None = never heard; `period_ms` = between reports."""

    node: str
    site: str
    state: str
    cause: str
    verdict: str
    since_ms: int
    last_seen_ms: int | None
    period_ms: int


@dataclass(frozen=True, slots=True)
class SiteView:
    """One cell: its fill, since when, when last heard, the interval data is expected in, and the node to open."""

    fill: str
    since_ms: int | None
    seen_ms: int | None
    period_ms: int
    node: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the wall: what is wrong (`what` is a verdict code or a cause), whose it is, where, since when."""

    fill: str
    what: str
    party: str
    sites: tuple[str, ...]
    since_ms: int


ABSENT = SiteView("absent", None, None, 0, "")


def site_views(sites: Iterable[str], nodes: Iterable[NodeRow]) -> dict[str, SiteView]:
    """Every site's cell, from the worst of its nodes; sites without a node are absent."""
    by_site: dict[str, list[NodeRow]] = defaultdict(list)
    for node in nodes:
        if node.state in FILL_OF_STATE:
            by_site[node.site].append(node)
    views = {}
    for site in sites:
        rows = by_site.get(site)
        if not rows:
            views[site] = ABSENT
            continue
        worst = min(rows, key=lambda row: (FILLS.index(FILL_OF_STATE[row.state]), row.since_ms, row.node))
        fill = FILL_OF_STATE[worst.state]
        views[site] = SiteView(fill, worst.since_ms, worst.last_seen_ms, worst.period_ms, worst.node)
    return views


def problems(nodes: Iterable[NodeRow]) -> list[Problem]:
    """Nodes in trouble grouped by what is wrong: down before degraded before unknown, many sites before few, then
    the newest first (it is the one nobody has seen yet)."""
    groups: dict[tuple[str, str], list[NodeRow]] = defaultdict(list)
    for node in nodes:
        fill = FILL_OF_STATE.get(node.state, "")
        if fill in PROBLEM_FILLS:
            groups[fill, what_is_wrong(node)].append(node)
    found = [
        Problem(
            fill,
            what,
            VERDICTS[what].party if what in VERDICTS else "none",
            tuple(sorted({row.site for row in rows})),
            min(row.since_ms for row in rows),
        )
        for (fill, what), rows in groups.items()
    ]
    return sorted(
        found,
        key=lambda problem: (
            PROBLEM_FILLS.index(problem.fill),
            -len(problem.sites),
            -problem.since_ms,
            problem.what,
        ),
    )


def what_is_wrong(node: NodeRow) -> str:
    """The verdict while the node itself speaks; once it is silent only the cause the centre found: what a node said
    last does not explain why it fell silent."""
    if node.state == "DEGRADED" and node.cause == "verdict" and node.verdict:
        return node.verdict
    return node.cause or "U0"


def alarms(nodes: Iterable[NodeRow], now_ms: int) -> int:
    """How many nodes, once heard of, got into trouble in the last ten minutes (EEMUA 191: 1 is steady, 10 a flood)."""
    return sum(
        1
        for node in nodes
        if node.last_seen_ms is not None
        and FILL_OF_STATE.get(node.state) in PROBLEM_FILLS
        and 0 <= now_ms - node.since_ms < ALARM_WINDOW_MS
    )
