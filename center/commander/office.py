"""What the commander does in its one thread: answer a question, carry the book into the main database, sign."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from django.db import DataError, IntegrityError
from django.db import Error as AnyDatabaseError

from center.commander import known_keys, mirror, refused
from center.commander.book import Book, EditedError, Standing
from center.commander.dispatch import Dispatch
from center.commander.entries import Ordered
from center.commander.frames import Answer, Approve, Order, Question, Status, Stop
from center.commander.keys import FOLDER, KeyRing
from center.commander.ordering import Ordering, RefusedError
from center.ingest.generation import current_generation

log = logging.getLogger("center.commander")

LOOK_BACK_MS: Final = 86_400_000
"""At the start: whatever was ordered so recently is carried over once more."""
HOUR_MS: Final = 3_600_000


class Office:
    """`data`: the centre's data directory; Django works on its database. Not before keys and book are there."""

    def __init__(self, data: Path, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self.keys = KeyRing(data / FOLDER)
        self.keys.make(now_ms())
        self.book = Book(data / FOLDER)
        self.dispatch = Dispatch(self.book, self.keys)
        self._ordering = Ordering(
            self.book, self.keys, mirror.orderable, current_generation, mirror.newest_push, now_ms
        )
        recent: list[Ordered] = self.book.since("order", now_ms() - LOOK_BACK_MS)
        self._behind = {order.id for order in recent}

    def answer(self, question: Question) -> Answer:
        """Raises BookError, CommandKeyError, or a database's error: then nothing was ordered."""
        if isinstance(question, Status):
            return Answer(facts=self.facts())
        try:
            if b"\\u0000" in msgspec.json.encode(question):
                raise RefusedError("arguments", "a text with a zero in it")
            standing = self._ask(question)
        except RefusedError as error:
            refused.note(self.book, error.code, question.by, self._now_ms())
            log.info("commander-refused", extra={"code": error.code, "question": type(question).__name__})
            return Answer(error.code, error.detail[:500])
        self._behind.add(standing.order.id)
        detail = ""
        try:
            self._catch_up()
        except AnyDatabaseError as error:  # it stands in the book, and is carried over in a later round
            log.warning("commander-behind", extra={"operation": standing.order.id, "error": repr(error)[:200]})
            detail = "it stands; the database does not answer, and it begins as soon as that does"
        entries, head = self.book.head()
        fields = {"operation": standing.order.id, "command": standing.order.command, "nodes": len(standing.order.aims)}
        log.info("commander-wrote", extra={**fields, "entries": entries, "head": head})
        return Answer(operation=standing.order.id, detail=detail)

    def _ask(self, question: Order | Approve | Stop) -> Standing:
        if isinstance(question, Order):
            return self._ordering.order(question)
        return self._ordering.approve(question) if isinstance(question, Approve) else self._ordering.stop(question)

    def round(self) -> int:
        """One round of signing; how many were signed. Raises as `answer`."""
        self._catch_up()
        return self.dispatch.round(self._now_ms())

    def _catch_up(self) -> None:
        for operation in sorted(self._behind):
            try:
                standing = self.book.standing(operation)
                if standing is not None and standing.order.generation == current_generation():
                    mirror.carry_over(standing, self._now_ms())
            except (DataError, IntegrityError, EditedError):  # trying again will not help, and others wait behind it
                log.exception("commander-cannot-carry-over", extra={"operation": operation})
            self._behind.discard(operation)

    def facts(self) -> dict[str, str | int | float | bool | None]:
        """For Status: the keys and how many boxes know each, people, refusals of the last hour, the book's head."""
        now_ms, ring = self._now_ms(), self.keys.ring()
        other = ring.other
        boxes = known_keys.count(ring)
        entries, head = self.book.head()
        [(people,)] = self.book.rows("SELECT COUNT(*) FROM person")
        turned = refused.counted(self.book, now_ms - HOUR_MS)
        return {
            "key_id": ring.signing,
            "second_key_id": "" if other is None else other.id,
            "boxes": boxes.total,
            "boxes_knowing_key": boxes.knowing[ring.signing],
            "boxes_knowing_second_key": 0 if other is None else boxes.knowing[other.id],
            "people": int(people),
            "refusals_last_hour": sum(count for _, _, _, count, _ in turned),
            "not_in_book": self.dispatch.foreign,
            "entries": entries,
            "head": head,
        }
