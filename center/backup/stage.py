"""Putting a restored centre in place: everything is built beside, then moved by rename, and a cut is finished later.

    DATA/.restore/new/       what will be the centre
    DATA/.restore/complete   the plan, synced to disk: from here on it goes forward, whatever is cut
    DATA/before-restore-*/   what was there before, moved and not copied

Each step of `move` can be done again. Without `complete`, the stage is thrown away and nothing has happened.
"""

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from center.backup.manifest import Engine
from center.errors import BackupError, SetupError
from center.files import PRIVATE, sync_directory, write_atomic
from center.sole_use import SET_UP_MARK

ASIDE_PREFIX: Final = "before-restore-"


class Plan(Struct, frozen=True, kw_only=True):
    """`replace`: entries of `new` that take their place; `retire`: entries of the old centre without a successor.

    `retired_nodes`: whom the database must not show as enrolled, `engine`: where the database is, None = untouched.
    """

    aside: str
    replace: tuple[str, ...]
    retire: tuple[str, ...]
    engine: Engine | None
    retired_nodes: tuple[str, ...] = ()


class Stage:
    """The side directory of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.directory = data / ".restore"
        self.new = self.directory / "new"
        self.dump_before = self.directory / "before.pgdump"
        """PostgreSQL: what the database held, for the way back."""
        self.loaded = self.directory / "loaded"
        """PostgreSQL: the database part is done."""
        self._complete = self.directory / "complete"

    def plan(self) -> Plan | None:
        """The plan of a restore that only has to be finished; None when there is none."""
        if not self._complete.exists():
            return None
        return msgspec.json.decode(self._complete.read_bytes(), type=Plan)

    def begin(self) -> None:
        """An empty stage; a partial one is thrown away."""
        self.discard()
        self.new.mkdir(parents=True, mode=0o700)

    def commit(self, plan: Plan) -> None:
        """Everything is built: sync it and write down what is to be done. BackupError when it cannot be moved."""
        for name in (*plan.replace, *plan.retire):
            place = self.data / name
            if place.exists() and (place.is_mount() or place.lstat().st_dev != self.new.stat().st_dev):
                raise BackupError(
                    f"{place} is a disk of its own and cannot be moved aside; restore without it mounted there",
                    f"{place} adalah disk tersendiri dan tidak dapat dipindahkan; lepaskan dulu sebelum memulihkan",
                )
        os.sync()  # one call for what may be a hundred thousand pictures
        write_atomic(self._complete, msgspec.json.encode(plan), PRIVATE)

    def move(self, plan: Plan) -> None:
        """Old entries aside, new ones in, the mark of a whole centre last."""
        aside = self.data / plan.aside
        for name in plan.retire:
            self._put_aside(self.data / name, aside)
        if self.dump_before.exists():
            self._put_aside(self.dump_before, aside, "center.pgdump")
        for name in sorted(plan.replace, key=lambda name: name == SET_UP_MARK):
            if (self.new / name).exists():
                self._put_aside(self.data / name, aside)
                (self.new / name).replace(self.data / name)
                sync_directory(self.data)
        self._complete.unlink()
        sync_directory(self.directory)
        self.discard()

    def discard(self) -> None:
        """Throw away what was built; what is in place stays."""
        self._complete.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _put_aside(self, place: Path, aside: Path, name: str = "") -> None:
        if not os.path.lexists(place):
            return
        aside.mkdir(mode=0o700, exist_ok=True)
        place.replace(aside / (name or place.name))
        sync_directory(aside)
        sync_directory(self.data)


def refuse_unfinished(data: Path) -> None:
    """SetupError when a restore was cut off after its point of no return: half of the old centre may be in place."""
    if Stage(data).plan() is not None:
        raise SetupError(
            f"a restore in {data} was cut off; finish it with: sandi-center init --data {data}",
            f"pemulihan di {data} terputus; selesaikan dengan: sandi-center init --data {data}",
        )
