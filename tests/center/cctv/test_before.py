"""A centre that has pictures from before: the update counts them, and takes the keys it knows into the history."""

from pathlib import Path

from nacl.signing import SigningKey

from tests.support.arrivals import register_node
from tests.support.fleet import NODE

KEY = SigningKey(b"k" * 32)


def test_the_update_counts_what_is_there_and_keeps_the_keys(center_data: Path) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from center.cctv.models import NodeKey, Snapshot, Stored
    from center.core.days import day_of

    MigrationExecutor(connection).migrate([("cctv", "0001_initial")])
    register_node(KEY)
    columns = (
        "node, epoch, seq, camera, purpose, boot, mono_ms, wall_ms, at_ms, at_quality, age_ms, received_ms, width, "
        "height, size_bytes, sha256, previous_sha256, key_id, path, signature_ok"
    )
    received_ms = 1_764_205_200_000
    with connection.cursor() as cursor:
        for seq, size in ((1, 100), (2, 250)):
            values = [NODE, "e", seq, "depan", "traffic", "b", 1, 1, 1, "ntp", 0, received_ms, 1, 1, size, "a" * 64, "",
                      "", f"snapshots/{NODE}/{seq}.jpg", True]  # fmt: skip
            cursor.execute(
                f"INSERT INTO cctv_snapshot ({columns}) VALUES ({', '.join(['%s'] * len(values))})",
                values,
            )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    row = Stored.objects.get()
    assert (row.node, row.camera, row.day) == (NODE, "depan", day_of(received_ms))
    assert (row.pictures, row.size_bytes, row.held, row.held_bytes) == (2, 350, 2, 350)
    assert NodeKey.objects.get().node == NODE
    old = Snapshot.objects.get(seq=1)
    assert (old.verdict, old.evicted, old.finding) == ("", "[]", "")
