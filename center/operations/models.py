"""The downlink outbox: what the centre owes a node until the node's receipt closes it."""

from django.db import models


class Downlink(models.Model):
    """One message for one node. Published when created and again at every birth, until `receipt_at_ms` is set."""

    id = models.CharField(max_length=36, primary_key=True)
    node = models.CharField(max_length=64)
    leaf = models.CharField(max_length=16)
    body = models.TextField()
    generation = models.CharField(max_length=64)
    created_ms = models.BigIntegerField()
    published_ms = models.BigIntegerField(null=True, blank=True)
    attempts = models.IntegerField(default=0)
    receipt_at_ms = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("node", "created_ms"),
                condition=models.Q(receipt_at_ms__isnull=True),
                name="downlink_open",
            ),
        )
