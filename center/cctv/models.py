"""Pictures: one row per snapshot; the file lives under the data directory, written and synced before the row exists."""

from django.db import models


class Snapshot(models.Model):
    """One picture. `path` is relative to the data directory; the moment of exposure is `at_ms - age_ms`."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    camera = models.CharField(max_length=64)
    purpose = models.CharField(max_length=64, default="", blank=True)
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    age_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    size_bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, default="", blank=True)
    key_id = models.CharField(max_length=64, default="", blank=True)
    path = models.CharField(max_length=255)
    # False = kept and flagged: the signature does not match the key registered for the node, or none is registered.
    signature_ok = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="snapshot_identity"),)
        indexes = (
            models.Index(fields=("node", "camera", "at_ms"), name="snapshot_camera_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="snapshot_boot"),
        )
