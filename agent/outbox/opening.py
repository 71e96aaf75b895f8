"""Opening the outbox: a new one, a known one, one on another board, a damaged one.

A damaged file never stops the agent. It is put aside (see `quarantine`), a new epoch begins that names it as its
predecessor, and what can still be read out of it moves over.
"""

import logging
from pathlib import Path

from agent.core import reserve as arithmetic
from agent.core.clock import Stamp
from agent.outbox import (
    damage,
    epochs,
    evidence,
    files,
    lanes,
    loading,
    mending,
    quarantine,
    reserve,
    salvage,
    schema,
    sidecar,
    wal,
)
from agent.outbox.database import Database
from agent.outbox.draft import drafting
from agent.outbox.errors import OutboxError
from agent.outbox.lanes import Lane
from agent.outbox.memory import Memory
from agent.outbox.slots import Slots
from wire.shape import Struct
from wire.topics import STREAMS

log = logging.getLogger("agent.outbox")

FILE = quarantine.FILE
CHECK_BELOW_BYTES = 16 * 1024 * 1024
"""Up to this size the whole file is checked at the start (measured: 0.1 s for 16 MiB on x86). Damage in larger ones is
found when the rows are read."""


class Opened(Struct):
    """An outbox ready for use."""

    db: Database
    memory: Memory
    epoch: str
    board: str
    newest: Stamp | None = None
    """When the newest health report on disk was made: the last sign of life of the run before."""


def open_directory(directory: Path, board: str, stamp: Stamp) -> Opened:
    """Open or make the outbox in `directory`. OutboxError when the disk or another process does not allow it."""
    files.ensure(directory / files.FOLDER)
    try:
        if quarantine.was_cut(directory):
            raise OutboxError("corrupt", "putting it aside was cut short")
        if wal.is_damaged(directory / f"{FILE}-wal"):
            raise OutboxError("corrupt", "the log is damaged before its end")
        opened = _open(directory, board, stamp)
        _finish_quarantine(opened, directory, stamp)
    except OutboxError as error:
        if error.code != "corrupt":
            raise
        opened = replace_damaged(directory, board, stamp, error.detail)
    if not quarantine.pending(directory):
        _remove_orphans(opened, directory)
    _keep_sidecar(directory, opened)
    return opened


def replace_damaged(directory: Path, board: str, stamp: Stamp, detail: str) -> Opened:
    """Put the damaged file aside, begin a new epoch, and move over what can still be read."""
    log.error("outbox-damaged", extra={"detail": detail})
    if (directory / FILE).exists():
        quarantine.take_aside(directory)
    opened = _create(directory, board, "corrupt", stamp, detail)
    _finish_quarantine(opened, directory, stamp)
    return opened


def _finish_quarantine(opened: Opened, directory: Path, stamp: Stamp) -> None:
    """Steps 3 and 4 of a quarantine, whoever began it. A disk without room for them leaves them to the next start."""
    pending = quarantine.pending(directory)
    if not pending:
        return
    try:
        if lanes.note(opened.db, quarantine.NOTE):
            _check_room(pending)
            _move_over(opened, pending, directory / files.FOLDER, stamp)
        for damaged in pending:
            log.info("outbox-put-aside", extra={"kept_as": quarantine.put_away(damaged).name})
    except BaseException as error:
        if not isinstance(error, OutboxError) or error.code != "disk_full":
            opened.db.close()
            raise
        log.error("outbox-salvage-waits", extra={"detail": error.detail})


def _check_room(pending: list[Path]) -> None:
    """Before, not during: the log of an attempt that fails would keep the room that is left."""
    wanted = 2 * sum(quarantine.size_bytes(damaged) for damaged in pending)  # once in the log, once in the file
    reserve.ensure(pending[0].parent, wanted)
    free = files.free_bytes(pending[0].parent)
    if free < wanted:
        raise OutboxError("disk_full", f"{wanted} bytes are needed to read the damaged outbox, {free} are free")


def _move_over(opened: Opened, pending: list[Path], folder: Path, stamp: Stamp) -> None:
    before = epochs.predecessor(opened.db)
    with drafting(opened.db, opened.memory) as draft:
        for damaged in pending:
            found = salvage.move(draft, damaged, (before, opened.epoch), folder, stamp)
            log.warning("outbox-salvaged", extra=found)
        for stream in STREAMS:
            draft.save(stream)
        lanes.set_note(draft.db, quarantine.NOTE, "")


def write_sidecar(directory: Path, opened: Opened) -> None:
    """Leave beside the outbox what must survive it."""
    heads = {stream: lane.head for stream, lane in opened.memory.lanes.items()}
    sidecar.write(directory, sidecar.Sidecar(opened.epoch, opened.board, heads))


def _keep_sidecar(directory: Path, opened: Opened) -> None:
    """A cut between the outbox's first commit and the sidecar leaves none, or that of the epoch before."""
    known = sidecar.read(directory)
    if known is not None and known.epoch == opened.epoch:
        return
    try:
        write_sidecar(directory, opened)
    except OutboxError as error:
        log.error("no-sidecar", extra={"detail": error.detail})


def _open(directory: Path, board: str, stamp: Stamp) -> Opened:
    path = directory / FILE
    fresh = not path.exists() or path.stat().st_size == 0
    db = Database(path)
    try:
        if fresh or not schema.check(db):
            db.close()
            return _create(directory, board, "corrupt" if quarantine.pending(directory) else "first", stamp)
        opened = _load(db, board, stamp)
        if board and opened.board and board != opened.board:
            renew(opened, directory, board, "board_changed", stamp)
    except BaseException:
        db.close()
        raise
    return opened


def renew(opened: Opened, directory: Path, board: str, reason: str, stamp: Stamp) -> None:
    """Begin a new epoch in the same file and move over what was not acknowledged."""
    heads = {stream: lane.head for stream, lane in opened.memory.lanes.items()}
    birth = epochs.Birth(epochs.new_name(), board, reason, opened.epoch, heads)
    # All in one transaction: events are written once more, blobs as new files. The old ones go after it.
    moved = sum(opened.memory.lanes[stream].size_bytes for stream in ("event", "attachment"))
    reserve.ensure(directory, arithmetic.needed(moved))
    with drafting(opened.db, opened.memory) as draft:
        epochs.renew(draft, birth, directory / files.FOLDER, stamp)
    log.warning("epoch-renewed", extra={"epoch": birth.epoch, "before": opened.epoch, "reason": reason})
    opened.epoch, opened.board = birth.epoch, board
    write_sidecar(directory, opened)


def _load(db: Database, board: str, stamp: Stamp) -> Opened:
    if db.path.stat().st_size <= CHECK_BELOW_BYTES:
        verdict = next(db.rows("PRAGMA quick_check(1)"), ("nothing",))[0]
        if verdict != "ok":
            raise OutboxError("corrupt", str(verdict))
    try:
        epoch, known_board = lanes.note(db, "epoch"), lanes.note(db, "board")
        if epoch is None:
            raise OutboxError("corrupt", "the epoch is missing")
        memory, newest = loading.load(db, _known_heads(db.path.parent, epoch), stamp)
    except OutboxError as error:
        if error.code == "database":  # "no such table": the list of tables itself is damaged
            raise OutboxError("corrupt", error.detail) from error
        raise
    return Opened(db, memory, epoch, known_board or board, newest)


def _known_heads(directory: Path, epoch: str) -> dict[str, int]:
    known = sidecar.read(directory)
    return known.heads if known is not None and known.epoch == epoch else {}


def _create(directory: Path, board: str, reason: str, stamp: Stamp, detail: str = "") -> Opened:
    """A new file. Until its one transaction is on the disk it counts as empty."""
    birth = _birth(directory, board, reason)
    path = directory / FILE
    db = Database(path)
    try:
        memory = Memory({stream: Lane() for stream in STREAMS}, Slots({}))
        with drafting(db, memory) as draft:
            schema.create(db)
            epochs.announce(draft, birth, stamp)
            if reason == "corrupt":
                damage.remember(db, detail, stamp)
            for stream in STREAMS:
                draft.save(stream)
            if quarantine.pending(directory):
                lanes.set_note(db, quarantine.NOTE, "pending")
        path.chmod(0o640)
        files.sync_folder(directory)
        opened = Opened(db, memory, birth.epoch, board)
        write_sidecar(directory, opened)
    except BaseException:
        db.close()
        raise
    return opened


def _birth(directory: Path, board: str, reason: str) -> epochs.Birth:
    """The first epoch, or the successor of the one that the sidecar or the damaged file names."""
    before = sidecar.read(directory)
    damaged = quarantine.pending(directory)
    for path in damaged:
        try:
            wal.mend(path)
            mending.mend_header(path)
        except OSError as error:
            raise files.translated(error, path) from error
    epoch, heads = evidence.identity(damaged[-1]) if damaged else (None, {})
    if before is not None and epoch in (None, before.epoch):
        epoch = before.epoch
        heads = {stream: max(heads.get(stream, 0), before.heads.get(stream, 0)) for stream in STREAMS}
    if epoch is None:
        return epochs.Birth(epochs.new_name(), board, reason)
    lost = sidecar.CARD_REPLACED if before is not None and before.reason == sidecar.CARD_REPLACED else "file_lost"
    why = lost if reason == "first" else reason
    return epochs.Birth(epochs.new_name(), board, why, epoch, heads)


def _remove_orphans(opened: Opened, directory: Path) -> None:
    wanted = {
        str(name)
        for query in (*(schema.FILES[stream] for stream in STREAMS), "SELECT file FROM dead WHERE file IS NOT NULL")
        for (name,) in opened.db.rows(query)
    }
    files.remove_others(directory / files.FOLDER, wanted)
