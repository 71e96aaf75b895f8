"""What was asked of boxes from afar: an operation, its nodes one by one, and what they printed."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class OperationState(models.TextChoices):
    """Where an operation as a whole stands. Those of `OVER` never change."""

    WAITING = "waiting", _("waiting for a second person")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    ABORTED = "aborted", _("stopped at its threshold")
    CANCELLED = "cancelled", _("cancelled")
    LAPSED = "lapsed", _("nobody approved it in time")


OVER = frozenset({"done", "aborted", "cancelled", "lapsed"})


class TargetState(models.TextChoices):
    """Where one node of an operation stands. Those of `FINAL` never change (but see `Operations` in docs)."""

    QUEUED = "queued", _("not begun")
    DUE = "due", _("to be sent")
    SENT = "sent", _("sent")
    ACCEPTED = "accepted", _("accepted")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    REJECTED = "rejected", _("rejected by the box")
    EXPIRED = "expired", _("expired")
    SKIPPED = "skipped", _("not carried out")


TARGET_FINAL = frozenset({"done", "failed", "rejected", "expired", "skipped"})


class Operation(models.Model):
    """One command on one node or many. `arguments`: JSON of the command's struct in `wire.commands`.

    `made_by` and `second_by` are account names. `why` and `why_facts` (JSON) say why it stopped: a word and its
    figures. Waves: the first `canary` nodes alone, then `batch_size` at a time, `pause_s` between two waves; it stops
    when more than `abort_pct` per cent of all nodes failed, and when any canary did.
    """

    id = models.CharField(max_length=36, primary_key=True)
    command = models.CharField(max_length=32)
    arguments = models.TextField(default="{}")
    note = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=10, choices=OperationState, db_index=True)
    why = models.CharField(max_length=40, default="", blank=True)
    why_facts = models.TextField(default="{}")
    made_by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()
    second_by = models.CharField(max_length=150, default="", blank=True)
    second_ms = models.BigIntegerField(null=True, blank=True)
    lapses_ms = models.BigIntegerField(null=True, blank=True)
    ended_ms = models.BigIntegerField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, default="", blank=True)
    canary = models.IntegerField(default=0)
    batch_size = models.IntegerField(default=0)
    abort_pct = models.IntegerField(default=10)
    pause_s = models.IntegerField(default=0)
    wave = models.IntegerField(default=0)
    next_wave_ms = models.BigIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Operation"]] = models.Manager()

    class Meta:
        ordering = ("-made_ms", "-id")
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        permissions = (
            ("run_look", "May run commands that measure or show"),
            ("run_touch", "May run commands that change something"),
            ("run_grave", "May order restarts of boxes, updates and keys"),
        )


class OperationTarget(models.Model):
    """One node of an operation. `id` is also the id of its downlink and of every notice about it.

    `arguments`: JSON over the operation's own, "" for none. `code` and `detail` are the node's words, or the centre's
    own for `expired`, `skipped` and `failed` with code `unheard`. `result`: JSON of the final notice's figures.
    """

    id = models.CharField(max_length=36, primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="targets")
    node = models.CharField(max_length=64)
    position = models.IntegerField()
    wave = models.IntegerField(default=0)
    arguments = models.TextField(default="", blank=True)
    state = models.CharField(max_length=10, choices=TargetState, default=TargetState.QUEUED)
    code = models.CharField(max_length=40, default="", blank=True)
    detail = models.CharField(max_length=500, default="", blank=True)
    progress_pct = models.IntegerField(default=0)
    result = models.TextField(default="{}")
    due_ms = models.BigIntegerField(null=True, blank=True)
    sent_ms = models.BigIntegerField(null=True, blank=True)
    accepted_ms = models.BigIntegerField(null=True, blank=True)
    ended_ms = models.BigIntegerField(null=True, blank=True)
    by_node = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["OperationTarget"]] = models.Manager()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("operation", "node"), name="operation_target_once"),)
        indexes = (
            models.Index(fields=("state", "due_ms"), name="operation_target_state"),
            models.Index(fields=("node", "due_ms"), name="operation_target_node"),
        )


class OperationOutput(models.Model):
    """A part (from 1) of what a command printed."""

    target = models.ForeignKey(OperationTarget, on_delete=models.CASCADE, related_name="output")
    part = models.IntegerField()
    text = models.TextField()
    cut = models.BooleanField(default=False)

    class Meta:
        ordering = ("part",)
        constraints = (models.UniqueConstraint(fields=("target", "part"), name="operation_output_once"),)
