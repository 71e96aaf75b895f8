"""How long pictures stay, what goes when room is short, and that every one that goes leaves its line in the log."""

import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import project_all, register_node, signed_picture, store_payload
from tests.support.fleet import NODE
from wire import topics

KEY = SigningKey(b"\x07" * 32)
DAY_MS = 86_400_000
OTHER = "kel-3673011002"


def now_ms() -> int:
    return int(time.time() * 1000)


def arrive(data: Path, count: int, node: str = NODE, received_ms: int | None = None) -> None:
    for seq in range(1, count + 1):
        file = signed_picture(KEY, seq=seq, node=node)
        store_payload(data, topics.up(node, "snapshot"), file, now_ms() if received_ms is None else received_ms)
    project_all(data)


def keeping(data: Path, **keep: Any) -> Any:
    from center.cctv.keeping import Pictures
    from center.config import RetentionConfig

    return Pictures(data, RetentionConfig(**keep))


def files(data: Path) -> list[Path]:
    return sorted(data.glob("pictures/**/*.jpg"))


def age(days: int, **which: Any) -> None:
    """They were taken so many days ago, and that is known."""
    from center.cctv.models import Snapshot

    Snapshot.objects.filter(**which).update(at_ms=now_ms() - days * DAY_MS, at_quality="ntp")


@pytest.fixture
def two(center_data: Path) -> Path:
    """Four pictures each of two boxes, taken and received now."""
    for node in (NODE, OTHER):
        register_node(KEY, node)
        arrive(center_data, 4, node)
    age(0)
    return center_data


def test_a_picture_goes_with_its_file_and_leaves_a_line_that_says_which_when_and_why(two: Path) -> None:
    from center.cctv.models import Deletion, Snapshot, Stored

    age(8, node=NODE, seq__lte=3)
    gone = list(Snapshot.objects.filter(node=NODE, seq__lte=3).values_list("seq", "sha256", "previous_sha256"))
    at_ms = now_ms()
    for _ in keeping(two).pass_(at_ms):
        pass
    rows = Deletion.objects.order_by("seq")
    assert [(row.seq, row.sha256, row.previous_sha256) for row in rows] == gone
    assert {(row.node, row.camera, row.purpose, row.why, row.deleted_ms) for row in rows} == {
        (NODE, "depan", "traffic", "age", at_ms)
    }
    assert Snapshot.objects.count() == 5 and len(files(two)) == 5
    assert not any(hasattr(row, name) for row in rows for name in ("path", "image"))
    assert sum(Stored.objects.values_list("held", flat=True)) == 5
    assert sum(Stored.objects.values_list("pictures", flat=True)) == 8


def test_days_are_counted_from_when_it_was_taken_where_that_is_known(two: Path) -> None:
    from center.cctv.models import Snapshot

    age(8, node=NODE)  # a backlog that arrived just now
    age(8, node=OTHER)
    Snapshot.objects.filter(node=OTHER).update(at_quality="bounded")
    list(keeping(two).pass_(now_ms()))
    assert set(Snapshot.objects.values_list("node", flat=True)) == {OTHER}


@pytest.mark.parametrize(
    ("rules", "left"),
    [((), 0), (("traffic=14",), 8), ((f"{NODE}/depan=14",), 4), (("traffic=14", f"{NODE}/depan=3"), 4),
     (("traffic=0",), 8), (("security=14",), 0)],
)  # fmt: skip
def test_a_camera_or_a_purpose_may_have_days_of_its_own(two: Path, rules: tuple[str, ...], left: int) -> None:
    from center.cctv.models import Snapshot

    age(10)
    list(keeping(two, picture_rules=rules).pass_(now_ms()))
    assert (Snapshot.objects.count(), len(files(two))) == (left, left)


def test_over_the_limit_the_oldest_go_first_and_the_newest_of_each_camera_stays(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.cctv import keeping as module
    from center.cctv.models import Deletion, Snapshot, Stored

    monkeypatch.setattr(module, "STEP_PICTURES", 2)
    for row in Snapshot.objects.order_by("id"):
        Snapshot.objects.filter(pk=row.pk).update(at_ms=row.at_ms + row.pk)
    Stored.objects.update(held_bytes=30_000_000_000)
    assert keeping(two, pictures_gb=50).make_room(now_ms())
    assert list(Deletion.objects.order_by("id").values_list("node", "seq", "why")) == [
        (NODE, 1, "limit"), (NODE, 2, "limit"),
    ]  # fmt: skip
    room = keeping(two, pictures_gb=50)
    while room.make_room(now_ms()):
        pass
    assert set(Snapshot.objects.values_list("node", "seq")) == {(NODE, 4), (OTHER, 4)}
    Stored.objects.update(held_bytes=1)
    assert not keeping(two, pictures_gb=50).make_room(now_ms())


def test_a_disk_that_is_short_is_why_and_one_with_room_is_left_alone(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.cctv.models import Deletion

    free = [2]
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _path: SimpleNamespace(total=100, used=100 - free[0], free=free[0])
    )
    assert not keeping(two, disk_free_pct=0).make_room(now_ms())
    assert keeping(two, disk_free_pct=3).make_room(now_ms())
    assert set(Deletion.objects.values_list("why", flat=True)) == {"disk"}
    free[0] = 50
    count = Deletion.objects.count()
    assert not keeping(two, disk_free_pct=3).make_room(now_ms())
    assert Deletion.objects.count() == count == 6


def test_wherever_deleting_stops_the_next_pass_ends_it(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from center.cctv import keeping as module
    from center.cctv.models import Deletion, Snapshot

    age(8)

    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "note_deleted", stops)
        with pytest.raises(KeyboardInterrupt):
            list(keeping(two).pass_(now_ms()))
    assert (Snapshot.objects.count(), Deletion.objects.count(), files(two)) == (8, 0, [])
    list(keeping(two).pass_(now_ms()))
    assert (Snapshot.objects.count(), Deletion.objects.count()) == (0, 8)


def test_a_deleted_picture_that_is_sent_again_is_acknowledged_and_comes_back_nowhere(two: Path) -> None:
    from center.cctv.models import Snapshot

    age(8, node=NODE)
    list(keeping(two).pass_(now_ms()))
    before = files(two)
    (result,) = store_payload(two, topics.up(NODE, "snapshot"), signed_picture(KEY, seq=1), now_ms())
    project_all(two)
    assert result.stored == (1,) and result.new == 0
    assert (files(two), Snapshot.objects.filter(node=NODE).count()) == (before, 0)


def test_pictures_of_before_stay_where_they_lie_and_are_not_doubled_when_they_come_again(center_data: Path) -> None:
    from center.cctv.models import Snapshot
    from center.ingest.decode import blob_path
    from center.ingest.models import RawRecord

    register_node(KEY)
    payload = signed_picture(KEY)
    store_payload(center_data, topics.up(NODE, "snapshot"), payload, now_ms())
    digest = RawRecord.objects.get().hash
    (dated,) = files(center_data)
    assert dated.relative_to(center_data).as_posix() == f"pictures/2025/10/09/{NODE}/{digest}.jpg"
    earlier = center_data / blob_path("snapshot", NODE, digest)
    earlier.parent.mkdir(parents=True)
    dated.rename(earlier)  # as the version before had put it
    project_all(center_data)
    assert Snapshot.objects.get().path == earlier.relative_to(center_data).as_posix()
    store_payload(center_data, topics.up(NODE, "snapshot"), payload, now_ms())
    assert (files(center_data), earlier.read_bytes()) == ([], payload)


def test_emptied_folders_of_past_days_go_and_those_in_use_stay(two: Path) -> None:
    assert len(list(two.glob("pictures/2025/10/09/*"))) == 2
    age(8)
    list(keeping(two).pass_(now_ms()))
    assert not list(two.glob("pictures/*"))


def test_a_page_of_storage_adds_up(two: Path) -> None:
    from center.web.picture_storage import storage

    told = storage(now_ms())
    assert (told["held"], len(told["rows"]), told["over"]) == (8, 2, False)
    assert told["held_bytes"] == sum(file.stat().st_size for file in files(two)) - _records(two)
    age(8, node=NODE)
    list(keeping(two).pass_(now_ms()))
    told = storage(now_ms())
    assert (told["held"], [row.node for row in told["rows"]]) == (4, [OTHER])
    assert [(row["why"], row["count"]) for row in told["deleted"]] == [("age", 4)]


def _records(data: Path) -> int:
    """What the records inside the files take: the account counts pictures."""
    from wire.snapshot import extract

    return sum(file.stat().st_size - len(extract(file.read_bytes()).image) for file in files(data))
