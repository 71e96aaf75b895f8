"""The shelf of releases: bundles in DATA/releases, named by their SHA-256, and a row for each in the database.

Only bundles that the release key signed come onto it. Its public half lies with the centre's other keys; the secret
half never comes near this machine.
"""

import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from center.connectivity.models import NodeState
from center.errors import CenterError
from center.files import is_shared, make_directory, sync_directory, write_atomic
from center.fleet import bundles
from center.fleet.bundles import BundleError
from center.fleet.models import NodeRelease, Release

FOLDER: Final = "releases"
SUFFIX: Final = bundles.SUFFIX
MODE: Final = 0o640


@dataclass(frozen=True, slots=True)
class OnShelf:
    """One release. `there`: its file is, too (a restored centre has the rows, not the files)."""

    digest: str
    version: str
    floor: str
    size_bytes: int
    notes: str
    added_by: str
    added_ms: int
    withdrawn_ms: int | None
    there: bool
    running: int
    trying: int


def public_key_file(data: Path) -> Path:
    """Where the public release key of this centre lies, and what goes onto cards."""
    return data / "keys" / "release.pub"


def trust(data: Path, file: Path) -> None:
    """Take a public key as the release key of this centre. Raises CenterError."""
    try:
        bundles.public_key(file)
        content = file.read_bytes()
        make_directory(data / "keys", 0o700)
        write_atomic(public_key_file(data), content)
    except OSError as error:
        raise CenterError(f"{error.filename}: {error.strerror}") from error


def add(data: Path, file: Path, by: str, notes: str = "") -> Release:
    """Prove a bundle and put it onto the shelf; one that is there comes back as it is. Raises CenterError."""
    try:
        manifest, raw = bundles.prove(file, _trusted(data))
        digest, size = bundles.digest_of(file), file.stat().st_size
        _place(data / FOLDER, file, digest)
    except OSError as error:
        text = f"{error.filename or file}: {error.strerror or error}"
        raise CenterError(f"the release cannot be stored: {text}", f"rilis tidak dapat disimpan: {text}") from error
    row, made = Release.objects.get_or_create(
        digest=digest,
        defaults={
            "version": manifest.version, "floor": manifest.floor, "size_bytes": size, "manifest": raw.decode(),
            "notes": notes[:500], "added_by": by, "added_ms": _now_ms(),
        },
    )  # fmt: skip
    if not made and row.withdrawn_ms is not None:
        row.withdrawn_ms = None
        row.save(update_fields=["withdrawn_ms"])
    return row


def withdraw(data: Path, release: Release) -> None:
    """Hand it out no more; what boxes run stays. Its file goes first: a row without a file offers nothing."""
    _file(data, release.digest).unlink(missing_ok=True)
    if release.withdrawn_ms is None:
        release.withdrawn_ms = _now_ms()
        release.save(update_fields=["withdrawn_ms"])


def found(text: str) -> Release:
    """By version, or by the beginning of its digest; the newest that is not withdrawn. Raises CenterError."""
    rows = [row for row in Release.objects.filter(withdrawn_ms=None) if row.version == text]
    if not rows and len(text) >= 6:
        rows = [row for row in Release.objects.filter(withdrawn_ms=None) if row.digest.startswith(text)]
    if len(rows) == 1:
        return rows[0]
    if rows:
        names = " ".join(row.digest[:12] for row in rows)
        raise CenterError(
            f"there are several of {text}; name one by its digest: {names}",
            f"ada beberapa rilis {text}; sebutkan salah satu dengan sidik jarinya: {names}",
        )
    raise CenterError(
        f"there is no release {text}; see: sandi-center release list",
        f"tidak ada rilis {text}; lihat: sandi-center release list",
    )


def rows(data: Path) -> list[OnShelf]:
    """All releases, the newest first, with how many boxes run each."""
    running = Counter(NodeState.objects.values_list("version", flat=True))
    changing = NodeRelease.objects.filter(state__in=("fetching", "built", "trying"))
    trying = Counter(changing.values_list("digest", flat=True))
    return [
        OnShelf(
            row.digest, row.version, row.floor, row.size_bytes, row.notes, row.added_by, row.added_ms, row.withdrawn_ms,
            _is_there(_file(data, row.digest)), running.get(row.version, 0), trying.get(row.digest, 0),
        )
        for row in Release.objects.all()
    ]  # fmt: skip


def _trusted(data: Path) -> Ed25519PublicKey:
    path = public_key_file(data)
    if not path.is_file():
        raise CenterError(
            "this centre knows no release key yet; give it the public half: sandi-center release trust release.pub",
            "pusat ini belum mengenal kunci rilis; berikan bagian publiknya: sandi-center release trust release.pub",
        )
    return bundles.public_key(path)


def _place(folder: Path, file: Path, digest: str) -> None:
    make_directory(folder, 0o750)
    if is_shared():  # the listener's user reads them through the group of the data directory
        os.chown(folder, -1, folder.parent.stat().st_gid)
        folder.chmod(0o2750)
    target, temporary = folder / f"{digest}{SUFFIX}", folder / f".{digest}.part"
    try:
        with file.open("rb") as source, temporary.open("wb") as stream:
            os.fchmod(stream.fileno(), MODE)
            if os.geteuid() == 0:
                owner = folder.stat()
                os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
            shutil.copyfileobj(source, stream, 1024 * 1024)
            stream.flush()
            os.fsync(stream.fileno())
        if bundles.digest_of(temporary) != digest:
            raise BundleError(f"{file} changed while it was read", f"{file} berubah saat dibaca")
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(folder)


def _file(data: Path, digest: str) -> Path:
    return data / FOLDER / f"{digest}{SUFFIX}"


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # not for this user
        return False


def _now_ms() -> int:
    return int(time.time() * 1000)
