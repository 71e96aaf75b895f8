"""From the book into the main database: the rows pages show and the worker moves on. Can be done again at any time.

What follows from a stop for each node, the worker writes (`center.operations.rolling`).
Nothing here is believed when something is signed; the rows say when a node is due, the book says what for.
"""

import json
from collections.abc import Collection

from django.db.models import Max

from center.commander.book import Standing
from center.commander.entries import Ordered
from center.commander.ordering import APPROVE_WITHIN_MS
from center.fleet.models import ConfigPush
from center.fleet.revisions import want
from center.ingest.changes import record_changes
from center.ingest.database import write
from center.operations.command_models import OVER, Operation, OperationTarget
from center.sites.models import Node


def carry_over(standing: Standing, now_ms: int) -> None:
    """Bring the rows of one operation to where the book stands. Raises a database's error."""

    def work() -> None:
        found = Operation.objects.select_for_update().filter(pk=standing.order.id).first()
        changed = found is None
        operation = found or _made(standing)
        changed |= _approved(operation, standing, now_ms)
        changed |= _stopped(operation, standing)
        if changed:
            record_changes([("operation", operation.id)], now_ms)

    write(work)


def _made(standing: Standing) -> Operation:
    order = standing.order
    grave = order.gravity == "grave"
    operation = Operation.objects.create(
        id=order.id, command=order.command, arguments=json.dumps(order.arguments), note=order.note,
        state="waiting" if grave else "running", made_by=order.by, made_ms=order.at_ms,
        lapses_ms=order.at_ms + APPROVE_WITHIN_MS if grave else None, canary=order.roll.canary,
        batch_size=order.roll.batch_size, abort_pct=order.roll.abort_pct, pause_s=order.roll.pause_s,
        wave=0 if grave else 1,
    )  # fmt: skip
    OperationTarget.objects.bulk_create([
        OperationTarget(
            id=aim.id, operation=operation, node=aim.node, position=place, wave=aim.wave,
            arguments=json.dumps(aim.over) if aim.over else "",
            state="due" if aim.wave == 1 and not grave else "queued",
            due_ms=order.at_ms if aim.wave == 1 and not grave else None,
        )
        for place, aim in enumerate(order.aims)
    ])  # fmt: skip
    if order.revision:
        _push(order)
    return operation


def _push(order: Ordered) -> None:
    want(order.generation, order.revision, [aim.node for aim in order.aims])
    ConfigPush.objects.get_or_create(
        generation=order.generation,
        revision=order.revision,
        defaults={
            "toml": order.toml, "per_node": json.dumps(order.per_node), "confirm_within_s": order.confirm_within_s,
            "operation": order.id, "note": order.note, "made_by": order.by, "made_ms": order.at_ms,
        },
    )  # fmt: skip


def _approved(operation: Operation, standing: Standing, now_ms: int) -> bool:
    said = standing.approved
    if said is None or operation.state not in {"waiting", "lapsed"}:
        return False
    operation.state, operation.second_by, operation.second_ms, operation.wave = "running", said.by, said.at_ms, 1
    operation.ended_ms = None
    operation.save(update_fields=("state", "second_by", "second_ms", "wave", "ended_ms"))
    rows = OperationTarget.objects.filter(operation=operation)
    rows.filter(state="skipped").update(
        state="queued", code="", ended_ms=None
    )  # the word came in time, the row did not
    rows.filter(wave=1, state="queued").update(state="due", due_ms=now_ms)
    return True


def _stopped(operation: Operation, standing: Standing) -> bool:
    if operation.state in OVER:
        return False
    if (said := standing.cancelled) is not None:
        operation.state, operation.ended_by, operation.ended_ms = "cancelled", said.by, said.at_ms
        operation.save(update_fields=("state", "ended_by", "ended_ms"))
        return True
    wanted = "paused" if standing.paused else "running"
    if not standing.stops or operation.state not in {"running", "paused"} or operation.state == wanted:
        return False
    operation.state = wanted
    operation.save(update_fields=("state",))
    return True


def orderable(nodes: Collection[str]) -> set[str]:
    """Of these nodes, those that are enrolled and not retired."""
    return set(Node.objects.filter(pk__in=nodes, retired=False).values_list("pk", flat=True))


def newest_push(generation: str) -> int:
    """The highest revision of this generation that the main database knows."""
    newest = ConfigPush.objects.filter(generation=generation).aggregate(newest=Max("revision"))["newest"]
    return int(newest or 0)
