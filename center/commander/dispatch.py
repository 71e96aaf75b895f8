"""Signing what is due. The main database says who waits, for which session; the book says what is signed, if anything.

A target is signed when all of this holds:

1. Its row is due, or sent and not accepted, and its node is connected.
2. The book has an order with a target of this id, for this very node, of this generation of the database.
3. The order may run: a grave one was approved by a second person, none was cancelled, and its time is not over; nor is
   that of this node, which begins when it is signed for the first time.
4. The session's nonce is this node's alone.
5. Nothing good is with the node yet: not signed at all, for an older session, or about to expire.

It is written into the book first, then its downlink appears, which ingest publishes; only then its row is `sent`. Cut
in between, the next round signs again. What is in the rows and not in the book is counted, told once, and never signed.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import msgspec

from center.commander.bodies import body_of, named_keys
from center.commander.book import Book, EditedError, Standing
from center.commander.entries import Aim, Ordered, Signature, Signed
from center.commander.keys import KeyRing
from center.ingest.database import execute, select, write
from center.ingest.generation import current_generation
from wire import PROTOCOL_VERSION, codec
from wire.commands import COMMANDS, EXPIRES_AFTER_MS
from wire.errors import WireError
from wire.messages import Downlink, signed_bytes

log = logging.getLogger("center.commander")

RENEW_BEFORE_MS: Final = 2 * 60_000
SETTLE_MS: Final = 5_000
"""As `center.operations.downlink`: so long after a will that something live was heard, the node is connected."""
MOST_AT_ONCE: Final = 200
SLACK_MS: Final = 24 * 3_600_000
LONGEST_MS: Final = 30 * 86_400_000
MOST_KEPT: Final = 64
MOST_TOLD: Final = 1000

_WAITING = """
SELECT t.id, t.operation_id, t.node, p.nonce
FROM operations_operationtarget t
JOIN operations_operation o ON o.id = t.operation_id AND o.state IN ('running', 'paused')
JOIN ingest_presence p ON p.node = t.node
LEFT JOIN operations_downlink d ON d.id = t.id
WHERE t.state IN ('due', 'sent') AND t.due_ms <= %s
  AND p.born_ms = (SELECT MAX(newest.born_ms) FROM ingest_presence newest WHERE newest.node = t.node)
  AND (p.hint <> 'offline' OR p.live_ms > p.hint_ms + %s)
  AND p.nonce <> ''
  AND (d.id IS NULL OR (d.receipt_at_ms IS NULL AND (d.nonce <> p.nonce OR d.expires_ms < %s)))
ORDER BY t.due_ms, t.position LIMIT %s
"""
_DOWNLINK = """
INSERT INTO operations_downlink
    (id, node, leaf, body, generation, created_ms, published_ms, attempts, receipt_at_ms, outcome, nonce, expires_ms,
     key_id, signature)
VALUES (%s, %s, %s, %s, %s, %s, NULL, 0, NULL, '', %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET
    node = excluded.node, leaf = excluded.leaf, body = excluded.body, generation = excluded.generation,
    created_ms = excluded.created_ms, published_ms = NULL, attempts = 0, nonce = excluded.nonce,
    expires_ms = excluded.expires_ms, key_id = excluded.key_id, signature = excluded.signature
WHERE operations_downlink.receipt_at_ms IS NULL
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the main database: who waits, and the nonce of its session. Not believed beyond that."""

    id: str
    operation: str
    node: str
    nonce: str


@dataclass(frozen=True, slots=True)
class _Known:
    """An order as the book has it. `signed`: target -> when for the first time."""

    standing: Standing
    aims: dict[str, Aim]
    signed: dict[str, int]


class Dispatch:
    """Signs in rounds. For the one thread that has the databases."""

    def __init__(self, book: Book, keys: KeyRing) -> None:
        self._book = book
        self._keys = keys
        self._kept: OrderedDict[str, tuple[int, _Known]] = OrderedDict()
        self._told: set[str] = set()

    @property
    def foreign(self) -> int:
        """Rows that named something the book does not know, or nothing that can be signed, since the start."""
        return len(self._told)

    def round(self, now_ms: int) -> int:
        """Sign what is due; how many there were. Raises BookError, CommandKeyError, or a database's error."""
        parameters = (now_ms, SETTLE_MS, now_ms + RENEW_BEFORE_MS, MOST_AT_ONCE)
        waiting = [Waiting(*row) for row in select(_WAITING, parameters)]
        if not waiting:
            return 0
        generation = current_generation()
        shared = _shared_nonces({one.nonce for one in waiting})
        ready: dict[str, list[tuple[Waiting, Ordered, Aim]]] = {}
        for one in waiting:
            found = self._in_book(one, generation, now_ms)
            if found is not None and one.nonce not in shared:
                ready.setdefault(found[0].id, []).append((one, *found))
        for operation, group in ready.items():
            self._sign(operation, group, now_ms)
        return sum(map(len, ready.values()))

    def _in_book(self, row: Waiting, generation: str, now_ms: int) -> tuple[Ordered, Aim] | None:
        try:
            known = self._known(row.operation)
        except EditedError as error:
            self._tell(row, "commander-book-edited", str(error))
            return None
        aim = known.aims.get(row.id) if known is not None else None
        if known is None or aim is None or aim.node != row.node:
            self._tell(row, "commander-not-in-book")
            return None
        order = known.standing.order
        over = now_ms >= min(_last_ms(known.standing), _last_of_target_ms(order, known.signed.get(row.id, now_ms)))
        if not known.standing.may_run or order.generation != generation or over:
            return None
        if order.command == "keys" and named_keys(order, aim) != {held.public for held in self._keys.ring().keys}:
            return None  # of before a later step: a key that is gone by now is not trusted again
        return order, aim

    def _known(self, operation: str) -> "_Known | None":
        """From memory while nothing was written to the book since."""
        entries, _ = self._book.head()
        kept = self._kept.get(operation)
        if kept is not None and kept[0] == entries:
            return kept[1]
        standing = self._book.standing(operation)
        if standing is None:
            return None
        aims = {aim.id: aim for aim in standing.order.aims}
        known = _Known(standing, aims, self._book.first_signed(operation))
        self._kept[operation] = (entries, known)
        self._kept.move_to_end(operation)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return known

    def _tell(self, row: Waiting, event: str, error: str = "") -> None:
        if row.id not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(row.id)
            fields = {"target": row.id[:36], "operation": row.operation[:36], "node": row.node[:64]}
            log.warning(event, extra={**fields, "error": error[:300]} if error else fields)

    def _sign(self, operation: str, group: list[tuple[Waiting, Ordered, Aim]], now_ms: int) -> None:
        made = [self._signed(one, order, aim, now_ms) for one, order, aim in group]
        whole = [each for each in made if each is not None]
        if not whole:
            return
        with self._book.writing():
            signatures = tuple(
                Signature(down.id, node, down.nonce, down.expires_ms, down.key_id) for node, _, down in whole
            )
            self._book.append("sign", operation, Signed(operation, signatures), now_ms)

        def hand_out() -> None:
            for node, leaf, down in whole:
                row = (down.id, node, leaf, bytes(down.body).decode(), down.generation, down.created_ms, down.nonce,
                       down.expires_ms, down.key_id, down.signature)  # fmt: skip
                execute(_DOWNLINK, row)

        write(hand_out)

    def _signed(self, row: Waiting, order: Ordered, aim: Aim, now_ms: int) -> tuple[str, str, Downlink] | None:
        try:
            body = msgspec.Raw(body_of(order, aim))
            leaf = COMMANDS[order.command].leaf
            expires_ms = min(now_ms + EXPIRES_AFTER_MS, LONGEST_MS + order.at_ms)
            bare = Downlink(PROTOCOL_VERSION, aim.id, order.generation, now_ms, body, row.nonce, expires_ms)
            key, signature = self._keys.sign(signed_bytes(aim.node, leaf, bare))
            down = msgspec.structs.replace(bare, key_id=key, signature=signature)
            codec.encode(down)
        except WireError as error:
            self._tell(row, "commander-cannot-sign", str(error))
            return None
        return aim.node, leaf, down


def _last_ms(standing: Standing) -> int:
    """Until when an order is signed at all: as long as its waves may take, and a day; never more than thirty."""
    order = standing.order
    kind = COMMANDS.get(order.command)
    if kind is None:
        return 0
    begun_ms = standing.approved.at_ms if standing.approved is not None else order.at_ms
    waves = max((aim.wave for aim in order.aims), default=1)
    most_s = waves * (kind.deliver_s + kind.deadline_s + order.roll.pause_s)
    return begun_ms + min(most_s * 1000 + SLACK_MS, LONGEST_MS)


def _last_of_target_ms(order: Ordered, first_ms: int) -> int:
    """Until when a node is signed for again: as long as it is waited for (`Kind.deliver_s`), and one signature's time.

    A box remembers what it did, though not for ever: rows that call a command due again, long after it was carried out,
    must not bring it about.
    """
    kind = COMMANDS.get(order.command)
    return 0 if kind is None else first_ms + kind.deliver_s * 1000 + EXPIRES_AFTER_MS


def _shared_nonces(nonces: set[str]) -> set[str]:
    """Those that more than one node claims as its session's: one of them is not true."""
    marks = ", ".join(["%s"] * len(nonces))
    sql = f"SELECT nonce FROM ingest_presence WHERE nonce IN ({marks}) GROUP BY nonce HAVING COUNT(DISTINCT node) > 1"  # noqa: S608
    return {row[0] for row in select(sql, tuple(nonces))}
