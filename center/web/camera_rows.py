"""What the pages of cameras show: every camera with its newest picture, and one camera's days, hours and pictures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, QuerySet

from center.accounts import reach
from center.cctv.models import Deletion, Snapshot, Stored
from center.core.days import DAY_MS, bounds, day_of, days
from center.sites.models import Node
from center.web.picture_words import BAD_VERDICTS

MOST_CAMERAS = 300
MOST_DAYS = 31
SHEET = 24
"""Pictures on one sheet: some 1.5 MB, loaded as they come into view."""
HOUR_MS = 3_600_000
AHEAD_MS = 300_000
"""A picture may be this far ahead of the centre's clock and still be the newest: a box's clock may say anything."""
FIRST_MS, LAST_MS = 0, 7_258_118_400_000
LATE_PERIODS = 3
LEAST_LATE_MS, USUAL_LATE_MS = 120_000, 900_000


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera with its newest picture. `late`: it has been silent for three of its usual intervals."""

    node: Node
    name: str
    newest: Snapshot
    late: bool


@dataclass(slots=True)
class Slot:
    """A day or an hour: how many pictures, and the worst that was said of one ("" for nothing bad)."""

    number: int
    count: int = 0
    worst: str = ""
    verdicts: "Counter[str]" = field(default_factory=Counter)

    def add(self, verdict: str, count: int) -> None:
        """So many pictures of this verdict more."""
        self.count += count
        self.verdicts[verdict] += count
        if verdict in BAD_VERDICTS and (not self.worst or BAD_VERDICTS.index(verdict) < BAD_VERDICTS.index(self.worst)):
            self.worst = verdict


def cameras(user: Any, now_ms: int) -> list[Camera]:
    """Every camera within reach that has a picture, by the name of its site."""
    nodes = {node.id: node for node in reach.of_nodes(Node.objects.select_related("site"), user, "id")}
    found = []
    for node, camera in _names(user):
        newest = of_camera(node, camera).filter(at_ms__lte=now_ms + AHEAD_MS).reverse()[:2] if node in nodes else ()
        if rows := list(newest):
            found.append(Camera(nodes[node], camera, rows[0], _is_late(rows, now_ms)))
    return sorted(found, key=lambda camera: (camera.node.site.display_name, camera.node.id, camera.name))


def _names(user: Any) -> list[tuple[str, str]]:
    """Every camera within reach there are pictures of: from the account, instead of through all pictures."""
    held = reach.of_nodes(Stored.objects.filter(held__gt=0), user).order_by("node", "camera")
    return list(held.values_list("node", "camera").distinct()[:MOST_CAMERAS])


def of_camera(node: str, camera: str) -> "QuerySet[Snapshot]":
    """All pictures of one camera, oldest first."""
    return Snapshot.objects.filter(node=node, camera=camera).order_by("at_ms", "id")


def newest_of(node: str, camera: str, now_ms: int) -> Snapshot | None:
    """The picture taken last; one from the future only when there is no other."""
    rows = of_camera(node, camera)
    return rows.filter(at_ms__lte=now_ms + AHEAD_MS).last() or rows.last()


def day_slots(node: str, camera: str, until_ms: int) -> dict[int, Slot]:
    """The days of which pictures are held, up to MOST_DAYS of them, each with its count; days between are there too."""
    if not FIRST_MS <= until_ms < LAST_MS:
        return {}
    start_ms = bounds(day_of(max(FIRST_MS, until_ms - MOST_DAYS * DAY_MS))).start_ms
    rows = of_camera(node, camera).filter(at_ms__gte=start_ms, at_ms__lt=until_ms + DAY_MS)
    slots = _slots(rows, start_ms, DAY_MS, lambda place: day_of(start_ms + place * DAY_MS))
    return {day: slots.get(day, Slot(day)) for day in days(min(slots), max(slots))} if slots else {}


def hour_slots(node: str, camera: str, day: int) -> list[Slot]:
    """The 24 hours of a day."""
    span = bounds(day)
    rows = of_camera(node, camera).filter(at_ms__gte=span.start_ms, at_ms__lt=span.end_ms)
    slots = _slots(rows, span.start_ms, HOUR_MS, lambda place: place)
    return [slots.get(hour, Slot(hour)) for hour in range(24)]


def sheet(rows: "QuerySet[Snapshot]", page: int) -> tuple[list[Snapshot], int]:
    """The pictures of one page of a sheet, newest first, and how many pages there are."""
    pages = max(1, -(-rows.count() // SHEET))
    page = min(max(page, 1), pages)
    return list(rows.reverse()[(page - 1) * SHEET : page * SHEET]), pages


def beside(row: Snapshot) -> tuple[int | None, int | None]:
    """Ids of the pictures taken right before and right after this one."""
    same = of_camera(row.node, row.camera)
    before = same.filter(at_ms__lt=row.at_ms).reverse() | same.filter(at_ms=row.at_ms, id__lt=row.id).reverse()
    after = same.filter(at_ms__gt=row.at_ms) | same.filter(at_ms=row.at_ms, id__gt=row.id)
    return _first_id(before), _first_id(after)


def deleted_of(node: str, camera: str, day: int) -> list[tuple[str, int]]:
    """Why pictures of a day were deleted, and how many."""
    span = bounds(day)
    rows = Deletion.objects.filter(node=node, camera=camera, at_ms__gte=span.start_ms, at_ms__lt=span.end_ms)
    return [(one["why"], one["count"]) for one in rows.values("why").annotate(count=Count("pk")).order_by("why")]


def _slots(rows: "QuerySet[Snapshot]", start_ms: int, width_ms: int, number: Callable[[int], int]) -> dict[int, Slot]:
    """The rows by their place since `start_ms`, counted by the database: a week of one each ten seconds is 60,000."""
    counted = rows.order_by().values("verdict", place=(F("at_ms") - start_ms) / width_ms).annotate(count=Count("pk"))
    slots: dict[int, Slot] = {}
    for one in counted:
        at = number(int(one["place"]))
        slots.setdefault(at, Slot(at)).add(one["verdict"], one["count"])
    return slots


def _first_id(rows: "QuerySet[Snapshot]") -> int | None:
    return rows.values_list("id", flat=True).first()


def _is_late(newest: Sequence[Snapshot], now_ms: int) -> bool:
    """Of the newest picture and, where there is one, the one before it."""
    at_ms = newest[0].at_ms
    period = USUAL_LATE_MS // LATE_PERIODS if len(newest) == 1 else at_ms - newest[1].at_ms
    return now_ms - at_ms > max(LEAST_LATE_MS, min(LATE_PERIODS * period, 12 * USUAL_LATE_MS))
