"""Which boxes an order is for: single ones, those of a kecamatan or of one kind, or all; and what they are called."""

from dataclasses import dataclass
from typing import Final

from center.connectivity.models import NodeState
from center.sites.models import Kind, Node, Site

HOWS: Final = ("nodes", "kecamatan", "kind", "all")
NAMED: Final = 5
"""So many boxes are named in a sentence; of more only the first, and how many there are."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box that may be chosen. `heard`: it is connected now."""

    id: str
    name: str
    kecamatan: str
    kind: str
    heard: bool


def boxes() -> list[Box]:
    """Every box in service, by kecamatan and name; those of none last."""
    states = dict(NodeState.objects.values_list("node", "state"))
    rows = Node.objects.select_related("site").filter(retired=False)
    found = [
        Box(one.pk, str(one.site.display_name), one.site.kecamatan, one.site.kind,
            states.get(one.pk) in {"UP", "DEGRADED", "MAINT"})
        for one in rows
    ]  # fmt: skip
    return sorted(found, key=lambda box: (not box.kecamatan, box.kecamatan, box.name.casefold(), box.id))


def chosen(every: list[Box], how: str, nodes: list[str], which: str, *, heard_only: bool) -> list[str]:
    """Ids of the boxes a choice means, in the order they are to go: offices, where most people wait, come last. Boxes
    chosen one by one are taken heard or not."""
    if how == "nodes":
        wanted = set(nodes)
        return [box.id for box in sorted(every, key=_late) if box.id in wanted]
    fits = [
        box
        for box in sorted(every, key=_late)
        if how == "all" or (how == "kecamatan" and box.kecamatan == which) or (how == "kind" and box.kind == which)
    ]
    return [box.id for box in fits if box.heard or not heard_only]


def _late(box: Box) -> int:
    return {Kind.CCTV.value: 0, Kind.KELURAHAN.value: 1}.get(box.kind, 2)


def kecamatans(every: list[Box]) -> list[str]:
    """The kecamatan that have a box."""
    return sorted({box.kecamatan for box in every if box.kecamatan})


def kinds(every: list[Box]) -> list[tuple[str, str]]:
    """The kinds of site that have a box, with their names."""
    there = {box.kind for box in every}
    return [(code, str(label)) for code, label in Kind.choices if code in there]


def names_of(nodes: list[str] | tuple[str, ...]) -> dict[str, str]:
    """What the sites of these boxes are called; a box nobody knows any more by its id."""
    rows = Site.objects.filter(nodes__in=list(nodes)).values_list("nodes", "short_name", "name")
    return dict.fromkeys(nodes, "") | {node: short or name for node, short, name in rows}


def listed(nodes: tuple[str, ...]) -> str:
    """The boxes by name; of many the first, and how many more."""
    names = names_of(nodes[:NAMED])
    first = ", ".join(names[node] or node for node in nodes[:NAMED])
    return first if len(nodes) <= NAMED else f"{first} +{len(nodes) - NAMED}"
