"""Complaints as citizens filed them, and their append-only log.

What was typed or photographed stays sealed (`sealed`, `Attachment.path`); only category, place, class and urgency are
clear. `status` says where the complaint is, `closed_reason` why it ended: two things, two columns.
"""

from typing import Any

from django.db import models


class Complaint(models.Model):
    """One complaint; the identity was made at the edge before the citizen saw the code."""

    service_request_id = models.CharField(max_length=36, primary_key=True)
    code = models.CharField(max_length=16, unique=True)
    node = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    category = models.CharField(max_length=16)
    classification = models.CharField(max_length=16)
    reasons = models.TextField(default="[]")
    urgent = models.BooleanField(default=False)
    channel = models.CharField(max_length=16)
    client_id = models.CharField(max_length=128, default="", blank=True)
    sealed = models.TextField()
    key_id = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    status = models.CharField(max_length=16, default="received")
    closed_reason = models.CharField(max_length=16, default="", blank=True)
    changed_ms = models.BigIntegerField()

    class Meta:
        indexes = (
            models.Index(fields=("status", "received_ms"), name="complaint_status"),
            models.Index(fields=("node", "boot", "mono_ms"), name="complaint_boot"),
        )


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete a log entry. File a new one instead."""


class Event(models.Model):
    """One entry of a complaint's log: `kind` happened, done by `actor` (a user name, or the node's id)."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="events")
    at_ms = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    actor = models.CharField(max_length=150)
    status = models.CharField(max_length=16, default="", blank=True)
    detail = models.TextField(default="", blank=True)

    class Meta:
        ordering = ("id",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("a complaint's log is append-only: file a new entry instead of changing one")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("a complaint's log is append-only: entries are not deleted")


class Attachment(models.Model):
    """One sealed blob that belongs to a complaint; `path` is relative to the data directory."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    service_request_id = models.CharField(max_length=36, db_index=True)
    key_id = models.CharField(max_length=64, default="", blank=True)
    size_bytes = models.IntegerField()
    path = models.CharField(max_length=255)
    received_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="attachment_identity"),)
