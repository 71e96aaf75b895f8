"""The newest look of each node at each public site."""

from django.db import models


class Look(models.Model):
    """One node's newest look at one site, projected from its health reports by the worker.

    `site` is the name the node's configuration gives it. `since_ms`: since when this node finds what it finds now (`ok`
    and `reason` unchanged). `detail` is the row's evidence as JSON (`wire.bodies.ProbeWindow`).
    """

    node = models.CharField(max_length=64)
    site = models.CharField(max_length=500)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    ok = models.BooleanField()
    reason = models.CharField(max_length=120, default="", blank=True)
    since_ms = models.BigIntegerField()
    total_ms = models.FloatField(null=True, blank=True)
    detail = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "site"), name="look_identity"),)
        indexes = (models.Index(fields=("node", "boot", "mono_ms"), name="look_boot"),)
