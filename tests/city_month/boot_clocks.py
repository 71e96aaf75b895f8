"""The clocks of one node's boots as the centre knows them from the evidence: anchors, live arrivals, neighbours."""

from collections.abc import Sequence

from center.core.times import Anchor as KnownAnchor
from center.core.times import BootClock, is_possible, standing
from tests.city_month.evidence import Anchor, Brownout, Reports, Row, Start, Stop


class Clocks:
    """Of all rows that had arrived by `now_ms`."""

    def __init__(self, rows: Sequence[Row], now_ms: int) -> None:
        self._rows, self._now_ms = rows, now_ms
        starts = [row for row in rows if isinstance(row, Start)]
        self._previous = {row.boot: row.previous_boot for row in starts if row.previous_boot != row.boot}
        boots = {row.boot for row in rows if hasattr(row, "boot")}
        self._own = {boot: self._alone(boot) for boot in boots}

    def of(self, boot: str) -> BootClock:
        """One boot's clock, bounded by its neighbours where nothing else is known."""
        own = self._own.get(boot, BootClock())
        if own.anchors or own.ceiling_ms is not None:
            return own
        return BootClock(not_before_ms=self._end_before(boot), not_after_ms=self._start_after(boot))

    def _alone(self, boot: str) -> BootClock:
        filed = [row for row in self._rows if isinstance(row, Anchor) and row.boot == boot]
        anchors = sorted(
            (KnownAnchor(row.mono_ms, row.offset_ms, row.error_ms) for row in filed if _possible(row)),
            key=lambda one: one.mono_ms,
        )
        live = [
            row.arrived_ms - row.first_ms
            for row in self._rows
            if isinstance(row, Reports) and row.boot == boot and row.live
        ]
        return BootClock(tuple(anchors[index] for index in standing(anchors)), min(live, default=None))

    def _end_before(self, boot: str) -> int | None:
        seen = {boot}
        while (boot := self._previous.get(boot, "")) and boot not in seen:
            seen.add(boot)
            start = self._start_ms(boot)
            if start is not None:
                mine = [row for row in self._rows if getattr(row, "boot", "") == boot]
                return start + max((mono for row in mine for mono in monos(row, self._now_ms)), default=0)
        return None

    def _start_after(self, boot: str) -> int | None:
        seen = {boot}
        while heir := next((one for one, before in self._previous.items() if before == boot and one not in seen), ""):
            boot = heir
            seen.add(boot)
            start = self._start_ms(boot)
            if start is not None:
                return start
        return None

    def _start_ms(self, boot: str) -> int | None:
        own = self._own.get(boot, BootClock())
        return own.anchors[0].offset_ms if own.anchors else own.ceiling_ms


def filed_by(row: Row, boot: str, run: str) -> bool:
    """Whether this run filed the row as a sign of its own life."""
    return isinstance(row, Start | Stop | Brownout | Reports) and (row.boot, row.run) == (boot, run)


def monos(row: Row, now_ms: int) -> tuple[int, ...]:
    """The boot-times this row is a sign of life at."""
    if isinstance(row, Start | Stop | Brownout):
        return (row.mono_ms,)
    return (row.first_ms, last_ms(row, now_ms)) if isinstance(row, Reports) else ()


def last_ms(row: Reports, now_ms: int) -> int:
    """The last of these reports that had arrived."""
    if not row.live:
        return row.last_ms
    return row.first_ms + min(row.last_ms - row.first_ms, now_ms - row.arrived_ms) // row.step_ms * row.step_ms


def _possible(row: Anchor) -> bool:
    return is_possible(row.mono_ms + row.offset_ms, row.arrived_ms)
