"""What rows weigh, without their bodies: enough to decide which to delete."""

from collections.abc import Iterable
from pathlib import Path

from agent.outbox import schema
from agent.outbox.database import Database
from wire.shape import Struct

EVERYTHING = (1, 2**53 - 1)


class Weight(Struct, frozen=True):
    """A row as far as deleting goes; `file` is a bare name."""

    seq: int
    size_bytes: int
    wall_ms: int
    file: str | None

    @property
    def doomed(self) -> tuple[int, int, str | None]:
        """As `Draft.delete` takes it."""
        return (self.seq, self.size_bytes, self.file)


def weights(
    db: Database, stream: str, numbers: tuple[int, int] = EVERYTHING, *, most: int, but_kinds: Iterable[str] = ()
) -> list[Weight]:
    """The first `most` rows of these numbers, ascending, without those of some kinds."""
    but = frozenset(but_kinds)
    found: list[Weight] = []
    for seq, size, wall_ms, kind, file in db.rows(schema.WEIGHTS[stream], numbers):
        if len(found) >= most:
            break
        if kind not in but:
            name = Path(str(file)).name if file else None
            found.append(Weight(int(str(seq)), int(str(size)), int(str(wall_ms)), name))
    return found
