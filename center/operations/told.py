"""What nodes say of commands, written into the rows of the operation. In the caller's transaction.

Only the node that a command was for may speak of it. An id that no operation has is left alone: it may be of a life of
the database that was lost.
"""

from typing import Final

import msgspec

from center.core.command_words import Known, Word, after
from center.ingest.database import execute, select
from wire.afar import CommandNotice, OutputNotice, Scalar
from wire.commands import MAX_OUTPUT_BYTES

MOST_TEXT: Final = 500
"""Characters of one figure of a result."""
MOST_KEY: Final = 64
MOST_OUTPUT_BYTES: Final = 2 * MAX_OUTPUT_BYTES
"""A node that sends more of one command than twice its own bound is not listened to any longer."""
_COLUMNS = ("state", "code", "detail", "progress_pct", "accepted_ms", "ended_ms", "by_node", "result")
_TARGET = f"""
SELECT operation_id, node, {", ".join(_COLUMNS)} FROM operations_operationtarget WHERE id = %s
"""  # noqa: S608
_SAID = f"UPDATE operations_operationtarget SET {', '.join(f'{name} = %s' for name in _COLUMNS)} WHERE id = %s"  # noqa: S608
_OUTPUT = (
    "INSERT INTO operations_operationoutput (target_id, part, text, cut) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (target_id, part) DO NOTHING"
)
_PRINTED = "SELECT COALESCE(SUM(LENGTH(text)), 0) FROM operations_operationoutput WHERE target_id = %s"


class ForeignIdError(Exception):
    """A node speaks of a command that was another node's."""


def note_command(node: str, notice: CommandNotice, received_ms: int) -> str:
    """Take over what a node says of its command; the operation's id when that changed anything, else "".

    Raises:
        ForeignIdError: the command was not this node's.
    """
    lock = " FOR UPDATE" if _locks() else ""
    rows = select(_TARGET + lock, (notice.id,))
    if not rows:
        return ""
    operation, owner, *values = rows[0]
    _belongs(notice.id, owner, node)
    columns = dict(zip(_COLUMNS, values, strict=True))
    known = Known(**{**columns, "by_node": bool(columns["by_node"])})
    word = Word(
        notice.state, notice.code, _plain(notice.detail), notice.progress_pct, _result(notice.result),
    )  # fmt: skip
    news = after(known, word, received_ms)
    if news == known:
        return ""
    execute(_SAID, [*(getattr(news, name) for name in _COLUMNS), notice.id])
    return str(operation)


def note_output(node: str, notice: OutputNotice) -> str:
    """Keep a part of what a command printed; the operation's id when it was new, else "".

    Raises:
        ForeignIdError: the command was not this node's.
    """
    rows = select("SELECT operation_id, node FROM operations_operationtarget WHERE id = %s", (notice.id,))
    if not rows:
        return ""
    operation, owner = rows[0]
    _belongs(notice.id, owner, node)
    if int(select(_PRINTED, (notice.id,))[0][0]) + len(notice.text) > MOST_OUTPUT_BYTES:
        return ""
    new = execute(_OUTPUT, (notice.id, notice.part, _plain(notice.text), notice.cut))
    return str(operation) if new else ""


def _belongs(command: str, owner: str, node: str) -> None:
    if owner != node:
        raise ForeignIdError(f"{node} speaks of command {command}, which was for {owner}")


def _locks() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def _result(figures: dict[str, Scalar]) -> str:
    kept = {
        key[:MOST_KEY]: _plain(value)[:MOST_TEXT] if isinstance(value, str) else value for key, value in figures.items()
    }
    return msgspec.json.encode(kept).decode()


def _plain(text: str) -> str:
    """PostgreSQL has no NUL in a text."""
    return text.replace("\x00", " ")
