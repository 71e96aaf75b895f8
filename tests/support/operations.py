"""Operations in the database as commander and worker leave them, for tests of pages and for screenshots."""

import json
import uuid
from typing import Any

from tests.support.wall_city import now_ms

BEGUN = ("sent", "accepted", "running", "done", "failed", "rejected")
TAKEN = ("accepted", "running", "done", "failed")
ENDED = ("done", "failed", "rejected", "expired", "skipped")


def add_operation(command: str, nodes: dict[str, str], state: str = "running", **fields: Any) -> str:
    """One operation with its nodes in these states; its id. `fields` are columns of Operation."""
    from center.operations.models import Operation, OperationTarget

    made_ms = fields.pop("made_ms", now_ms() - 60_000)
    values = {"made_by": "technician", "made_ms": made_ms, "arguments": "{}", **fields}
    one = Operation.objects.create(id=str(uuid.uuid4()), command=command, state=state, **values)
    OperationTarget.objects.bulk_create(
        OperationTarget(
            id=str(uuid.uuid4()), operation=one, node=node, position=place, state=each,
            due_ms=None if each == "queued" else made_ms + 500, sent_ms=made_ms + 1_000 if each in BEGUN else None,
            accepted_ms=made_ms + 1_400 if each in TAKEN else None, ended_ms=made_ms + 9_000 if each in ENDED else None,
            by_node=each in {"done", "failed", "rejected"},
        )
        for place, (node, each) in enumerate(nodes.items())
    )  # fmt: skip
    return one.pk


def tell(operation: str, node: str, state: str, text: str = "", **fields: Any) -> str:
    """A node's word as the worker takes it over: row, output and change in one transaction. The target's id."""
    from django.db import transaction

    from center.ingest.changes import record_change
    from center.operations.models import OperationOutput, OperationTarget

    result = {"result": json.dumps(fields.pop("result"))} if "result" in fields else {}
    with transaction.atomic():
        target = OperationTarget.objects.get(operation=operation, node=node)
        ended = {"ended_ms": now_ms(), "by_node": True} if state in ENDED else {}
        OperationTarget.objects.filter(pk=target.pk).update(**{"state": state, **ended, **result, **fields})
        if text:
            part = OperationOutput.objects.filter(target=target).count() + 1
            OperationOutput.objects.create(target=target, part=part, text=text)
        record_change("operation", operation)
    return target.pk
