"""The verdict by content: what callers were told is accepted, against what the centre can open with the city's key."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.support.voice_caller import Book
from tests.support.voice_desk import Desk

SHOWN = 5


@dataclass
class Verdict:
    """Counts of what was found; `problems` says what, a line each."""

    accepted: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    photos: int = 0
    lost: int = 0
    """Told accepted, and not at the centre."""
    altered: int = 0
    """There, with other content, code or PIN than the caller knows."""
    doubled: int = 0
    """There more than once, by identity or by content."""
    invented: int = 0
    """There, and nobody said it."""
    unanswered: int = 0
    """Said, never told, and there: allowed once, as the caller may yet ask again; counted for information."""
    repeats: int = 0
    """Answered voices handed in again which got the very same ticket."""
    answers: int = 0
    """Answers of the city opened at the kiosk with code and PIN."""
    problems: list[str] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        """Whether something that is owed is not there, or not whole: more time could still help."""
        return bool(self.lost or self.altered)

    @property
    def good(self) -> bool:
        """Every promise held."""
        return not (self.lost or self.altered or self.doubled or self.invented or self.problems)


def judge(books: Iterable[Book], desk: Desk) -> Verdict:
    """Compare. Nobody may be talking any more."""
    books = list(books)
    verdict = Verdict(photos=desk.photos, repeats=sum(book.again for book in books))
    verdict.problems += desk.problems[:SHOWN] + [line for book in books for line in book.broken][:SHOWN]
    told = {entry["id"]: entry for book in books for entry in book.told.values()}
    if len(told) != sum(len(book.told) for book in books):
        verdict.problems.append("two voices were given the same ticket")
    verdict.accepted = len(told)
    verdict.kinds = Counter(entry["kind"] for entry in told.values())
    for request_id, entry in told.items():
        _one(verdict, entry, desk.by_id.get(request_id, []))
    owed = Counter(_key(voice.content) for book in books for voice in book.owed)
    for request_id, rows in desk.by_id.items():
        if request_id in told:
            continue
        for held in rows:
            if owed[_key(held.content)] > 0:
                owed[_key(held.content)] -= 1
                verdict.unanswered += 1
            else:
                verdict.invented += 1
                verdict.problems.append(f"nobody said {request_id}: {_short(held.content)}")
    _equal_content(verdict, desk)
    return verdict


def _one(verdict: Verdict, entry: dict[str, Any], rows: list[Any]) -> None:
    if not rows:
        verdict.lost += 1
        verdict.problems.append(f"lost: {entry['kind']} {entry['id']} {_short(entry['content'])}")
        return
    verdict.doubled += len(rows) - 1
    for held in rows:
        if (held.code, held.pin, held.content) != (entry["code"], entry["pin"], entry["content"]):
            verdict.altered += 1
            what = [name for name in ("code", "pin") if getattr(held, name) != entry[name]]
            what += [name for name, value in entry["content"].items() if held.content.get(name) != value]
            what += [name for name in held.content if name not in entry["content"]]
            verdict.problems.append(f"altered: {entry['kind']} {entry['id']}: {', '.join(what)}")


def _equal_content(verdict: Verdict, desk: Desk) -> None:
    """Texts and pictures are never the same twice (nine taps may be)."""
    said = Counter(held.content["text"] for rows in desk.by_id.values() for held in rows if "text" in held.content)
    seen = Counter(number for rows in desk.by_id.values() for held in rows for number in held.content.get("photos", ()))
    for what, count in (*said.items(), *seen.items()):
        if count > 1:
            verdict.doubled += count - 1
            verdict.problems.append(f"{count} times: {str(what)[:40]}")


def _key(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True)


def _short(content: dict[str, Any]) -> str:
    return str(content.get("text", content))[:40]
