"""The people who may order: they live in the book alone, not among the accounts of the pages.

Whoever has the pages' database can make an account there, but not a person here. Names are those of the accounts.
"""

import hashlib
import re
from dataclasses import asdict, dataclass

import msgspec

from center.commander import agreeing
from center.commander.book import Book
from center.commander.entries import Person
from center.core.guess_limits import Tries, locked_ms, tried
from center.errors import CenterError

_NAME = re.compile(r"[\w.@+-]{1,150}")
"""What an account may be called (Django's own rule)."""


@dataclass(frozen=True, slots=True)
class Known:
    """One person. `locked_ms`: for so long no code of theirs is looked at."""

    name: str
    added_ms: int
    locked_ms: int


def add(book: Book, name: str, by: str, now_ms: int) -> bytes:
    """Make a person known; their secret, which is shown once. CenterError when there is one of that name already."""
    if not _NAME.fullmatch(name):
        raise CenterError(f"{name!r} is not the name of an account", f"{name!r} bukan nama akun")
    secret = agreeing.new_secret()
    with book.writing():
        if book.rows("SELECT 1 FROM person WHERE name = ?", (name,)):
            raise CenterError(
                f"{name} is known already; remove first to give a new secret: sandi-center commander person remove",
                f"{name} sudah dikenal; hapus dulu untuk memberi rahasia baru: sandi-center commander person remove",
            )
        book.append("person-add", name, Person(name, by, hashlib.sha256(secret).hexdigest()), now_ms)
        book.run("INSERT INTO person (name, secret, added_ms) VALUES (?, ?, ?)", (name, secret, now_ms))
    return secret


def remove(book: Book, name: str, by: str, now_ms: int) -> None:
    """Their codes open nothing any more. CenterError when nobody has this name."""
    with book.writing():
        if not book.run("DELETE FROM person WHERE name = ?", (name,)):
            raise CenterError(f"nobody is called {name} here", f"tidak ada yang bernama {name} di sini")
        book.append("person-remove", name, Person(name, by), now_ms)


def unlock(book: Book, name: str, by: str, now_ms: int) -> None:
    """Wrong codes so far count no more: somebody else may have typed them. CenterError when nobody has this name."""
    with book.writing():
        if not book.run("UPDATE person SET tries = '{}' WHERE name = ?", (name,)):
            raise CenterError(f"nobody is called {name} here", f"tidak ada yang bernama {name} di sini")
        book.append("person-unlock", name, Person(name, by), now_ms)


def known(book: Book, now_ms: int) -> list[Known]:
    """All of them, by name."""
    rows = book.rows("SELECT name, added_ms, tries FROM person ORDER BY name")
    return [Known(name, added, locked_ms(_tries(tries), agreeing.GUESSES, now_ms)) for name, added, tries in rows]


def agrees(book: Book, name: str, code: str, now_ms: int) -> str:
    """Whether this code is the person's own: "" (it is used up now), or the refusal `person` or `otp`.

    In the caller's transaction, with what the code was for: a code serves once and a guess counts, whatever is cut.
    """
    rows = book.rows("SELECT secret, last_step, tries FROM person WHERE name = ?", (name,))
    if not rows:
        return "person"
    secret, last_step, text = rows[0]
    tries = _tries(text)
    if not code or locked_ms(tries, agreeing.GUESSES, now_ms):
        return "otp"
    step = agreeing.step_of(secret, code, now_ms, last_step)
    if step is None:
        counted = _text(tried(tries, agreeing.GUESSES, now_ms))
        book.run("UPDATE person SET tries = ? WHERE name = ?", (counted, name))
        return "otp"
    book.run("UPDATE person SET last_step = ?, tries = '{}' WHERE name = ?", (step, name))
    return ""


def _tries(text: str) -> Tries:
    return msgspec.json.decode(text, type=Tries)


def _text(tries: Tries) -> str:
    return msgspec.json.encode(asdict(tries)).decode()
