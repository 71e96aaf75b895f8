"""Tables of the centre's arithmetic: what proves life, what was concluded from it, and seconds per node and day.

Facts (`Life`, `Alive`; contacts and hearings are ingest's) are kept by boot-time, so that a clock known better later
changes no row. Conclusions (`Outage`, `Day`) follow from the facts alone (`center.core.outages`, `.sweep`): worked out
again, from the oldest moment a `Due` row names, they come out the same in whatever order the facts arrived.
"""

from django.db import models


class Life(models.Model):
    """One run of the agent: the first and last of its records, and what it said of the run before it.

    `verdict`, `reset_reason`, `last_alive_mono_ms` speak of `previous_run` of `previous_boot` (wire StartNotice); ""
    and None while the start notice has not arrived. `stopped_mono_ms`: it was asked to stop. `brownout_mono_ms`: the
    last report that told of too little voltage now. `received_ms`: when the newest of its records arrived; nothing of
    the life happened later, so that those long over are passed by without asking their clocks.
    """

    node = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    first_mono_ms = models.BigIntegerField()
    last_mono_ms = models.BigIntegerField()
    started_mono_ms = models.BigIntegerField(null=True, blank=True)
    previous_run = models.CharField(max_length=64, default="", blank=True)
    previous_boot = models.CharField(max_length=64, default="", blank=True)
    verdict = models.CharField(max_length=20, default="", blank=True)
    reset_reason = models.CharField(max_length=64, default="", blank=True)
    last_alive_mono_ms = models.BigIntegerField(null=True, blank=True)
    stopped_mono_ms = models.BigIntegerField(null=True, blank=True)
    brownout_mono_ms = models.BigIntegerField(null=True, blank=True)
    received_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "boot", "run"), name="life_identity"),)
        indexes = (models.Index(fields=("node", "received_ms"), name="life_node_received"),)


class Alive(models.Model):
    """A stretch of boot-time that health reports of one run cover without a hole: the union of what each covers."""

    node = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    first_mono_ms = models.BigIntegerField()
    last_mono_ms = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("node", "boot", "run", "first_mono_ms"), name="alive_identity"),
            models.CheckConstraint(condition=models.Q(last_mono_ms__gte=models.F("first_mono_ms")), name="alive_order"),
        )


class Outage(models.Model):
    """One outage of one node as the centre concludes it. Seconds that count as lost always point at one.

    It began between `start_lo_ms` and `start_hi_ms`, ended between `end_lo_ms` and `end_hi_ms` (None: it lasts).
    `cause` is a verdict code, or "planned", "restart" (box restarted, cause unknown), "silent" (nobody knows yet).
    `counts`: "down", "up" (the centre's own fault; the line was good) or "unknown". `parent`: the upstream that is
    blamed, else "". `told`: the node itself has explained it. The ticket is people's word; no recomputation touches it.
    """

    node = models.CharField(max_length=64)
    start_lo_ms = models.BigIntegerField()
    start_hi_ms = models.BigIntegerField()
    end_lo_ms = models.BigIntegerField(null=True, blank=True)
    end_hi_ms = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=16)
    party = models.CharField(max_length=16, default="none")
    counts = models.CharField(max_length=8, default="down")
    parent = models.CharField(max_length=64, default="", blank=True)
    told = models.BooleanField(default=False)
    # JSON list of {"what", ...}: the facts the cause rests on, for people and for the ISP.
    evidence = models.TextField(default="[]")
    revision = models.IntegerField(default=1)
    opened_ms = models.BigIntegerField()
    changed_ms = models.BigIntegerField()
    incident = models.BigIntegerField(null=True, blank=True)
    ticket = models.CharField(max_length=64, default="", blank=True)
    reported_ms = models.BigIntegerField(null=True, blank=True)
    reported_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("node", "start_lo_ms"), name="concluded_node_start"),
            models.Index(fields=("start_lo_ms",), name="concluded_start"),
            models.Index(fields=("end_hi_ms",), name="concluded_end"),
        )


class OutageRevision(models.Model):
    """What an outage said before its revision `revision` replaced it, and why (a word of `center.core.outages`).

    An outage that later facts withdrew keeps its revisions; `outage` then names no row any more.
    """

    outage = models.BigIntegerField()
    node = models.CharField(max_length=64)
    revision = models.IntegerField()
    at_ms = models.BigIntegerField()
    why = models.CharField(max_length=32)
    json = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("outage", "revision"), name="outage_revision_identity"),)
        indexes = (models.Index(fields=("node", "at_ms"), name="outage_revision_node"),)


class OwnCut(models.Model):
    """A short cut of the centre's own line, as nodes of several providers told it alike (`center.core.own_cuts`).

    `code`: L7, or U0 where one provider carries all of them. The same cut may have several rows that overlap.
    """

    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    code = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("start_ms", "end_ms", "code"), name="own_cut_identity"),)
        indexes = (models.Index(fields=("end_ms",), name="own_cut_end"),)


class _Seconds(models.Model):
    """What a day, or a part of one, is made of."""

    node = models.CharField(max_length=64)
    day = models.IntegerField()
    up_s = models.IntegerField()
    down_s = models.IntegerField()
    maintenance_s = models.IntegerField()
    unknown_s = models.IntegerField()
    isp_up_s = models.IntegerField()
    isp_down_s = models.IntegerField()
    isp_excluded_s = models.IntegerField()
    isp_unknown_s = models.IntegerField()
    causes = models.TextField(default="{}")

    class Meta:
        abstract = True


class Day(_Seconds):
    """Whole seconds of one node and one day of Asia/Jakarta (`day`: 20261123), by what they were.

    up + down + maintenance + unknown = the seconds of the day that have passed since the node was first heard of.
    `isp_*` are the same for the ISP's promise: within its contract hours, what is not its matter `excluded`.
    `causes`: JSON {cause: seconds} of `down_s`, and of `excluded_s` under "isp".
    """

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "day"), name="day_identity"),)
        indexes = (models.Index(fields=("day",), name="day_day"),)


class DayPart(_Seconds):
    """The seconds of a `Day` from `from_ms` on, until the day's next part: days in which the node's line changed.

    The parts of a day add up to its `Day`, column by column; both are written in one transaction.
    """

    from_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "from_ms"), name="day_part_identity"),)
        indexes = (models.Index(fields=("node", "day"), name="day_part_day"),)


class Due(models.Model):
    """From `from_ms` on this node's outages and days are to be worked out again; `since_ms`: asked for first.

    `version` grows with each mark, so that one set while the node is being worked out is not taken off with it.
    """

    node = models.CharField(max_length=64, primary_key=True)
    from_ms = models.BigIntegerField()
    since_ms = models.BigIntegerField()
    version = models.BigIntegerField(default=1, db_default=1)


class Rollup(models.Model):
    """What a node measured in one bucket of `step_s` (300, 3600, 86400) from `at_ms` on: sums and histograms as JSON.

    Buckets of a day begin at midnight of Asia/Jakarta. `reports`: how many of the node's reports are in it.
    """

    node = models.CharField(max_length=64)
    step_s = models.IntegerField()
    at_ms = models.BigIntegerField()
    reports = models.IntegerField()
    json = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "step_s", "at_ms"), name="rollup_identity"),)
        indexes = (models.Index(fields=("step_s", "at_ms"), name="rollup_step_at"),)


class RollupDue(models.Model):
    """A bucket that is to be worked out again."""

    node = models.CharField(max_length=64)
    step_s = models.IntegerField()
    at_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "step_s", "at_ms"), name="rollup_due_identity"),)
