"""One supervisor per data directory."""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from center.errors import SetupError
from center.files import PRIVATE, make_directory

SET_UP_MARK = "secret_key"
"""The last file a set-up puts in place: where it is, a whole centre is."""


def is_set_up(data: Path) -> bool:
    """Whether a whole centre is in this directory."""
    return (data / SET_UP_MARK).exists()


@contextmanager
def sole_use(data: Path) -> Iterator[None]:
    """Hold the data directory for one supervisor (or one set-up); made if missing, removed again if left empty.

    Raises:
        SetupError: another centre runs on it, it cannot be written, or it belongs to another user.
    """
    made = [directory for directory in (data, *data.parents) if not directory.exists()]
    make_directory(data, 0o700)
    owner = data.stat().st_uid
    if os.geteuid() == 0 and owner != 0:
        name = pwd.getpwuid(owner).pw_name
        raise SetupError(
            f"{data} belongs to {name}; run this as that user: sudo -u {name} sandi-center ...",
            f"{data} milik {name}; jalankan sebagai pengguna itu: sudo -u {name} sandi-center ...",
        )
    lock = data / ".lock"
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise SetupError(
            f"cannot write in {data}: {error.strerror}; choose another directory with --data",
            f"tidak dapat menulis di {data}: {error.strerror}; pilih direktori lain dengan --data",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "?"
            raise SetupError(
                f"a centre already runs on {data} (PID {holder}); stop it first",
                f"sudah ada pusat yang berjalan di {data} (PID {holder}); hentikan dulu",
            ) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            if made and not is_set_up(data):
                lock.unlink(missing_ok=True)
                _remove_empty(made)
    finally:
        os.close(handle)


def join(data: Path) -> None:
    """Say, for as long as this process lives, that it works on this data directory; `unused` waits for nobody.

    A shared lock on the directory itself: no file to own or to leave behind, and given back however the process ends.

    Raises:
        SetupError: it is being restored right now.
    """
    if data not in _JOINED:
        _JOINED[data] = _shared(data)


@contextmanager
def joined(data: Path) -> Iterator[None]:
    """The same for the length of the block."""
    handle = _shared(data)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def unused(data: Path) -> Iterator[None]:
    """Hold the data directory against every process that has joined, or would.

    Raises:
        SetupError: one of them runs.
    """
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise SetupError(
            f"ingest, worker, web, a backup or another command still works on {data}; stop it first",
            f"ingest, worker, web, pencadangan, atau perintah lain masih bekerja di {data}; hentikan dulu",
        ) from None
    finally:
        os.close(handle)


_JOINED: dict[Path, int] = {}


def _shared(data: Path) -> int:
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise SetupError(
            f"a backup is being restored in {data}; try again when that is done",
            f"cadangan sedang dipulihkan di {data}; coba lagi setelah selesai",
        ) from None
    return handle


def _remove_empty(directories: list[Path]) -> None:
    """Remove these, the innermost first, as far as nothing is in them."""
    for directory in directories:
        try:
            directory.rmdir()
        except OSError:
            return
