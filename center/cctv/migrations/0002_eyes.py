"""Why and how well a picture was taken, a log of what was deleted, what each camera stores, and keys nodes had before."""

import base64
import binascii
from typing import Any

from django.db import migrations, models


def count_what_is_there(apps: Any, _editor: Any) -> None:
    """The account of storage begins with the pictures there are."""
    from center.core.days import day_of

    stored: dict[tuple[str, str, int], list[int]] = {}
    rows = apps.get_model("cctv", "Snapshot").objects.values_list("node", "camera", "received_ms", "size_bytes")
    for node, camera, received_ms, size_bytes in rows.iterator():
        sums = stored.setdefault((node, camera, day_of(received_ms)), [0, 0])
        sums[0] += 1
        sums[1] += size_bytes
    model = apps.get_model("cctv", "Stored")
    for (node, camera, day), (count, size) in sorted(stored.items()):
        model.objects.create(
            node=node, camera=camera, day=day, pictures=count, size_bytes=size, held=count, held_bytes=size
        )


def keep_the_keys(apps: Any, _editor: Any) -> None:
    """The keys nodes have now are the first of their history."""
    from wire.seal import key_id

    model = apps.get_model("cctv", "NodeKey")
    for node in apps.get_model("sites", "Node").objects.exclude(sign_key=""):
        try:
            raw = base64.b64decode(node.sign_key, validate=True)
        except (binascii.Error, ValueError):
            continue
        since_ms = int(node.enrolled_at.timestamp() * 1000)
        model.objects.create(node=node.id, key_id=key_id(raw), public=node.sign_key, since_ms=since_ms)


class Migration(migrations.Migration):

    dependencies = [
        ("cctv", "0001_initial"),
        ("sites", "0004_line_terms"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="snapshot",
            options={"permissions": (("export_snapshot", "Can take pictures along as evidence"),)},
        ),
        migrations.AddField("snapshot", "reason", models.CharField(blank=True, default="", max_length=10)),
        migrations.AddField("snapshot", "request_id", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("snapshot", "verdict", models.CharField(blank=True, default="", max_length=10)),
        migrations.AddField("snapshot", "mask_version", models.CharField(blank=True, default="", max_length=16)),
        migrations.AddField("snapshot", "evicted", models.TextField(default="[]")),
        migrations.AddField("snapshot", "evicted_more", models.BigIntegerField(default=0)),
        migrations.AddField("snapshot", "finding", models.CharField(blank=True, default="", max_length=16)),
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=64)),
                ("epoch", models.CharField(max_length=64)),
                ("seq", models.BigIntegerField()),
                ("camera", models.CharField(max_length=64)),
                ("purpose", models.CharField(blank=True, default="", max_length=64)),
                ("at_ms", models.BigIntegerField()),
                ("at_quality", models.CharField(max_length=10)),
                ("size_bytes", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("previous_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("evicted", models.TextField(default="[]")),
                ("evicted_more", models.BigIntegerField(default=0)),
                ("deleted_ms", models.BigIntegerField()),
                ("why", models.CharField(max_length=10)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["node", "camera", "at_ms"], name="deletion_camera_at"),
                    models.Index(fields=["deleted_ms"], name="deletion_when"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("node", "epoch", "seq"), name="deletion_identity"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stored",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=64)),
                ("camera", models.CharField(max_length=64)),
                ("day", models.IntegerField()),
                ("pictures", models.IntegerField()),
                ("size_bytes", models.BigIntegerField()),
                ("held", models.IntegerField()),
                ("held_bytes", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("node", "camera", "day"), name="stored_day")],
            },
        ),
        migrations.CreateModel(
            name="NodeKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=16)),
                ("public", models.CharField(max_length=44)),
                ("since_ms", models.BigIntegerField()),
                ("revoked_ms", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("node", "public"), name="node_key")],
            },
        ),
        migrations.RunPython(count_what_is_there, migrations.RunPython.noop),
        migrations.RunPython(keep_the_keys, migrations.RunPython.noop),
    ]
