"""What of an archive tells most, as text: for whoever asked for it from afar and cannot have the file itself."""

from collections.abc import Iterable
from typing import Final

from agent.bundle.pieces import Piece
from agent.core.redact import Redactor

ORDER: Final = (
    *("config-problems.txt", "remains.json", "status.json", "diagnose.json", "outbox.json", "log.txt"),
    *("network/addresses.json", "network/routes.json", "network/neighbours.json", "system/meminfo.txt"),
    *("system/df.txt", "system/throttled.txt", "versions.json", "config.json", "outbox_ledger.json", "kernel.txt"),
)
"""The first have a question's answer most often; what is not named here is in the file alone."""
LARGEST_SHARE: Final = 0.4
"""Of the room, for one piece: a long log leaves the others theirs."""


def excerpt(pieces: Iterable[Piece], redactor: Redactor, most_bytes: int) -> str:
    """Pieces in `ORDER`, redacted as in the archive, each under its name; at most `most_bytes` as UTF-8.

    Of a piece that is longer than its share the end is shown where it is a log, else the beginning, and it says so.
    """
    known = {piece.name: piece for piece in pieces}
    told, left = list[str](), most_bytes
    for name in ORDER:
        if name not in known:
            continue
        text = redactor.text(known[name].text).rstrip() + "\n"
        if redactor.holds_secret(text):
            continue
        head = f"== {name}\n"
        room = min(left - len(head) - 8, int(most_bytes * LARGEST_SHARE))
        if room < 200:
            break
        part = head + _cut(text, room, at_end=name.endswith(".txt"))
        told.append(part)
        left -= len(part.encode())
    return "".join(told)


def _cut(text: str, most_bytes: int, *, at_end: bool) -> str:
    content = text.encode()
    if len(content) <= most_bytes:
        return text
    if at_end:
        return "...\n" + content[-most_bytes:].partition(b"\n")[2].decode("utf-8", "replace")
    return content[:most_bytes].rpartition(b"\n")[0].decode("utf-8", "replace") + "\n...\n"
