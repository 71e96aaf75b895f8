"""Tables of connectivity: node states, health reports, node events, boots with their clocks, and the gap ledger.

All rows are projected from raw records by the worker; a row keeps `(boot, mono_ms)` so that its `at_ms` can be derived
again when the boot's clock becomes known better. `at_quality` is `ntp`, `estimated` or `bounded`.
"""

import json

from django.db import models

from center.connectivity.diagnosis_models import NodePath, Outage, VerdictChange

__all__ = [
    "Anchor",
    "Boot",
    "GapLedger",
    "HeldStatement",
    "Integrity",
    "NodeEvent",
    "NodePath",
    "NodeState",
    "Outage",
    "PassedOver",
    "Redating",
    "Report",
    "VerdictChange",
]


class NodeState(models.Model):
    """The state of one node as last computed by `center.core.node_state`, with the evidence it was computed from."""

    node = models.CharField(max_length=64, primary_key=True)
    state = models.CharField(max_length=12, default="UNKNOWN")
    cause = models.CharField(max_length=32, default="", blank=True)
    since_ms = models.BigIntegerField()
    last_seen_ms = models.BigIntegerField(null=True, blank=True)
    # The newest health report of the node: when it arrived, which one it was, how often they are due.
    report_ms = models.BigIntegerField(null=True, blank=True)
    report_epoch = models.CharField(max_length=64, default="", blank=True)
    report_seq = models.BigIntegerField(default=0)
    report_period_s = models.FloatField(default=30)
    verdict = models.CharField(max_length=64, default="", blank=True)
    # JSON lists of codes: those of the newest report, and those of the birth while the disk takes no report.
    warnings = models.TextField(default="[]")
    told_warnings = models.TextField(default="[]", db_default="[]")
    session = models.BigIntegerField(default=0)
    nonce = models.CharField(max_length=64, default="", blank=True)
    boot = models.CharField(max_length=64, default="", blank=True)
    run = models.CharField(max_length=64, default="", blank=True)
    epoch = models.CharField(max_length=64, default="", blank=True)
    version = models.CharField(max_length=500, default="", blank=True)
    online_hint = models.BooleanField(default=False)
    clock_off = models.BooleanField(default=False)

    @property
    def standing_warnings(self) -> list[str]:
        """The codes of what the box warns about now: its birth knows better than an old report."""
        told: list[str] = json.loads(self.told_warnings)
        return told or list(json.loads(self.warnings))


class Report(models.Model):
    """One health report; the often-charted numbers as columns, the whole body as `json`."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    period_s = models.FloatField()
    verdict = models.CharField(max_length=64)
    version = models.CharField(max_length=500, default="", blank=True)
    cpu_pct = models.FloatField(null=True, blank=True)
    mem_pct = models.FloatField(null=True, blank=True)
    disk_pct = models.FloatField(null=True, blank=True)
    temp_c = models.FloatField(null=True, blank=True)
    json = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="report_identity"),)
        indexes = (
            models.Index(fields=("node", "at_ms"), name="report_node_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="report_boot"),
        )


class NodeEvent(models.Model):
    """Start, stop, reach, warning and other journal entries of a node."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    json = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="node_event_identity"),)
        indexes = (
            models.Index(fields=("node", "at_ms"), name="node_event_node_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="node_event_boot"),
        )


class Anchor(models.Model):
    """A boot's clock, pinned: from `mono_ms` on, wall time = mono + `offset_ms`, within `error_ms`.

    `standing`: it says something the ones before it do not (`center.core.times.standing`).
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    offset_ms = models.BigIntegerField()
    error_ms = models.BigIntegerField()
    source = models.CharField(max_length=64)
    standing = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="anchor_identity"),)
        indexes = (models.Index(fields=("node", "boot", "standing", "mono_ms"), name="anchor_standing"),)


class Boot(models.Model):
    """What is known of one boot besides anchors: its predecessor, how long it ran, and its live ceiling.

    `ceiling_ms` = the least (received - mono) among records received while this boot was the node's current one: the
    offset cannot be greater, and live delivery makes it tight.
    """

    node = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, default="", blank=True)
    max_mono_ms = models.BigIntegerField(default=0)
    ceiling_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "boot"), name="boot_identity"),)
        indexes = (models.Index(fields=("node", "previous"), name="boot_previous"),)


class Redating(models.Model):
    """A boot whose rows are to be dated again, and how far that has come (`center.worker.redating`)."""

    node = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    place = models.SmallIntegerField(default=0)
    mono_ms = models.BigIntegerField(default=0)
    skip = models.IntegerField(default=0)
    again = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "boot"), name="redating_identity"),)


class PassedOver(models.Model):
    """A raw record nothing was projected from, and why: `schema`, `kind` (unknown to this version) or `projection`.

    A later version of the centre reads these once more (`center.worker.second_reading`).
    """

    record_id = models.BigIntegerField(primary_key=True)
    node = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    kind = models.CharField(max_length=64)
    reason = models.CharField(max_length=32)
    received_ms = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("stream", "kind"), name="passed_over_kind"),)


class GapLedger(models.Model):
    """What a node gave up, said by itself: `count` records of `stream` between `first` and `last`. Never evicted.

    `epoch` and `seq` name the entry, `of_epoch` is the epoch its numbers belong to: an entry can outlive its file.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    of_epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    count = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    from_ms = models.BigIntegerField(null=True, blank=True)
    to_ms = models.BigIntegerField(null=True, blank=True)
    received_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="gap_identity"),)
        indexes = (models.Index(fields=("node", "of_epoch", "stream", "first"), name="gap_lane"),)


class HeldStatement(models.Model):
    """What a node's newest report said it holds of all streams, and the earlier ones the gap audit asks about.

    `newest`, `asked`, `settled` are JSON {stream: [oldest_held, head]} of the reports numbered `*_seq` (0 = none yet);
    `center.core.audit` says what they mean. Written by the worker alone.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    newest_seq = models.BigIntegerField()
    newest = models.TextField()
    newest_ms = models.BigIntegerField()
    asked_seq = models.BigIntegerField()
    asked = models.TextField()
    settled_seq = models.BigIntegerField(default=0)
    settled = models.TextField(default="{}")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch"), name="held_statement_identity"),)


class Integrity(models.Model):
    """What the gap audit finds of one lane: `count` numbers of `kind` (`center.core.audit.KINDS`); no row = none.

    `ranges` are the first of them as JSON [[first, last] ...]; `since_ms` is when the audit first saw any.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    kind = models.CharField(max_length=10)
    count = models.BigIntegerField()
    ranges = models.TextField()
    since_ms = models.BigIntegerField()
    changed_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "stream", "kind"), name="integrity_identity"),)
