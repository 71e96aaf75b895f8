"""What a new configuration changes on each node, told once for all nodes it is the same for."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from center.core.toml_over import text_of
from center.fleet.models import ConfigPush, NodeConfig
from center.fleet.revisions import parts_of, text_for
from center.fleet.text_change import difference


@dataclass(frozen=True, slots=True)
class Change:
    """The same change for these nodes. `before` 0: the card alone; `known` False: nobody knows what they run.

    `lines`: a unified difference without its heads; empty when nothing changes.
    """

    nodes: tuple[str, ...]
    before: int
    known: bool
    lines: tuple[str, ...]


def changes(toml: str, per_node: Mapping[str, str], nodes: Collection[str]) -> list[Change]:
    """What changes, against what each node last said it runs; most nodes first. Raises ValueError for no TOML.

    Comments and the order of keys are no change.
    """
    said = {one.node: one for one in NodeConfig.objects.filter(node__in=list(nodes))}
    pushes = _pushes(said.values())
    grouped: dict[tuple[int, bool, tuple[str, ...]], list[str]] = {}
    for node in nodes:
        before, known, old = _running(node, said.get(node), pushes)
        new = plain(text_for(toml, per_node, node))
        grouped.setdefault((before, known, difference(old, new)), []).append(node)
    found = [Change(tuple(names), before, known, lines) for (before, known, lines), names in grouped.items()]
    return sorted(found, key=lambda one: (-len(one.nodes), one.nodes))


def plain(text: str) -> str:
    """The text without comments and with its blanks in order. Raises ValueError for no TOML."""
    tables = tomllib.loads(text)
    return text_of(tables) if tables else ""


def _running(node: str, one: NodeConfig | None, pushes: Mapping[tuple[str, int], ConfigPush]) -> tuple[int, bool, str]:
    """Revision, whether it is known what it holds, and its text for this node."""
    if one is None or not one.state:
        return 0, False, ""
    if not one.revision:
        return 0, True, ""
    push = pushes.get((one.generation, one.revision))
    if push is None:
        return one.revision, False, ""
    return one.revision, True, plain(text_for(push.toml, parts_of(push), node))


def _pushes(said: Collection[NodeConfig]) -> dict[tuple[str, int], ConfigPush]:
    numbers = {one.revision for one in said if one.revision}
    return {(push.generation, push.revision): push for push in ConfigPush.objects.filter(revision__in=numbers)}
