"""What pictures take at the centre: per camera and day, against the limit, and what it comes to if all goes on so."""

from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Sum

from center.cctv.keeping import Pictures
from center.cctv.models import Deletion, Snapshot, Stored
from center.core.days import DAY_MS, day_of
from center.sites.models import Node

FORECAST_DAYS = 7
"""Whole days an average is taken of: a week has its Sundays."""
SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class OfCamera:
    """One camera: what is held of it, what a day brings, for how long it is kept (0: for good)."""

    site: str
    node: str
    camera: str
    held: int
    held_bytes: int
    daily_bytes: int
    keep_days: int

    @property
    def expected_bytes(self) -> int:
        """What it will take once a whole span is held."""
        return self.daily_bytes * self.keep_days if self.keep_days else self.held_bytes


def storage(now_ms: int) -> dict[str, Any]:
    """Everything the page shows."""
    keep = settings.CENTER.retention
    rows = _cameras(now_ms)
    held_bytes = sum(row.held_bytes for row in rows)
    limit = keep.pictures_gb * 1_000_000_000
    usage = disk_usage(Path(settings.DATA_DIR))
    expected = sum(row.expected_bytes for row in rows)
    daily = sum(row.daily_bytes for row in rows)
    return {
        "rows": rows,
        "held": sum(row.held for row in rows),
        "held_bytes": held_bytes,
        "limit": limit,
        "pct": min(100, round(100 * held_bytes / limit)) if limit else 0,
        "free_bytes": usage.free,
        "free_pct": round(100 * usage.free / usage.total),
        "least_free_pct": keep.disk_free_pct,
        "daily_bytes": daily,
        "expected_bytes": expected,
        "over": bool(limit) and expected > limit,
        "full_days": _full_days(usage.free - usage.total * keep.disk_free_pct // 100, expected - held_bytes, daily),
        "days": _days(now_ms),
        "deleted": _deleted(now_ms),
        "keep_days": keep.picture_days,
        "rules": keep.picture_rules,
    }


def _full_days(room: int, growth: int, daily: int) -> int | None:
    """In how many days the disk is short, when pictures will grow beyond its room; None: they will not."""
    return max(0, room // daily) if daily and growth > room else None


def _cameras(now_ms: int) -> list[OfCamera]:
    since, today = day_of(now_ms - FORECAST_DAYS * DAY_MS), day_of(now_ms)
    held = Stored.objects.values("node", "camera").annotate(held=Sum("held"), held_bytes=Sum("held_bytes"))
    recent = Stored.objects.filter(day__gte=since, day__lt=today).values("node", "camera")
    daily = {
        (one["node"], one["camera"]): one["size"] // max(1, one["days"])
        for one in recent.annotate(size=Sum("size_bytes"), days=Count("day"))
    }
    names = {node.id: str(node.site.display_name) for node in Node.objects.select_related("site")}
    rules = Pictures(Path(settings.DATA_DIR), settings.CENTER.retention)
    rows = []
    for one in held:
        key = one["node"], one["camera"]
        if one["held"] or key in daily:
            keep_days = rules.days_of(*key, _purpose(*key))
            name = names.get(one["node"], one["node"])
            rows.append(OfCamera(name, *key, one["held"], one["held_bytes"], daily.get(key, 0), keep_days))
    return sorted(rows, key=lambda row: (-row.held_bytes, row.node, row.camera))


def _purpose(node: str, camera: str) -> str:
    return (
        Snapshot.objects.filter(node=node, camera=camera).order_by("-at_ms").values_list("purpose", flat=True).first()
        or ""
    )


def _days(now_ms: int) -> list[dict[str, Any]]:
    since = day_of(now_ms - SHOWN_DAYS * DAY_MS)
    rows = Stored.objects.filter(day__gte=since).values("day").order_by("-day")
    sums = {"came": Sum("pictures"), "size": Sum("size_bytes"), "kept": Sum("held"), "kept_bytes": Sum("held_bytes")}
    return [dict(row) for row in rows.annotate(**sums)]


def _deleted(now_ms: int) -> list[dict[str, Any]]:
    """The log in sum, by the day of deletion and why."""
    counts: dict[tuple[int, str], list[int]] = {}
    since_ms = now_ms - SHOWN_DAYS * DAY_MS
    hour = 3_600_000
    rows = Deletion.objects.filter(deleted_ms__gte=since_ms).annotate(slot=F("deleted_ms") / hour)
    for one in rows.values("slot", "why").annotate(count=Count("pk"), size=Sum("size_bytes")).order_by("slot"):
        entry = counts.setdefault((day_of(int(one["slot"]) * hour), one["why"]), [0, 0])
        entry[0] += one["count"]
        entry[1] += one["size"]
    return [
        {"day": day, "why": why, "count": count, "size": size}
        for (day, why), (count, size) in sorted(counts.items(), reverse=True)
    ]
