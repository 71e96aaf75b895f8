"""Tables of what nodes found out about their own line: verdicts, outages as told by the node, and paths.

Rows are projected from events; how their times come about is told in `center.connectivity.models`. `json` is the body
as it was sent (`wire.bodies`).
"""

from django.db import models


class _Told(models.Model):
    """Columns of everything a node tells: which record said so, and when by its boot-time and by the world's."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    json = models.TextField()

    class Meta:
        abstract = True


class VerdictChange(_Told):
    """The node's verdict became `code`: it holds since `since_mono_ms` of the same boot, found out at `at_ms`."""

    since_mono_ms = models.BigIntegerField()
    code = models.CharField(max_length=64)
    confidence_pct = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="verdict_identity"),)
        indexes = (
            models.Index(fields=("node", "at_ms"), name="verdict_node_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="verdict_boot"),
        )

    @property
    def since_ms(self) -> int:
        """Since when it holds, Unix time."""
        return self.at_ms - max(0, self.mono_ms - self.since_mono_ms)


class Outage(_Told):
    """An outage of a node's way to the centre as the node itself saw it, named by the node (`outage`).

    `at_ms`, `mono_ms` are its onset. One row, whichever of its notices came first: `ended` is 0 while it lasts, 1 when
    a later start of the agent concluded its end, 2 when the end was seen; the greater replaces the less. Of two of one
    kind the one with the greater (epoch, seq) stays, so that any order of arrival leaves the same row.
    """

    outage = models.CharField(max_length=64)
    ended = models.SmallIntegerField()
    end_mono_ms = models.BigIntegerField(null=True, blank=True)
    code = models.CharField(max_length=64)
    confidence_pct = models.FloatField()
    how = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "outage"), name="outage_identity"),)
        indexes = (
            models.Index(fields=("node", "at_ms"), name="outage_node_at"),
            models.Index(fields=("node", "epoch", "seq"), name="outage_node_seq"),
            models.Index(fields=("node", "boot", "mono_ms"), name="outage_boot"),
        )

    @property
    def end_ms(self) -> int | None:
        """When it ended, Unix time; None while the node has not said so."""
        return None if self.end_mono_ms is None else self.at_ms + max(0, self.end_mono_ms - self.mono_ms)


class NodePath(_Told):
    """The routers a trace of the node found on the way to `target`; `changed`: others than the time before."""

    target = models.CharField(max_length=500)
    address = models.CharField(max_length=64)
    reached = models.BooleanField()
    changed = models.BooleanField()
    why = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "seq"), name="path_identity"),)
        indexes = (
            models.Index(fields=("node", "at_ms"), name="path_node_at"),
            models.Index(fields=("node", "boot", "mono_ms"), name="path_boot"),
        )
