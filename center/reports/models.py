"""Months as they were published, and what amended them. A published figure changes only by a signed amendment."""

from django.db import models


class FrozenMonth(models.Model):
    """One version of a month (`month`: 202611): version 1 froze it, later ones are amendments with their reason.

    `document` is the canonical JSON every format is drawn from, `digest` its SHA-256 (hex), `signature` the report
    key's Ed25519 signature (base64) of month, version, reason and digest (`center.reports.frozen`). Append-only.
    """

    month = models.IntegerField()
    version = models.IntegerField()
    frozen_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, default="", blank=True)
    document = models.TextField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=100)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("month", "version"), name="frozen_month_identity"),)
        permissions = (("freeze_month", "Can freeze and amend months"),)
