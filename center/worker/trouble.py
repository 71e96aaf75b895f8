"""Whose fault an error is: the database's (and the machine's), or the record's one was at."""

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError

TROUBLE = (OperationalError, InterfaceError, InternalError, ProgrammingError, MemoryError, ImportError)
"""The database is locked, gone or lacks a table, memory has run out, the installation is broken: no record's fault.
Nothing is given up for it; wait and try again."""

T = TypeVar("T")


def in_halves(size: int, attempt: Callable[[int], T], give_up: Callable[[Exception], T]) -> T:
    """`attempt` with up to `size` records, then half as many each time it fails, so that what is at fault stands alone.

    `give_up` is called when an attempt with one record failed, and says what becomes of that one. Both must leave
    nothing behind when they raise.

    Raises:
        TROUBLE: passed on at once.
    """
    while True:
        try:
            return attempt(size)
        except TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - one record's fault, whatever it is: the others must go on
            if size == 1:
                return give_up(error)
            size //= 2
