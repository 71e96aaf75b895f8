"""Pictures: one row per snapshot; the file lives under the data directory, written and synced before the row exists.

What has been deleted stays as a line of the deletion log, which is also what keeps the chain of a camera readable.
"""

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
    # Why it was taken (schedule, event, request), for which request, and what the node's own judge said of it.
    reason = models.CharField(max_length=10, default="", blank=True)
    request_id = models.CharField(max_length=64, default="", blank=True)
    verdict = models.CharField(max_length=10, default="", blank=True)
    mask_version = models.CharField(max_length=16, default="", blank=True)
    # Links of pictures the node had to give up before it sent them (JSON list), and how many more found no room.
    evicted = models.TextField(default="[]")
    evicted_more = models.BigIntegerField(default=0)
    # What was found when the signature was held against the node's keys (`center.evidence.Finding`).
    finding = models.CharField(max_length=16, default="", blank=True)
    # False = kept and flagged: the signature does not match the key registered for the node, or none is registered.
    signature_ok = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="snapshot_identity"),)
        indexes = (
            models.Index(fields=("node", "camera", "at_ms"), name="snapshot_camera_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="snapshot_boot"),
        )
        permissions = (("export_snapshot", "Can take pictures along as evidence"),)


class Deletion(models.Model):
    """One picture that was deleted: which, when and why. It holds no image, only what the chain needs to be read on.

    `why`: "age" (its time was over), "limit" (all pictures together had reached their limit), "disk" (it was short).
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    camera = models.CharField(max_length=64)
    purpose = models.CharField(max_length=64, default="", blank=True)
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    size_bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, default="", blank=True)
    evicted = models.TextField(default="[]")
    evicted_more = models.BigIntegerField(default=0)
    deleted_ms = models.BigIntegerField()
    why = models.CharField(max_length=10)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="deletion_identity"),)
        indexes = (
            models.Index(fields=("node", "camera", "at_ms"), name="deletion_camera_at"),
            models.Index(fields=("deleted_ms",), name="deletion_when"),
        )


class Stored(models.Model):
    """What one camera brought on one day (of receipt, in the city), and how much of that is still held."""

    node = models.CharField(max_length=64)
    camera = models.CharField(max_length=64)
    day = models.IntegerField()
    pictures = models.IntegerField()
    size_bytes = models.BigIntegerField()
    held = models.IntegerField()
    held_bytes = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "camera", "day"), name="stored_day"),)


class NodeKey(models.Model):
    """A signing key a node has, or had: a box that was enrolled anew has signed pictures with its earlier one."""

    node = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    public = models.CharField(max_length=44)
    since_ms = models.BigIntegerField()
    revoked_ms = models.BigIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "public"), name="node_key"),)
