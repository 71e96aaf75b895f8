"""Which nodes run what they should, and in which way the others do not."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from center.fleet.models import ConfigPush, NodeConfig
from center.operations.command_models import TARGET_FINAL, OperationTarget

KINDS: Final = ("same", "waiting", "trying", "reverted", "refused", "skipped", "other", "changed", "unheard")
"""same: as wanted. waiting: the order is under way. trying: on trial. reverted, refused: the box said no to what is
wanted. skipped: the roll-out ended before it. other: something else for no reason we know. changed: as wanted, and a
file on the box decides some keys. unheard: it never said what it runs."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One node. Revisions: 0 is its card. `kind` of `KINDS`."""

    node: str
    kind: str
    revision: int
    wanted: int
    state: str
    code: str
    detail: str
    problems: tuple[str, ...]
    overrides: tuple[str, ...]
    at_ms: int


def standings(nodes: Collection[str]) -> list[Standing]:
    """One per node, in their order."""
    rows = {one.node: one for one in NodeConfig.objects.filter(node__in=list(nodes))}
    targets = _targets(rows.values())
    return [_standing(node, rows.get(node), targets) for node in nodes]


def _standing(node: str, one: NodeConfig | None, targets: dict[tuple[str, int, str], str]) -> Standing:
    if one is None:
        return Standing(node, "unheard", 0, 0, "", "", "", (), (), 0)
    wanted = (one.wanted_generation, one.wanted_revision)
    overrides, problems = _texts(one.overrides), _texts(one.problems)
    kind = _kind(one, targets.get((*wanted, node), ""), bool(overrides))
    return Standing(
        node, kind, one.revision, one.wanted_revision, one.state, one.code, one.detail, problems, overrides, one.at_ms
    )


def _kind(one: NodeConfig, target: str, changed: bool) -> str:
    if one.state and (one.generation, one.revision) == (one.wanted_generation, one.wanted_revision):
        if one.state == "trying":
            return "trying"
        return "changed" if changed else "same"
    if target and target not in TARGET_FINAL:
        return "trying" if one.state == "trying" else "waiting"
    if target == "skipped":
        return "skipped"
    if one.state in ("reverted", "refused") and one.tried == one.wanted_revision:
        return str(one.state)
    return "other" if one.state else "unheard"


def _targets(rows: Collection[NodeConfig]) -> dict[tuple[str, int, str], str]:
    """(generation, revision, node) -> where the order of what is wanted stands."""
    wanted = {one.wanted_revision for one in rows if one.wanted_revision}
    pushes = {push.operation: push for push in ConfigPush.objects.filter(revision__in=wanted) if push.operation}
    found = OperationTarget.objects.filter(operation__in=list(pushes), node__in=[one.node for one in rows])
    return {
        (pushes[operation].generation, pushes[operation].revision, node): state
        for operation, node, state in found.values_list("operation_id", "node", "state")
    }


def _texts(text: str) -> tuple[str, ...]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(str(each) for each in found) if isinstance(found, list) else ()
