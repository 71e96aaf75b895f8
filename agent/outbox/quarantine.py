"""Putting a damaged outbox aside so that a power cut at any moment of it costs nothing.

1. The file and its log are renamed to `outbox.salvage-<n>.db`, the log first: a log without its file is known by that,
   and the next start goes on here. A new file beside an old log would be damaged again.
2. A new outbox begins. Its first transaction notes that something is still to be moved over.
3. What can be read moves over, in one transaction that also removes the note.
4. The damaged file becomes `outbox.corrupt-<n>.db`, the log first again; the two newest are kept for people to
   look at.

A start that finds `outbox.salvage-*` goes on where the one before was cut: without a new outbox at 2, with the note at
3, without it at 4. When the disk has no room for what would move over, the note stays and the next start tries again;
should the new outbox be damaged meanwhile, there are two to move over.
"""

from pathlib import Path

from agent.outbox import files

FILE = "outbox.db"
NOTE = "salvage"
MOST_QUARANTINED = 2
_SALVAGE = "outbox.salvage-"
_CORRUPT = "outbox.corrupt-"
_LOGS = ("-wal", "-shm")


def pending(directory: Path) -> list[Path]:
    """Damaged files whose quarantine has not come to its end, oldest first."""
    return sorted(directory.glob(f"{_SALVAGE}*.db"), key=_number)


def was_cut(directory: Path) -> bool:
    """Whether a power cut came between the renaming of the log and that of its file."""
    return _lone_log(directory) is not None and (directory / FILE).exists()


def take_aside(directory: Path) -> Path:
    """Step 1; the damaged file. OutboxError when the disk refuses."""
    begun = _lone_log(directory)
    earlier = pending(directory)
    damaged = begun or directory / f"{_SALVAGE}{_number(earlier[-1]) + 1 if earlier else 1}.db"
    _rename(directory / FILE, damaged)
    return damaged


def put_away(damaged: Path) -> Path:
    """Step 4; the damaged file under the name that it keeps. OutboxError when the disk refuses."""
    directory = damaged.parent
    kept = sorted(directory.glob(f"{_CORRUPT}*.db"), key=_number)
    for old in kept[: max(0, len(kept) - (MOST_QUARANTINED - 1))]:
        files.remove([old, *(Path(f"{old}{log}") for log in _LOGS)])
    put = directory / f"{_CORRUPT}{_number(kept[-1]) + 1 if kept else 1}.db"
    _rename(damaged, put)
    return put


def size_bytes(damaged: Path) -> int:
    """How long the file and its log are."""
    paths = [damaged, *(Path(f"{damaged}{log}") for log in _LOGS)]
    return sum(path.stat().st_size for path in paths if path.exists())


def _lone_log(directory: Path) -> Path | None:
    """The file that a renamed log still waits for."""
    logs = [path for log in _LOGS for path in directory.glob(f"{_SALVAGE}*.db{log}")]
    waiting = [damaged for log in logs if not (damaged := log.with_name(log.name[: -len(_LOGS[0])])).exists()]
    return waiting[0] if waiting else None


def _rename(before: Path, after: Path) -> None:
    try:
        for suffix in (*_LOGS, ""):
            path = Path(f"{before}{suffix}")
            if path.exists():
                path.replace(f"{after}{suffix}")
        files.sync_folder(before.parent)
    except OSError as error:
        raise files.translated(error, before) from error


def _number(path: Path) -> int:
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
