"""The list of nodes as `sandi-center nodes` shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from center.connectivity.findings import missing_by_node
from center.connectivity.models import NodeState
from center.sites.models import Node, Site


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node (or, with `enrolled` false, a site without one). Times in milliseconds of the epoch, None = never."""

    node: str
    site: str
    name: str
    enrolled: bool
    retired: bool
    state: str
    since_ms: int | None
    last_seen_ms: int | None
    verdict: str
    version: str
    missing: int = 0
    """Records missing without explanation (`center.core.audit`); 0 is normal."""

    def as_json(self) -> dict[str, Any]:
        """Plain values; times as ISO 8601 in UTC."""
        return {
            "node": self.node,
            "site": self.site,
            "name": self.name,
            "enrolled": self.enrolled,
            "retired": self.retired,
            "state": self.state,
            "since": _iso(self.since_ms),
            "last_seen": _iso(self.last_seen_ms),
            "verdict": self.verdict or None,
            "version": self.version or None,
            "integrity_missing": self.missing,
        }

    def as_cells(self, absent: str) -> tuple[str, ...]:
        """Cells of the table, times in the city's zone; `absent` stands for a node that is not there."""
        state = self.state if self.enrolled else absent
        return (self.node, self.name, state, _local(self.since_ms), _local(self.last_seen_ms), self.verdict or "-")


def list_nodes(*, everything: bool = False) -> list[NodeRow]:
    """Enrolled nodes in order of their ids, with `everything` also the sites that have none."""
    states = {state.node: state for state in NodeState.objects.all()}
    found = list(Node.objects.select_related("site"))
    missing = missing_by_node()
    rows = [_row(node, states.get(node.pk), missing.get(node.pk, 0)) for node in found]
    if everything:
        taken = {node.site_id for node in found}
        rows += [_empty(site) for site in Site.objects.exclude(pk__in=taken)]
    return sorted(rows, key=lambda row: row.node)


def _row(node: Node, state: NodeState | None, missing: int) -> NodeRow:
    return NodeRow(
        node=node.pk,
        site=node.site_id,
        name=node.site.name,
        enrolled=True,
        retired=node.retired,
        state="RETIRED" if node.retired else state.state if state else "UNKNOWN",
        since_ms=state.since_ms if state else None,
        last_seen_ms=state.last_seen_ms if state else None,
        verdict=state.verdict if state else "",
        version=state.version if state else "",
        missing=missing,
    )


def _empty(site: Site) -> NodeRow:
    return NodeRow(site.code, site.code, site.name, False, False, "UNKNOWN", None, None, "", "")


def _iso(at_ms: int | None) -> str | None:
    if not at_ms:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _local(at_ms: int | None) -> str:
    if not at_ms:
        return "-"
    return timezone.localtime(datetime.fromtimestamp(at_ms / 1000, UTC)).strftime("%Y-%m-%d %H:%M:%S")
