"""A commander in the test's own process: nodes that are connected, people with telephones, a clock the test moves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wire.keys import parse_keys
from wire.messages import Downlink, signed_bytes

START_MS = 1_790_000_000_000


class Desk:
    """`office` as the commander's process has it; `people`: name -> secret."""

    def __init__(self, data: Path, nodes: tuple[str, ...]) -> None:
        from center.commander.office import Office

        self.data = data
        self.now_ms = START_MS
        self.nodes = nodes
        self.people: dict[str, bytes] = {}
        for node in nodes:
            enrolled(node)
            born(node, f"nonce-{node}")
        self._numbers = 0
        self.office = Office(data, lambda: self.now_ms)

    def person(self, name: str) -> None:
        """Somebody with a telephone."""
        from center.commander import people

        self.people[name] = people.add(self.office.book, name, "test", self.now_ms)

    def code(self, name: str) -> str:
        """What the telephone shows now; thirty seconds later than the last time, so that it is another one."""
        from center.commander import agreeing

        self.now_ms += 31_000
        return agreeing.code_at(self.people[name], self.now_ms)

    def order(self, command: str, nodes: tuple[str, ...] | None = None, **fields: Any) -> Any:
        """The answer to an order with a key of its own."""
        from center.commander.frames import Order

        self._numbers += 1
        fields = {"key": f"k{self._numbers}", "by": "sari", **fields}
        return self.office.answer(Order(command=command, nodes=nodes or self.nodes, **fields))

    def restarted(self) -> None:
        """Another process of the commander on the same data."""
        from center.commander.office import Office

        self.office.book.close()
        self.office = Office(self.data, lambda: self.now_ms)

    def downlinks(self) -> list[Any]:
        """Everything owed to nodes, oldest first."""
        from center.operations.models import Downlink as Row

        return list(Row.objects.order_by("created_ms", "node"))

    def targets(self, operation: str) -> dict[str, str]:
        """Node -> state."""
        from center.operations.models import OperationTarget

        return dict(OperationTarget.objects.filter(operation=operation).values_list("node", "state"))

    def signed(self, operation: str) -> set[str]:
        """Nodes whose target has a downlink that verifies."""
        from center.operations.models import OperationTarget

        ids = set(OperationTarget.objects.filter(operation=operation).values_list("pk", flat=True))
        return {row.node for row in self.downlinks() if row.id in ids and self.verifies(row)}

    def waves(self, operation: str) -> list[int]:
        """Of its targets, in order."""
        from center.operations.models import OperationTarget

        return list(OperationTarget.objects.filter(operation=operation).values_list("wave", flat=True))

    def refusals(self) -> list[tuple[str, str, int]]:
        """(code, who, how often), newest first."""
        from center.commander import refused

        return [(code, who, count) for _, code, who, count, _ in refused.counted(self.office.book, 0)]

    def verifies(self, row: Any, node: str = "", leaf: str = "") -> bool:
        """Whether a node that pins command.pub takes this row as signed for it."""
        keys = parse_keys((self.data / "commander" / "command.pub").read_text())
        return row.key_id in keys and verified(keys[row.key_id], row, node or row.node, leaf or row.leaf)


def verified(public: bytes, row: Any, node: str, leaf: str) -> bool:
    """Whether the signature in a row of the downlink outbox is this key's, over exactly what travels."""
    import base64

    import msgspec

    down = Downlink(
        1, row.id, row.generation, row.created_ms, msgspec.Raw(row.body.encode()), row.nonce, row.expires_ms,
        row.key_id, row.signature,
    )  # fmt: skip
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            base64.b64decode(row.signature), signed_bytes(node, leaf, down)
        )
    except InvalidSignature:
        return False
    return True


def enrolled(node: str) -> None:
    """A node of the registry."""
    from center.sites.models import Node, Site

    site, _ = Site.objects.get_or_create(code=node, defaults={"name": node.upper(), "kind": "kel"})
    now = datetime.fromtimestamp(START_MS / 1000, UTC)
    Node.objects.update_or_create(
        pk=node,
        defaults={
            "site": site, "enrolled_at": now, "certificate_serial": "1", "sign_key": "",
            "certificate_expires_at": now + timedelta(days=365), "retired": False,
        },
    )  # fmt: skip


def born(node: str, nonce: str, born_ms: int = START_MS - 1000, hint: str = "online") -> None:
    """The node's session, as ingest writes it down."""
    from center.ingest.models import Presence

    Presence.objects.update_or_create(
        node=node, epoch="e1", defaults={"session": 1, "nonce": nonce, "hint": hint, "born_ms": born_ms}
    )


@contextmanager
def desk(data: Path, *nodes: str) -> Iterator[Desk]:
    """A desk over the database of `center_database`."""
    made = Desk(data, nodes)
    try:
        yield made
    finally:
        made.office.book.close()


def body_of(row: Any) -> dict[str, Any]:
    """What travels, read."""
    read: dict[str, Any] = json.loads(row.body)
    return read
