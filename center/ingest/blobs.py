"""Pictures and sealed blobs on disk: whole and synced before the row that names them is committed."""

import os
from pathlib import Path, PurePosixPath

from center.files import sync_directory
from center.ingest.decode import BlobFile


def keep(data_dir: Path, file: BlobFile) -> None:
    """Write through a temporary file, fsync, rename, fsync the directory. An existing file is the same one."""
    target = data_dir / file.path
    make_folders(data_dir, target.parent)
    if not target.exists():
        _write(target, file.content)
    sync_directory(target.parent)


def require(data_dir: Path, file: BlobFile) -> None:
    """Raise FileNotFoundError unless the file is there. Asked in the transaction that makes its row."""
    if not (data_dir / file.path).exists():
        raise FileNotFoundError(f"{file.path} is gone before its row was made")


def remove(data_dir: Path, path: PurePosixPath) -> None:
    """Take a file away, and what an interrupted writing of it left."""
    target = data_dir / path
    for leftover in (target, *target.parent.glob(f".{target.name}.*")):
        leftover.unlink(missing_ok=True)


def _write(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_folders(data_dir: Path, folder: Path) -> None:
    """Make missing folders from the top down, each made durable in its parent."""
    missing = [place for place in (folder, *folder.parents) if place.is_relative_to(data_dir) and not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=0o770, exist_ok=True)  # less the mask: for the owner alone where there is one user
        sync_directory(place.parent)
