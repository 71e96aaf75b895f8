"""What passes between the centre and the people at the nodes: the downlink outbox, and who works at a box."""

from typing import ClassVar

from django.db import models

from center.operations.command_models import Operation, OperationOutput, OperationTarget
from center.operations.incident_models import (
    Alarm,
    Handover,
    Incident,
    IncidentEntry,
    IncidentMember,
    NodeReach,
    StayEnded,
    Work,
)

__all__ = [
    "Alarm",
    "Downlink",
    "Handover",
    "Incident",
    "IncidentEntry",
    "IncidentMember",
    "Maintenance",
    "NodeReach",
    "NoticeOffer",
    "Operation",
    "OperationOutput",
    "OperationTarget",
    "StayEnded",
    "Work",
]


class Downlink(models.Model):
    """One message for one node. Published when created and again at every birth, until `receipt_at_ms` is set.

    A command or config also has `nonce`, `expires_ms`, `key_id` and `signature` (as in `wire.messages.Downlink`): it is
    published to the session with that nonce alone, until it expires; the commander signs it anew when it still stands.
    """

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
    nonce = models.CharField(max_length=64, default="", blank=True)
    expires_ms = models.BigIntegerField(default=0)
    key_id = models.CharField(max_length=64, default="", blank=True)
    signature = models.CharField(max_length=128, default="", blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("node", "created_ms"),
                condition=models.Q(receipt_at_ms__isnull=True),
                name="downlink_open",
            ),
        )


class NoticeOffer(models.Model):
    """What a box was last offered of a public notice: wording number `revision`, or (`shown` false) to take it down.

    `notice_id` is of the wall's table; `epoch` the box's when it was offered: another one has an empty disk.
    """

    notice_id = models.BigIntegerField()
    node = models.CharField(max_length=64)
    revision = models.IntegerField()
    shown = models.BooleanField()
    epoch = models.CharField(max_length=64)
    downlink_id = models.CharField(max_length=36)
    at_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice_id", "node"), name="notice_offer_identity"),)


class Maintenance(models.Model):
    """A technician at a node said that work lasts until `at_ms + lasts_ms`, or (`active` false) is over. Append-only.

    One row per notice, never changed but for its derived time: who said so, and when, can be read back for ever.
    `by` is the login name on the box.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    active = models.BooleanField()
    lasts_ms = models.BigIntegerField()
    by = models.CharField(max_length=64, default="", blank=True)
    ticket = models.CharField(max_length=64, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)

    objects: ClassVar[models.Manager["Maintenance"]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="maintenance_identity"),)
        indexes = (
            models.Index(fields=("at_ms",), name="maintenance_at"),
            models.Index(fields=("node", "at_ms"), name="maintenance_node_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="maintenance_boot"),
        )
