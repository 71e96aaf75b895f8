"""Every box in a row: what it runs and should run, its certificate, its records, what it warns about, and when it was
heard; and the same counted over all of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Sum
from django.utils.translation import get_language

from center.connectivity.models import Integrity, NodeState
from center.fleet.drift import Standing, standings
from center.fleet.models import NodeRelease
from center.operations.models import Incident
from center.sites.models import Node
from center.web.enrolment_rows import DAY_MS, CertificateState, certificate_rows
from wire.warnings import WARNINGS

SHOWS: Final = ("", "drift", "old", "warns", "fault", "certificate")
TRYING: Final = frozenset({"fetching", "built", "trying"})
UNDER_WAY: Final = frozenset({"waiting", "trying"})
AS_WANTED: Final = UNDER_WAY | {"same", "unheard"}
"""Kinds of `center.fleet.drift` that ask nobody to do anything: the others are drift."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """How long the box's certificate still holds."""

    state: CertificateState
    days: int


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One box. `newest`: no box of the city runs a newer version than it."""

    node: Node
    state: str
    seen_ms: int | None
    version: str
    newest: bool
    release: NodeRelease | None
    config: Standing
    certificate: Certificate | None
    missing: int
    cloned: bool
    warnings: tuple[tuple[str, str], ...]

    @property
    def differs(self) -> bool:
        """It does not run what it should, or somebody changed something on the box itself."""
        return self.config.kind not in AS_WANTED


def fleet(now_ms: int) -> list[FleetRow]:
    """Every box in service, by the name of its site."""
    states = {one.node: one for one in NodeState.objects.all()}
    releases = {one.node: one for one in NodeRelease.objects.all()}
    certificates = {one.node.pk: one for one in certificate_rows(now_ms)}
    faults = dict(
        Integrity.objects.filter(kind="fault").values("node").annotate(many=Sum("count")).values_list("node", "many")
    )
    clones = set(Incident.objects.filter(kind="clone", resolved_ms=None).values_list("subject", flat=True))
    nodes = [one for one in Node.objects.select_related("site") if not one.retired]
    configs = {one.node: one for one in standings([node.pk for node in nodes])}
    newest = max((version_key(states[one.pk].version) for one in nodes if one.pk in states), default=())
    found = []
    for node in nodes:
        state, held = states.get(node.pk), certificates.get(node.pk)
        version = state.version if state else ""
        days = Certificate(held.state, max(0, held.expires_ms - now_ms) // DAY_MS) if held else None
        found.append(FleetRow(
            node, state.state if state else "UNKNOWN", state.last_seen_ms if state else None, version,
            version_key(version) == newest, releases.get(node.pk), configs[node.pk], days,
            faults.get(node.pk, 0), node.pk in clones, _warnings(state),
        ))  # fmt: skip
    return sorted(found, key=lambda row: (row.node.site.display_name.casefold(), row.node.pk))


def _warnings(state: NodeState | None) -> tuple[tuple[str, str], ...]:
    """(severity, title) of what the box warns about itself, faults first."""
    if state is None:
        return ()
    lang = "id" if (get_language() or "id").startswith("id") else "en"
    rules = [(code, WARNINGS.get(code)) for code in state.standing_warnings]
    told = [(rule.severity, rule.title(lang)) if rule else ("warning", code) for code, rule in rules]
    return tuple(sorted(told, key=lambda one: one[0] != "error"))


def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Orders versions as people mean it: 0.10.0 after 0.9.2; what is no number after what is."""
    parts = version.split("+", maxsplit=1)[0].replace("-", ".").split(".") if version else []
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts)


_CHOOSES: Final[dict[str, Callable[[FleetRow], bool]]] = {
    "drift": lambda row: row.differs,
    "old": lambda row: not row.newest,
    "warns": lambda row: bool(row.warnings),
    "fault": lambda row: bool(row.missing or row.cloned),
    "certificate": lambda row: row.certificate is not None and row.certificate.state not in {"good", "revoked"},
}
SORTS: Final[dict[str, Callable[[FleetRow], Any]]] = {
    "site": lambda row: (row.node.site.display_name.casefold(), row.node.pk),
    "version": lambda row: (version_key(row.version), row.node.pk),
    "config": lambda row: (not row.differs, row.config.revision, row.node.pk),
    "certificate": lambda row: (row.certificate.days if row.certificate else -1, row.node.pk),
    "warnings": lambda row: (-len(row.warnings), row.node.pk),
    "seen": lambda row: (row.seen_ms or 0, row.node.pk),
}


def chosen(rows: list[FleetRow], show: str, kecamatan: str, sort: str) -> list[FleetRow]:
    """What a filter leaves, in the order of a column."""
    kept = [row for row in rows if not kecamatan or row.node.site.kecamatan == kecamatan]
    if show in _CHOOSES:
        kept = [row for row in kept if _CHOOSES[show](row)]
    return sorted(kept, key=SORTS.get(sort, SORTS["site"]))


@dataclass(frozen=True, slots=True)
class Sums:
    """The fleet in figures."""

    boxes: int
    versions: list[tuple[str, int]]
    updating: int
    differing: int
    overridden: int
    trying: int
    shows: list[tuple[str, int]]


def sums(rows: list[FleetRow]) -> Sums:
    """Counted over all boxes; the newest version first."""
    versions = Counter(row.version for row in rows)
    return Sums(
        boxes=len(rows),
        versions=sorted(versions.items(), key=lambda one: version_key(one[0]), reverse=True),
        updating=sum(row.release is not None and row.release.state in TRYING for row in rows),
        differing=sum(row.differs for row in rows),
        overridden=sum(bool(row.config.overrides) for row in rows),
        trying=sum(row.config.kind in UNDER_WAY for row in rows),
        shows=[("", len(rows)), *((name, sum(map(fits, rows))) for name, fits in _CHOOSES.items())],
    )
