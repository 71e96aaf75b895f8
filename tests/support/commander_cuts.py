"""A commander that is killed: a child of the test's process works at its desk and dies by kill -9 before a step.

A step is a statement to either database, its commit, or a change of a file or folder.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.commanding import Desk

FILES = ((Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (os, "fsync"))


def in_child(work: Callable[[], object], dies_at: int = -1) -> tuple[bool, int]:
    """Do `work` in a child. Whether it came to its end, and how many steps it made."""
    from django.db import connections

    connections.close_all()  # nothing of a file that is open may be shared across a fork
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            with counted(dies_at) as count:
                work()
                connections.close_all()
            os.write(writer, str(count()).encode())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a fork ends here, whatever it was
            traceback.print_exc(file=sys.__stderr__)
            os._exit(9)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the child failed"
        return True, int(said)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return False, 0


@contextmanager
def counted(dies_at: int) -> Iterator[Callable[[], int]]:
    """Count steps from here on, and die before number `dies_at`."""
    from django.db import connection

    from center.commander.book import Book

    steps = 0

    def step() -> None:
        nonlocal steps
        if steps == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

    def before(original: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            step()
            return original(*arguments, **options)

        return stepped

    for owner, name in FILES:
        setattr(owner, name, before(getattr(owner, name)))
    opened = Book.__init__

    def open_counted(book: Book, directory: Path) -> None:
        opened(book, directory)
        book._db = Counting(book._db, step)  # type: ignore[assignment]

    Book.__init__ = open_counted  # type: ignore[method-assign]
    connection.ensure_connection()
    connection.commit = before(connection.commit)  # type: ignore[method-assign]

    def statement(execute: Callable[..., Any], *arguments: Any) -> Any:
        step()
        return execute(*arguments)

    with connection.execute_wrapper(statement):
        yield lambda: steps


class Counting:
    """A connection of SQLite that says when something is done through it."""

    def __init__(self, database: Any, step: Callable[[], None]) -> None:
        self._database = database
        self._step = step

    def execute(self, sql: str, *values: Any) -> Any:
        self._step()
        return self._database.execute(sql, *values)

    def close(self) -> None:
        self._database.close()


def reopened(data: Path, nodes: tuple[str, ...], people: dict[str, bytes], now_ms: int) -> Desk:
    """A desk on what is there, with the same people and the same clock."""
    made = Desk(data, nodes)
    made.people, made.now_ms = people, now_ms
    return made
