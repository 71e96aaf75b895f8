"""Pictures on PostgreSQL: stored, accounted for, deleted with their line, exported and checked as on SQLite."""

import time
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.support.arrivals import project_all, register_node, signed_picture, store_payload
from tests.support.fleet import NODE
from wire import topics

pytestmark = pytest.mark.full
KEY = SigningKey(b"\x07" * 32)
DAY_MS = 86_400_000


def test_a_picture_lives_and_goes_as_on_sqlite(center_data: Path, tmp_path: Path) -> None:  # noqa: F811
    from center.cctv.chain import finding_of
    from center.cctv.keeping import Pictures
    from center.cctv.models import Deletion, Snapshot, Stored
    from center.cctv.pack import check
    from center.cctv.pack.build import Span, write_pack
    from center.config import RetentionConfig
    from center.reports.keys import load_key
    from center.web.camera_rows import beside, day_slots, hour_slots
    from center.web.picture_storage import storage

    now_ms = int(time.time() * 1000)
    register_node(KEY)
    for seq in (1, 2, 3):
        store_payload(center_data, topics.up(NODE, "snapshot"), signed_picture(KEY, seq=seq), now_ms)
    project_all(center_data)
    rows = list(Snapshot.objects.order_by("seq"))
    assert [row.finding for row in rows] == ["genuine"] * 3
    assert finding_of(rows[0]) == "first" and beside(rows[1]) == (rows[0].pk, rows[2].pk)
    (day,) = day_slots(NODE, "depan", rows[2].at_ms)
    assert sum(slot.count for slot in hour_slots(NODE, "depan", day)) == 3
    path = tmp_path / "pack.zip"
    with path.open("w+b") as target:
        write_pack(target, center_data, Span(NODE, "depan", 0, 2**52), load_key(center_data), now_ms)
    assert [one["finding"] for one in check.check_pack(str(path))["pictures"]] == ["genuine"] * 3
    Snapshot.objects.filter(seq__lte=2).update(at_ms=now_ms - 8 * DAY_MS, at_quality="ntp")
    Snapshot.objects.filter(seq=3).update(at_ms=now_ms, at_quality="ntp")
    list(Pictures(center_data, RetentionConfig()).pass_(now_ms))
    assert list(Deletion.objects.order_by("seq").values_list("seq", "why")) == [(1, "age"), (2, "age")]
    told = storage(now_ms)
    assert (told["held"], told["deleted"][0]["count"], Stored.objects.get().pictures) == (1, 2, 3)
    Stored.objects.update(held_bytes=10**12)
    assert not Pictures(center_data, RetentionConfig()).make_room(now_ms)  # the newest of its camera stays
