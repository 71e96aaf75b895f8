"""The centre's downlink outbox: what a node is owed stays here until that node's receipt closes it.

Any ingest worker publishes what is due, claimed by a conditional update so that one of them does. Due is:

* never published, and the node is connected;
* published before the node's newest birth (it may have been away: a new session is told again at once);
* published, connected, and unanswered for a minute, doubling up to about an hour.

A repeat is harmless by protocol: the node answers it with another receipt and does not act twice.

A command or a configuration is due only as the commander signed it: to the session whose nonce it names, until it
expires, while its operation goes on and its node has neither accepted it nor been given up. One without a signature
is never published. Publishing it makes its target `sent`, in one transaction.
"""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from center.ingest.changes import record_changes
from center.ingest.database import execute, execute_many, select, write
from center.ingest.generation import current_generation
from center.operations.models import Downlink
from wire import PROTOCOL_VERSION, codec, topics
from wire import messages as wire_messages

LEAVES = tuple(leaf for leaf in topics.DOWN_LEAVES if leaf != "ack")
_AGAIN_MS = 30_000
_SETTLE_MS = 5_000

_WANTED = """EXISTS (
  SELECT 1 FROM operations_operationtarget t JOIN operations_operation o ON o.id = t.operation_id
  WHERE t.id = d.id AND t.node = d.node AND t.state IN ('due', 'sent') AND o.state IN ('running', 'paused'))"""
_DUE = f"""
SELECT d.id, d.node, d.leaf, d.body, d.generation, d.created_ms, d.published_ms,
  d.nonce, d.expires_ms, d.key_id, d.signature
FROM operations_downlink d JOIN ingest_presence p ON p.node = d.node
WHERE d.receipt_at_ms IS NULL
  AND p.born_ms = (SELECT MAX(newest.born_ms) FROM ingest_presence newest WHERE newest.node = d.node)
  AND (p.hint <> 'offline' OR p.live_ms > p.hint_ms + %s)
  AND (d.published_ms IS NULL OR p.born_ms > d.published_ms
       OR d.published_ms < %s - %s * (1 << (CASE WHEN d.attempts > 7 THEN 7 ELSE d.attempts END)))
  AND (d.leaf NOT IN ('command', 'config') OR (
    d.signature <> '' AND d.nonce <> '' AND d.nonce = p.nonce AND d.expires_ms > %s AND {_WANTED}))
ORDER BY d.created_ms LIMIT 200
"""  # noqa: S608 - fixed texts
_SENT = "UPDATE operations_operationtarget SET state = 'sent', sent_ms = %s WHERE id = %s AND state = 'due'"
_WITHDRAWN = (
    "UPDATE operations_downlink SET receipt_at_ms = %s, outcome = 'withdrawn' WHERE id = %s AND receipt_at_ms IS NULL"
)
_OF_TARGET = "SELECT operation_id FROM operations_operationtarget WHERE id = %s"


@dataclass(frozen=True, slots=True)
class DueDownlink:
    """One message to publish now."""

    id: str
    node: str
    leaf: str
    body: str
    generation: str
    created_ms: int
    published_ms: int | None
    nonce: str = ""
    expires_ms: int = 0
    key_id: str = ""
    signature: str = ""

    @property
    def topic(self) -> str:
        """Where it goes."""
        return topics.down(self.node, self.leaf)

    def payload(self) -> bytes:
        """As it goes onto the wire."""
        return codec.encode(
            wire_messages.Downlink(
                PROTOCOL_VERSION,
                self.id,
                self.generation,
                self.created_ms,
                msgspec.Raw(self.body.encode()),
                self.nonce,
                self.expires_ms,
                self.key_id,
                self.signature,
            )
        )


def queue(node: str, leaf: str, body: msgspec.Struct) -> str:
    """Owe a node one message (`wire.bodies` Reply, Notice, ...) in the caller's transaction; returns its id.

    Raises:
        WireError: the body is not what travels on this leaf, or the node or leaf does not exist.
    """
    encoded = msgspec.json.encode(body)
    codec.decode_downlink_body(leaf, encoded)
    topics.down(node, leaf)
    row = Downlink.objects.create(
        id=str(uuid.uuid4()),
        node=node,
        leaf=leaf,
        body=encoded.decode(),
        generation=current_generation(),
        created_ms=int(time.time() * 1000),
    )
    return row.id


def due(now_ms: int) -> list[DueDownlink]:
    """What should be published now, oldest first. Reads only."""
    return [DueDownlink(*row) for row in select(_DUE, (_SETTLE_MS, now_ms, _AGAIN_MS, now_ms))]


def claim(downlink: DueDownlink, now_ms: int) -> bool:
    """Take on publishing it; False when another worker was quicker, the receipt has come, or it was signed anew or
    withdrawn meanwhile. Commits."""
    if not downlink.signature:
        return _claimed(downlink, now_ms)

    def take() -> bool:
        if not _claimed(downlink, now_ms, f"AND {_WANTED}"):
            return False
        if execute(_SENT, (now_ms, downlink.id)):
            record_changes([("operation", str(select(_OF_TARGET, (downlink.id,))[0][0]))])
        return True

    return write(take)


def _claimed(downlink: DueDownlink, now_ms: int, also: str = "") -> bool:
    before = "d.published_ms IS NULL" if downlink.published_ms is None else "d.published_ms = %s"
    sql = (
        "UPDATE operations_downlink AS d SET published_ms = %s, attempts = attempts + 1 "  # noqa: S608 - fixed texts
        f"WHERE d.id = %s AND d.receipt_at_ms IS NULL AND d.signature = %s AND {before} {also}"
    )
    known = [] if downlink.published_ms is None else [downlink.published_ms]
    return execute(sql, [now_ms, downlink.id, downlink.signature, *known]) == 1


def withdraw(ids: Iterable[str], at_ms: int) -> None:
    """Nothing of these is sent from now on, whatever was. In the caller's transaction."""
    execute_many(_WITHDRAWN, [(at_ms, one) for one in ids])


def close(downlink_id: str, node: str, outcome: str, at_ms: int) -> bool:
    """The node's receipt: stop offering it. False when it is unknown, another node's, or closed already."""
    sql = (
        "UPDATE operations_downlink SET receipt_at_ms = %s, outcome = %s "
        "WHERE id = %s AND node = %s AND receipt_at_ms IS NULL"
    )
    return execute(sql, (at_ms, outcome, downlink_id, node)) == 1
