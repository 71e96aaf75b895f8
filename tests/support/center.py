"""The centre's Django in a test process: one set of migrated database files per run, a fresh copy for each test.

Django reads its settings once per process, so the database behind it is exchanged instead: `center_database` copies
the migrated files into the test's directory and points every connection of the process there.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.made_once import made_once

FILES = {"default": "center.db", "sessions": "sessions.db"}
SECRET_KEY = "secret_key"


@contextmanager
def center_database(directory: Path) -> Iterator[Path]:
    """A data directory with an empty, migrated database (roles made, no sites); Django works on it in the block.

    Processes started with SANDI_CENTER_DATA (it is in os.environ too) see the same data.
    """
    template = _template()
    from django.conf import settings
    from django.db import connections

    directory.mkdir(parents=True, exist_ok=True)
    before = settings.DATA_DIR
    environment = os.environ.get("SANDI_CENTER_DATA")
    for name, content in template.items():
        (directory / name).write_bytes(content)
    _point(directory)
    os.environ["SANDI_CENTER_DATA"] = str(directory)
    try:
        yield directory
    finally:
        connections.close_all()
        _point(before)
        if environment is None:
            del os.environ["SANDI_CENTER_DATA"]
        else:
            os.environ["SANDI_CENTER_DATA"] = environment


def lay(directory: Path, name: str, fill: Callable[[], object]) -> None:
    """Put the database that `fill` makes of a migrated one in place of the empty one `center_database` works on in
    `directory`; the first process of a run that asks for `name` fills it, the others copy its files. A test's own
    PostgreSQL is filled each time."""
    from django.db import connections

    if connections["default"].vendor != "sqlite":
        fill()
        return

    def make(folder: Path) -> None:
        for file in FILES.values():
            (folder / file).write_bytes(_template()[file])
        _point(folder)
        fill()
        connections.close_all()

    try:
        made = made_once(name, make)
    finally:
        _point(directory)
    for file in FILES.values():
        (directory / file).write_bytes((made / file).read_bytes())


def _point(directory: Path) -> None:
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    for alias, name in FILES.items():
        connections.databases[alias]["NAME"] = directory / name
    settings.DATA_DIR = directory
    settings.PKI_DIR = directory / "pki"
    settings.SNAPSHOTS_DIR = directory / "snapshots"


@cache
def _template() -> dict[str, bytes]:
    """Set Django up in this process; the content of the migrated files, which the first process of a run makes."""
    if "center.settings" in sys.modules:
        raise RuntimeError("import Django's models inside tests or after the center_database fixture")
    environment = os.environ.get("SANDI_CENTER_DATA")
    with tempfile.TemporaryDirectory(prefix="sandi-center-") as directory:
        os.environ["SANDI_CENTER_DATA"] = directory
        os.environ["DJANGO_SETTINGS_MODULE"] = "center.settings"
        Path(directory, SECRET_KEY).write_text("a key for tests only, not of any centre")
        try:
            _set_up()
        finally:
            if environment is None:
                del os.environ["SANDI_CENTER_DATA"]
            else:
                os.environ["SANDI_CENTER_DATA"] = environment
        made = made_once("sqlite", _migrate)
        _point(Path(directory))
        secret = Path(directory, SECRET_KEY).read_bytes()
    return {name: (made / name).read_bytes() for name in FILES.values()} | {SECRET_KEY: secret}


def _set_up() -> None:
    import django

    django.setup()
    _look_for_static_files_once()


def _look_for_static_files_once() -> None:
    """Each test client makes the middlewares anew, and WhiteNoise would read every static file's name, size and time
    again: in a web process that happens at its start, here some thousand times."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    found: dict[str, object] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = once


def _migrate(folder: Path) -> None:
    from django.db import connections

    from center.database import migrate

    _point(folder)
    migrate()
    connections.close_all()
