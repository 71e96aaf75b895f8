"""Refusals, counted by the hour, reason and person: bounded, however many there are."""

from center.commander.book import MOST_REFUSALS, Book

HOUR_MS = 3_600_000
NOBODY = "-"


def note(book: Book, code: str, who: str, now_ms: int) -> None:
    """One more. Whoever is not known to the commander is nobody: names of strangers are not collected."""
    hour_ms = now_ms - now_ms % HOUR_MS
    with book.writing():
        name = who if book.rows("SELECT 1 FROM person WHERE name = ?", (who,)) else NOBODY
        book.run(
            "INSERT INTO refusal (hour_ms, code, who, count, last_ms) VALUES (?, ?, ?, 1, ?)"
            " ON CONFLICT (hour_ms, code, who) DO UPDATE SET count = count + 1, last_ms = excluded.last_ms",
            (hour_ms, code, name, now_ms),
        )
        book.run(
            "DELETE FROM refusal WHERE rowid IN (SELECT rowid FROM refusal ORDER BY last_ms DESC LIMIT -1 OFFSET ?)",
            (MOST_REFUSALS,),
        )


def counted(book: Book, since_ms: int) -> list[tuple[int, str, str, int, int]]:
    """(hour, code, who, how often, last time) from this moment on, newest first."""
    rows = book.rows(
        "SELECT hour_ms, code, who, count, last_ms FROM refusal WHERE last_ms >= ? ORDER BY last_ms DESC", (since_ms,)
    )
    return [(int(hour), str(code), str(who), int(count), int(last)) for hour, code, who, count, last in rows]
