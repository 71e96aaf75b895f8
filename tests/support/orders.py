"""Operations as the commander leaves them in the main database: rows, first wave due, and signed messages."""

import json
import uuid
from collections.abc import Sequence

from tests.support.arrivals import RECEIVED
from tests.support.fleet import NODE

MINUTES = 60_000


def order(nodes: Sequence[str] = (NODE,), command: str = "ping", state: str = "running", **columns: object) -> str:
    """One operation with all its nodes queued; its id. `columns` of the operation."""
    from center.operations.command_models import Operation, OperationTarget

    plain = {"id": str(uuid.uuid4()), "arguments": json.dumps({"host": "10.0.0.1"}), "made_by": "siti"}
    made = Operation.objects.create(command=command, state=state, **{**plain, "made_ms": RECEIVED, **columns})
    OperationTarget.objects.bulk_create(
        OperationTarget(id=str(uuid.uuid4()), operation=made, node=node, position=position)
        for position, node in enumerate(nodes)
    )
    return made.pk


def target_of(operation: str, node: str = NODE) -> str:
    """The id that everything about this node's part of the operation has."""
    from center.operations.command_models import OperationTarget

    return OperationTarget.objects.get(operation=operation, node=node).pk


def set_target(target: str, **columns: object) -> None:
    """Put a target where a test wants it."""
    from center.operations.command_models import OperationTarget

    assert OperationTarget.objects.filter(pk=target).update(**columns) == 1


def sign(target: str, nonce: str = "nonce", expires_ms: int = RECEIVED + 15 * MINUTES, leaf: str = "command") -> None:
    """The row the commander makes, or makes anew, for a target that is due; the signature is only a text here."""
    from center.operations.command_models import OperationTarget
    from center.operations.models import Downlink

    row = OperationTarget.objects.select_related("operation").get(pk=target)
    body = {"name": row.operation.command, "arguments": json.loads(row.operation.arguments)}
    Downlink.objects.update_or_create(
        id=target,
        defaults={
            "node": row.node, "leaf": leaf, "body": json.dumps(body), "generation": "g1", "created_ms": RECEIVED,
            "nonce": nonce, "expires_ms": expires_ms, "key_id": "0" * 16, "signature": f"signed-for-{nonce}",
            "published_ms": None,
        },
    )  # fmt: skip


def states(operation: str) -> list[str]:
    """The states of its nodes in their order."""
    from center.operations.command_models import OperationTarget

    return list(
        OperationTarget.objects.filter(operation=operation).order_by("position").values_list("state", flat=True)
    )
