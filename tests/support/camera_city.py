"""Days of a camera for pages: a picture each half hour, nights, an afternoon when it was covered, and what went."""

import hashlib
from pathlib import Path

from tests.support import wall_city

SAMPLES = sorted((wall_city.ROOT / "agent" / "cameras" / "samples").glob("*.jpg"))
HALF_HOUR_MS = 1_800_000
DAY_MS = 86_400_000


def fill(data: Path, node: str, days: int = 3, camera: str = "depan", until_ms: int | None = None) -> list[int]:
    """The camera's pictures until `until_ms`, oldest first; their row ids. Rows share a few files. The day before was
    deleted when its time was over."""
    from center.cctv.models import Deletion, Snapshot, Stored
    from center.core.days import day_of

    end_ms = until_ms or wall_city.now_ms()
    rows, before = [], ""
    files = _files(data, node)
    for index in range(days * 48):
        at_ms = end_ms - (days * 48 - 1 - index) * HALF_HOUR_MS
        path, content = files[index % len(files)]
        digest = hashlib.sha256(f"{node}{index}".encode()).hexdigest()
        rows.append(
            Snapshot(
                node=node, epoch="epoch-1", seq=index + 1, camera=camera, purpose="security", boot="boot-1", mono_ms=1,
                wall_ms=at_ms, at_ms=at_ms, at_quality="ntp", age_ms=400, received_ms=at_ms + 900, width=960,
                height=540, size_bytes=len(content), sha256=digest, previous_sha256=before, path=path,
                signature_ok=True, finding="genuine", reason="event" if index % 40 == 7 else "schedule",
                verdict=verdict(at_ms, index), mask_version="5f0c9a1be2d47788",
            )
        )  # fmt: skip
        before = digest
    Snapshot.objects.bulk_create(rows)
    stored: dict[int, list[int]] = {}
    for row in rows:
        sums = stored.setdefault(day_of(row.received_ms), [0, 0])
        sums[0] += 1
        sums[1] += row.size_bytes
    for day, (count, size) in stored.items():
        Stored.objects.create(
            node=node, camera=camera, day=day, pictures=count, size_bytes=size, held=count, held_bytes=size
        )
    gone_ms = end_ms - days * DAY_MS
    Deletion.objects.bulk_create(
        Deletion(
            node=node, epoch="epoch-00", seq=index + 1, camera=camera, at_ms=gone_ms - index * HALF_HOUR_MS,
            at_quality="ntp", size_bytes=52_000, sha256="0" * 64, deleted_ms=end_ms - 3_600_000, why="age",
        )
        for index in range(40)
    )  # fmt: skip
    return list(Snapshot.objects.filter(node=node, epoch="epoch-1").order_by("seq").values_list("pk", flat=True))


def verdict(at_ms: int, index: int) -> str:
    """Dark in the nights of the first two days, covered for two hours of the first afternoon; neither the oldest nor
    the newest picture is bad, whatever hour it is now."""
    hour = (at_ms // 3_600_000 + 7) % 24
    if 1 <= index <= 48 and 15 <= hour < 17:
        return "covered"
    return "dark" if 1 <= index < 96 and hour < 4 else "ok"


def _files(data: Path, node: str) -> list[tuple[str, bytes]]:
    files = []
    for number, sample in enumerate(SAMPLES):
        path = f"pictures/undated/{node}/{number}.jpg"
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(sample.read_bytes())
        files.append((path, sample.read_bytes()))
    return files
