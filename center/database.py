"""The database's side of set-up and of every start, as a process of its own: `python -m center.database STEP`.

It runs with the data directory in SANDI_CENTER_DATA and writes one JSON object a line to standard output:
{"event": "database"}, {"event": "sites", "count": 100}, {"event": "account", "username", "password"},
{"event": "migrate", "count": 3}, {"event": "update-backup", "file"},
{"event": "update-backup-impossible", "error"}, or {"event": "error", "english", "indonesian"} with exit code 2.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from center.collector import uncollected
from center.database_versions import migrate, pending_steps
from center.errors import BackupError, CenterError, SetupError

FIRST_ACCOUNT = "admin"
KEPT_BACKUPS = 3
"""Databases of before an update, in DATA/backups."""


def use_django() -> None:
    """Load Django with the data directory of the environment; cheap when it is loaded already."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "center.settings")
    with uncollected():
        django.setup()


def open_database() -> None:
    """Load Django and make sure the tables are those of this version; for commands beside a running centre.

    Raises:
        SetupError: no centre was set up here, its database cannot be read, or it is another version's.
    """
    use_django()
    from django.conf import settings

    from center.backup.stage import refuse_unfinished
    from center.sole_use import join

    refuse_unfinished(settings.DATA_DIR)
    if not (settings.DATA_DIR / "secret_key").exists():
        raise SetupError(
            f"there is no centre in {settings.DATA_DIR}; make one with: sandi-center init --data DIR",
            f"belum ada pusat di {settings.DATA_DIR}; buat dengan: sandi-center init --data DIR",
        )
    join(settings.DATA_DIR)
    if pending_steps():
        raise SetupError(
            "the database is of an older version; start the new version once with: sandi-center up",
            "basis data dari versi yang lebih lama; jalankan versi baru sekali dengan: sandi-center up",
        )


def create() -> None:
    """Tables, sites, generation and the first account; on a database that has them already, nothing new."""
    from center.accounts.models import User
    from center.accounts.people import add_user
    from center.accounts.roles import ADMIN
    from center.ingest.generation import current_generation
    from center.sites.models import Site
    from center.sites.seed_data import seed

    pending_steps()
    _say("database")
    migrate()
    current_generation()
    if not Site.objects.exists():
        seed()
    _say("sites", count=Site.objects.count())
    if not User.objects.filter(is_superuser=True).exists():
        _say("account", username=FIRST_ACCOUNT, password=add_user(FIRST_ACCOUNT, ADMIN))


def update() -> None:
    """What every later start does: refuse a newer database, bring an older one up, with a backup of it before."""
    if count := pending_steps():
        kept = _backup_before_update()
        _say("migrate", count=count)
        try:
            migrate()
        except Exception as error:  # whatever a migration stumbles over, the way back is the same
            raise _update_failed(kept, error) from error


def restored(*retired_nodes: str) -> None:
    """What a restored database needs before ingest may see it. `retired_nodes` have no valid certificate any more."""
    from django.db import connections

    from center.availability import due
    from center.enrolment.tokens import revoke_tokens
    from center.ingest.generation import renew_generation
    from center.operations.rolling import cancel_open
    from center.sites.models import Node

    pending_steps()
    migrate()
    renew_generation()
    cancel_open("restored", int(time.time() * 1000))  # a database of before must not command anything anew
    revoke_tokens()  # a card made before the backup may have been taken back after it
    Node.objects.filter(pk__in=retired_nodes).update(retired=True)
    due.mark_nodes(retired_nodes, 0)
    if "sessions" not in connections:
        from django.contrib.sessions.models import Session

        Session.objects.all().delete()


def _backup_before_update() -> Path | None:
    """The database alone, as a backup that `restore` takes; the newest three are kept. None without pg_dump."""
    from django.conf import settings
    from django.db import connections

    from center.backup.make import make_backup, prune

    directory = settings.DATA_DIR / "backups"
    directory.mkdir(mode=0o700, exist_ok=True)
    target = directory / time.strftime("before-update-%Y%m%d-%H%M%S.tar.gz", time.gmtime())
    _say("update-backup", file=str(target))
    connections.close_all()
    try:
        make_backup(settings.DATA_DIR, target, parts=("database",), force=True)
    except BackupError as error:
        if "default" in connections and connections["default"].vendor == "postgresql":
            _say("update-backup-impossible", error=str(error))  # a server has its own backups; the city goes on
            return None
        raise
    prune(directory, "before-update-*.tar.gz", KEPT_BACKUPS)
    return target


def _update_failed(kept: Path | None, error: Exception) -> SetupError:
    back = f"sandi-center restore {kept}" if kept else "restore your own backup of the database"
    kembali = f"sandi-center restore {kept}" if kept else "pulihkan cadangan basis data Anda sendiri"
    return SetupError(
        f"the database could not be updated ({error}); install the version before and then: {back}",
        f"basis data tidak dapat diperbarui ({error}); pasang versi sebelumnya, lalu: {kembali}",
    )


def _say(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)  # noqa: T201 - the protocol of this process


def main() -> int:
    """Run the named step."""
    steps: dict[str, Callable[..., None]] = {"create": create, "update": update, "restored": restored}
    try:
        use_django()
        from django.db import DatabaseError, connections

        try:
            steps[sys.argv[1]](*sys.argv[2:])
        except DatabaseError as error:
            raise SetupError(f"the database does not work: {error}", f"basis data tidak berfungsi: {error}") from error
        finally:
            connections.close_all()
    except CenterError as error:
        _say("error", english=str(error), indonesian=error.indonesian)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
