"""Whether the book is as it was written: every entry's hash, its numbers, its order, and what else lies beside it."""

import hashlib

import msgspec

from center.commander.book import FIRST_HASH, Book, Entry, Problem, hash_of
from center.commander.entries import Approved, Ordered, Person, decode

MOST_PROBLEMS = 100


def audit(book: Book) -> list[Problem]:
    """What is wrong, oldest first; empty when nothing is. Words:

    number      an entry is missing, or one was put in
    hash        an entry was changed, or one before it
    body        an entry cannot be read
    approval    approved by who made it, or nothing of that name was ordered before
    secret      a person's secret is not the one that was given out, or nobody was given one
    key         an order cannot be found under its key
    """
    problems: list[Problem] = []
    checker = _Checker(problems)
    after = 0
    while batch := book.entries(after):
        for entry in batch:
            checker.look(entry)
        after = batch[-1].n
        if len(problems) >= MOST_PROBLEMS:
            break
    checker.people(dict(book.rows("SELECT name, secret FROM person")))
    checker.keys(dict(book.rows("SELECT asked.n, asked.key FROM asked")))
    return problems[:MOST_PROBLEMS]


class _Checker:
    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._last = 0
        self._hash = FIRST_HASH
        self._orders: dict[str, tuple[int, Ordered]] = {}
        self._secrets: dict[str, str] = {}

    def look(self, entry: Entry) -> None:
        if entry.n != self._last + 1:
            self._problems.append(Problem(entry.n, "number"))
        if hash_of(self._hash, entry) != entry.hash:
            self._problems.append(Problem(entry.n, "hash"))
        self._last, self._hash = entry.n, entry.hash
        try:
            body = decode(entry.kind, entry.body)
        except (msgspec.MsgspecError, KeyError):
            self._problems.append(Problem(entry.n, "body"))
            return
        if isinstance(body, Ordered):
            self._orders[body.id] = (entry.n, body)
        elif isinstance(body, Approved):
            _, order = self._orders.get(body.operation, (0, None))
            if order is None or order.by == body.by:
                self._problems.append(Problem(entry.n, "approval"))
        elif isinstance(body, Person) and entry.kind != "person-unlock":
            self._secrets[body.name] = body.secret_sha256 if entry.kind == "person-add" else ""

    def people(self, secrets: dict[str, bytes]) -> None:
        for name, secret in secrets.items():
            if self._secrets.get(name) != hashlib.sha256(secret).hexdigest():
                self._problems.append(Problem(0, "secret"))

    def keys(self, asked: dict[int, str]) -> None:
        for n, order in self._orders.values():
            if asked.get(n) != order.key:
                self._problems.append(Problem(n, "key"))
