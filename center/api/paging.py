"""Lists in pages: items in a fixed order of their own identities, and a cursor that says after which one to go on.

A cursor names the last item that was given out, not a count: rows that come or go meanwhile are neither repeated nor
skipped. It is JSON in base64url; whatever else is sent as one is refused in words.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

from django.db.models import CharField, Model, Q, QuerySet
from ninja.errors import HttpError
from pydantic import Field

MAX_CURSOR_CHARS = 400
MOST = 500
MOST_INT = 2**63 - 1
Key = tuple[str | int, ...]
T = TypeVar("T")
M = TypeVar("M", bound=Model)
Limit = Annotated[int, Field(ge=1, le=MOST, description="how many items a page has at most")]
Cursor = Annotated[
    str, Field(max_length=MAX_CURSOR_CHARS, description="`next` of the page before; empty: from the start")
]


def page_of(items: Iterable[T], key: Callable[[T], Key], limit: int, cursor: str) -> tuple[list[T], str | None]:
    """The page after `cursor` of items that are all at hand, in ascending order of their keys."""
    after = _decode(cursor) if cursor else None
    ordered = sorted(items, key=key)
    try:
        rest = ordered if after is None else [item for item in ordered if key(item) > after]
    except TypeError as error:  # numbers where texts belong
        raise _refused() from error
    page = rest[:limit]
    return page, _encode(key(page[-1])) if len(rest) > limit else None


def page_in_order(items: Sequence[T], name: Callable[[T], str], limit: int, cursor: str) -> tuple[list[T], str | None]:
    """The page after the item that `cursor` names, of items whose order is their own (a node's numbers, not its clock).

    New ones come before what was read; where the named one has gone, there is nothing to go on from.
    """
    start = 0
    if cursor:
        after = _decode(cursor)
        start = next((index + 1 for index, item in enumerate(items) if (name(item),) == after), 0)
        if not start:
            raise _refused()
    page = list(items[start : start + limit])
    return page, _encode((name(page[-1]),)) if len(items) > start + limit else None


def newest_first(rows: "QuerySet[M]", moment: str, limit: int, cursor: str) -> tuple[list[M], str | None]:
    """The page after `cursor` of a table, newest first by the column `moment` (ms) and then by number or name."""
    if cursor:
        at_ms, pk = _place(cursor, isinstance(rows.model._meta.pk, CharField))
        rows = rows.filter(Q(**{f"{moment}__lt": at_ms}) | Q(**{moment: at_ms, "pk__lt": pk}))
    found = list(rows.order_by(f"-{moment}", "-pk")[: limit + 1])
    page = found[:limit]
    return page, _encode((getattr(page[-1], moment), page[-1].pk)) if len(found) > limit else None


def _place(cursor: str, named: bool) -> tuple[int, int | str]:
    """Moment and key of the last row; rows are `named` by a text or counted."""
    after = _decode(cursor)
    if len(after) != 2 or not isinstance(after[0], int) or not isinstance(after[1], str if named else int):
        raise _refused()
    if any(isinstance(part, int) and abs(part) > MOST_INT for part in after):
        raise _refused()
    if isinstance(after[1], str) and "\x00" in after[1]:
        raise _refused()
    return after[0], after[1]


def _encode(key: Key) -> str:
    return urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def _decode(cursor: str) -> Key:
    try:
        decoded: Any = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Base64Error, ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(decoded, list) or not all(type(part) in (int, str) for part in decoded):
        raise _refused()
    return tuple(decoded)


def _refused() -> HttpError:
    return HttpError(400, "this cursor is none of ours; take `next` of the page before, or leave it out")
