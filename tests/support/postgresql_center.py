"""The centre's Django on PostgreSQL in a test process: migrated once per run, a copy of the server for each module.

A migration of everything takes some ten seconds, copying a server's files a fraction of one.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.center import center_database
from tests.support.made_once import made_once
from tests.support.postgresql import running_postgresql


@contextmanager
def migrated_postgresql() -> Iterator[str]:
    """Yields the URL of a migrated, empty database on a server of its own."""
    with running_postgresql(copy_of=made_once("postgresql", _make) / "data") as url:
        yield url


@contextmanager
def center_on_postgresql(url: str, directory: Path) -> Iterator[Path]:
    """A data directory, as `center_database` makes it, whose main database is the one at `url`."""
    with center_database(directory) as data:
        from django.db import connections

        sqlite, found = connections.databases["default"], urlsplit(url)
        server = {"ENGINE": "django.db.backends.postgresql", "NAME": found.path.strip("/"), "USER": found.username}
        place = {"HOST": found.hostname, "PORT": str(found.port), "OPTIONS": {}, "PASSWORD": ""}
        connections.databases["default"] = {**sqlite, **server, **place}
        _forget_connection()
        try:
            yield data
        finally:
            connections.close_all()
            connections.databases["default"] = sqlite
            _forget_connection()


def _forget_connection() -> None:
    """The next use of the default database opens a connection by its settings of then."""
    from django.db import connections

    connections["default"].close()
    del connections["default"]


def _make(folder: Path) -> None:
    """The files of a server that was stopped in order after the migration."""
    with (
        tempfile.TemporaryDirectory(prefix="sandi-center-") as directory,
        running_postgresql(kept_as=folder / "data") as url,
        center_on_postgresql(url, Path(directory) / "center"),
    ):
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
