"""Which migrations this version has, and which a database has had: told without loading Django and one of them.

Most starts find that nothing is to be done, and Django takes most of a second to say so.
"""

import pkgutil
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from center.apps import APART, APPS, DATABASES

NOTED = "SELECT app, name FROM django_migrations"
Steps = frozenset[tuple[str, str]]
"""(app, name) of migrations, named as Django's loader names them."""


def steps_on_disk() -> Steps:
    """Every migration of this version."""
    return frozenset(
        (app.rpartition(".")[2], found.name)
        for app in APPS
        for found in pkgutil.iter_modules([str(_folder(app) / "migrations")])
        if not found.ispkg and found.name[0] not in "_~"
    )


def is_current(data: Path) -> bool:
    """Whether the SQLite files of this data directory have had exactly the migrations of this version. False as well
    where they do not say so: whoever looks closer knows why."""
    ours = steps_on_disk()
    apart = {step for step in ours if step[0] in APART}
    main, sessions = (data / DATABASES[name] for name in ("default", "sessions"))
    try:
        return _noted(main) == ours and apart <= _noted(sessions) <= ours
    except sqlite3.Error:
        return False


def _noted(file: Path) -> Steps:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=10)) as database:
        return frozenset(database.execute(NOTED).fetchall())


def _folder(app: str) -> Path:
    top, *rest = app.split(".")
    spec = find_spec(top)
    assert spec is not None and spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)), *rest)
