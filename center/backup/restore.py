"""Restoring: a backup, or what a restore had moved aside, becomes the centre. The old one or the new one, never half.

1. Unpacked and checked in DATA/.restore/new (`center.backup.stage`); a bad backup ends here and nothing has happened.
2. What must not go back in time is carried over from the centre in place: certificates taken back stay taken back.
3. The database becomes this version's, gets a new generation (nodes offer again what they kept), and forgets sessions.
4. Moved into place; what was there is kept as DATA/before-restore-TIME.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from center.backup import postgresql, sqlite
from center.backup.archive import read_archive
from center.backup.make import SPARE_BYTES
from center.backup.manifest import DATABASE_FILES, FOLDERS, Engine, Header, Manifest
from center.backup.stage import ASIDE_PREFIX, Plan, Stage, refuse_unfinished
from center.backup.trust import Trust, carry_over, check_keys
from center.config import CONFIG_NAME, load_config
from center.database_steps import Say, run_step
from center.errors import BackupError, CenterError, SetupError
from center.sole_use import is_set_up, sole_use, unused

_OF_THE_DATABASE = tuple(f"{name}{end}" for name in ("center.db", "sessions.db") for end in ("", "-wal", "-shm"))


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. `aside`: where the old centre is now; `manifest`: the backup's, None when a restore was undone.

    `own_config`: this machine had a center.toml, which stayed.
    """

    aside: Path | None
    manifest: Manifest | None
    trust: Trust
    own_config: bool


def restore(data: Path, file: Path, passphrase: Callable[[], bytes], say: Say) -> Restored:
    """Make the backup in `file` the centre in `data`.

    Raises:
        CenterError: the centre runs, the backup is damaged or does not fit, there is too little room.
    """
    with _alone(data, say) as stage:
        say("restore-reading")
        manifest = read_archive(file, passphrase, _Unpacking(stage))
        for folder, part in FOLDERS.items():
            if part in manifest.header.parts:
                (stage.new / folder).mkdir(mode=0o700, exist_ok=True)
        return _install(stage, manifest, say)


def undo(data: Path, say: Say) -> Restored:
    """Put back what the newest restore had moved aside; what is there now is moved aside in turn."""
    with _alone(data, say) as stage:
        kept = sorted(data.glob(f"{ASIDE_PREFIX}*"))
        if not kept:
            raise BackupError(f"nothing was moved aside in {data}", f"tidak ada yang disisihkan di {data}")
        say("restore-undoing", aside=kept[-1])
        # Linked, not moved: a cut before the point of no return leaves the kept one as it is.
        shutil.copytree(
            kept[-1],
            stage.new,
            copy_function=lambda source, target: Path(target).hardlink_to(source),
            ignore=lambda _directory, names: {name for name in names if name in _OF_THE_DATABASE},
            dirs_exist_ok=True,
        )
        if (kept[-1] / "center.db").exists():
            sqlite.copy_database(kept[-1] / "center.db", stage.new / "center.db")
        done = _install(stage, None, say)
        shutil.rmtree(kept[-1], ignore_errors=True)
        return done


def finish_restore(data: Path, say: Say) -> None:
    """What every start calls first: a restore that was cut off is finished, or its beginnings thrown away."""
    stage = Stage(data)
    plan = stage.plan()
    if plan is None:
        stage.discard()
        return
    say("restore-finishing")
    _finish(stage, plan, say)


class _Unpacking:
    """Receives an archive's files into the stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def accept(self, header: Header) -> None:
        data, free = self._stage.data, shutil.disk_usage(self._stage.new).free
        if free < header.size_bytes + SPARE_BYTES:
            need, have = (header.size_bytes + SPARE_BYTES) // 10**6, free // 10**6
            raise BackupError(
                f"too little room in {data}: {have} MB free, {need} MB needed",
                f"ruang di {data} kurang: tersedia {have} MB, perlu {need} MB",
            )
        if "keys" not in header.parts and not is_set_up(data):
            raise BackupError(
                "this backup holds the database alone; it can be restored only where its centre still is",
                "cadangan ini hanya berisi basis data; hanya dapat dipulihkan di tempat pusatnya masih ada",
            )

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        path = self._stage.new / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as file:
            yield file


@contextmanager
def _alone(data: Path, say: Say) -> Iterator[Stage]:
    """Nobody else works on this directory; an earlier restore is finished first, a failed one leaves no trace."""
    try:
        with sole_use(data), unused(data):
            finish_restore(data, say)
            stage = Stage(data)
            stage.begin()
            try:
                yield stage
            finally:
                if stage.plan() is None:
                    stage.discard()
    except OSError as error:
        refuse_unfinished(data)
        raise BackupError(
            f"the restore failed and changed nothing: {error.strerror or error} ({error.filename or data})",
            f"pemulihan gagal dan tidak mengubah apa pun: {error.strerror or error} ({error.filename or data})",
        ) from error


def _install(stage: Stage, manifest: Manifest | None, say: Say) -> Restored:
    """Steps 2 to 4 for what is unpacked in the stage."""
    data = stage.data
    say("restore-checking")
    check_keys(stage.new)
    trust = carry_over(data, stage.new)
    own_config = _choose_config(data, stage.new)
    engine = _database(stage, trust, manifest, say)
    names = {entry.name for entry in stage.new.iterdir()} - {DATABASE_FILES["postgresql"]}
    retire = {name for name in _OF_THE_DATABASE if engine == "sqlite" and name not in names}
    aside = _free_name(data)
    say("restore-moving")
    plan = Plan(
        aside=aside,
        replace=tuple(sorted(names)),
        retire=tuple(sorted(retire)),
        engine=engine,
        retired_nodes=trust.retired,
    )
    stage.commit(plan)
    _finish(stage, plan, say)
    return Restored((data / aside) if (data / aside).exists() else None, manifest, trust, own_config)


def _free_name(data: Path) -> str:
    """Sorts by time, also for two restores in one second."""
    name = f"{ASIDE_PREFIX}{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    taken = len(list(data.glob(f"{name}*")))
    return f"{name}-{taken + 1}" if taken else name


def _choose_config(data: Path, new: Path) -> bool:
    """This machine's center.toml stays in force; the backup's lies beside it when it differs. True when it stayed."""
    own, came = data / CONFIG_NAME, new / CONFIG_NAME
    if not own.exists():
        return False
    if came.exists():
        if came.read_bytes() == own.read_bytes():
            came.unlink()
        else:
            came.rename(came.with_name(f"{CONFIG_NAME}.from-backup"))
    return True


def _database(stage: Stage, trust: Trust, manifest: Manifest | None, say: Say) -> Engine | None:
    """Prepare the database: SQLite is finished here, PostgreSQL's old content is saved for the way back."""
    found: list[Engine] = [engine for engine, name in DATABASE_FILES.items() if (stage.new / name).exists()]
    if not found:
        return None
    (engine, *_) = found
    url = load_config(_config_directory(stage)).database.url
    if (engine == "postgresql") != bool(url):
        wanted = "PostgreSQL" if url else "SQLite"
        raise BackupError(
            f"the backup's database is {engine}, this centre is set to {wanted} ({CONFIG_NAME}: database.url)",
            f"basis data cadangan adalah {engine}, pusat ini memakai {wanted} ({CONFIG_NAME}: database.url)",
        )
    say("restore-database")
    if engine == "sqlite":
        sqlite.examine(stage.new / "center.db")
        run_step("restored", stage.new, say, *trust.retired)
    else:
        postgresql.examine(stage.new / DATABASE_FILES[engine])
        if others := postgresql.users(url):
            raise SetupError(
                f"{others} other connections use the database; stop ingest, worker and web first",
                f"{others} sambungan lain memakai basis data; hentikan dulu ingest, worker, dan web",
            )
        if not postgresql.is_empty(url):
            postgresql.copy_database(url, stage.dump_before)
    return engine


def _config_directory(stage: Stage) -> Path:
    return stage.data if (stage.data / CONFIG_NAME).exists() else stage.new


def _finish(stage: Stage, plan: Plan, say: Say) -> None:
    if plan.engine == "postgresql" and not stage.loaded.exists():
        _load(stage, plan, say)
        stage.loaded.touch()
    stage.move(plan)


def _load(stage: Stage, plan: Plan, say: Say) -> None:
    """Fill the PostgreSQL database; when that fails it is as it was before."""
    where = _config_directory(stage)
    url = load_config(where).database.url
    try:
        postgresql.load(url, stage.new / DATABASE_FILES["postgresql"])
        run_step("restored", where, say, *plan.retired_nodes)
    except CenterError:
        with contextlib.suppress(FileNotFoundError):
            stage.dump_before.stat()
            postgresql.load(url, stage.dump_before)
        stage.discard()
        raise
