"""Which nodes' outages and days are to be worked out again, and from when: one place for everybody who changes a fact.

Called in the transaction that changes the fact, so that no change is forgotten by a stop in between. The mark only ever
reaches further back; `version` grows with each call, so that whoever works a node out and is overtaken notices.
"""

import time
from collections.abc import Iterable, Mapping

from center.ingest.database import execute_many, select

_MARK = """
INSERT INTO availability_due (node, from_ms, since_ms, version) VALUES (%s, %s, %s, 1)
ON CONFLICT (node) DO UPDATE SET version = availability_due.version + 1,
  from_ms = CASE WHEN excluded.from_ms < availability_due.from_ms THEN excluded.from_ms
            ELSE availability_due.from_ms END
"""


def mark(from_ms: Mapping[str, int], now_ms: int | None = None) -> None:
    """Of each node: what happened from this moment (Unix ms) on may be another now. In the caller's transaction."""
    since_ms = int(time.time() * 1000) if now_ms is None else now_ms
    rows = [(node, max(0, moment_ms), since_ms) for node, moment_ms in sorted(from_ms.items())]
    if rows:
        execute_many(_MARK, rows)


def mark_nodes(nodes: Iterable[str], from_ms: int, now_ms: int | None = None) -> None:
    """As `mark`, with one moment for all of these nodes."""
    mark(dict.fromkeys(nodes, from_ms), now_ms)


def mark_site(site: str, from_ms: int) -> None:
    """The nodes of a site: its links, or its planned work, are others than before from this moment on."""
    mark_nodes((node for (node,) in select("SELECT id FROM sites_node WHERE site_id = %s", (site,))), from_ms)


def mark_upstream(upstream: str, from_ms: int) -> None:
    """The nodes of all sites that hang on this upstream, or on one that hangs on it."""
    below, waiting = {upstream}, [upstream]
    for code in waiting:
        for (one,) in select("SELECT code FROM sites_upstream WHERE above_id = %s", (code,)):
            if one not in below:
                below.add(one)
                waiting.append(one)
    marks = ", ".join(["%s"] * len(below))
    rows = select(
        "SELECT DISTINCT n.id FROM sites_node n JOIN sites_link l ON l.site_id = n.site_id "  # noqa: S608 - marks alone
        f"WHERE l.upstream_id IN ({marks})",
        sorted(below),
    )
    mark_nodes((node for (node,) in rows), from_ms)


def mark_city(from_ms: int) -> None:
    """Every node of the registry."""
    mark_nodes((node for (node,) in select("SELECT id FROM sites_node")), from_ms)
