"""Pushed configurations in the database as commander and worker leave them, and what boxes say of them."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.operations import add_operation
from tests.support.wall_city import now_ms

TOML = "[health]\ninterval_s = 60\n"


def add_push(
    nodes: Mapping[str, str], toml: str = TOML, per_node: Mapping[str, str] | None = None, **fields: Any
) -> int:
    """The next revision, ordered for these nodes (node -> state of its target), which are wanted to run it."""
    from center.fleet.models import ConfigPush
    from center.fleet.revisions import want
    from center.ingest.generation import current_generation

    newest = ConfigPush.objects.order_by("-revision").first()
    revision = newest.revision + 1 if newest else 1
    operation = add_operation("config", dict(nodes), state=fields.pop("state", "done"))
    values = {"made_by": "technician", "made_ms": now_ms() - 60_000, **fields}
    ConfigPush.objects.create(
        generation=current_generation(), revision=revision, toml=toml, per_node=json.dumps(dict(per_node or {})),
        operation=operation, **values,
    )  # fmt: skip
    want(current_generation(), revision, list(nodes))
    return revision


def runs(node: str, revision: int, state: str = "confirmed", **fields: Any) -> None:
    """What the node last said."""
    from center.fleet.models import NodeConfig
    from center.ingest.generation import current_generation

    for name in ("overrides", "problems"):
        if name in fields:
            fields[name] = json.dumps(fields[name])
    values = {"state": state, "revision": revision, "at_ms": now_ms(), **fields}
    values["generation"] = current_generation() if revision else ""
    NodeConfig.objects.update_or_create(node=node, defaults=values)
