"""What boxes should run, and what they say they run."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConfigPush(models.Model):
    """One desired configuration, told to nodes by an operation. Append-only; `revision` counts within `generation`.

    `toml`: the pushed tables for every node; `per_node`: JSON of node -> TOML laid over them.
    """

    generation = models.CharField(max_length=64)
    revision = models.BigIntegerField()
    toml = models.TextField()
    per_node = models.TextField(default="{}")
    confirm_within_s = models.IntegerField(default=300)
    operation = models.CharField(max_length=36, default="", blank=True, db_index=True)
    note = models.CharField(max_length=200, default="", blank=True)
    made_by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()

    objects: ClassVar[models.Manager["ConfigPush"]] = models.Manager()

    class Meta:
        ordering = ("-made_ms", "-id")
        verbose_name = _("pushed configuration")
        verbose_name_plural = _("pushed configurations")
        constraints = (models.UniqueConstraint(fields=("generation", "revision"), name="config_push_identity"),)


class NodeConfig(models.Model):
    """What a node last said about its configuration (`wire.afar.ConfigNotice`), and what it is wanted to run.

    `wanted_revision` 0: what is on its card. Drift: `revision` is not wanted, or `overrides` (JSON) is not empty.
    `seq` and `epoch` are of the notice: an older one never overwrites a newer.
    """

    node = models.CharField(max_length=64, primary_key=True)
    state = models.CharField(max_length=12)
    generation = models.CharField(max_length=64, default="", blank=True)
    revision = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="", blank=True)
    code = models.CharField(max_length=40, default="", blank=True)
    detail = models.CharField(max_length=500, default="", blank=True)
    tried = models.BigIntegerField(default=0)
    overrides = models.TextField(default="[]")
    problems = models.TextField(default="[]")
    epoch = models.CharField(max_length=64, default="", blank=True)
    seq = models.BigIntegerField(default=0)
    record_id = models.BigIntegerField(default=0)
    at_ms = models.BigIntegerField(default=0)
    wanted_generation = models.CharField(max_length=64, default="", blank=True)
    wanted_revision = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["NodeConfig"]] = models.Manager()

    class Meta:
        verbose_name = _("configuration of a node")
        verbose_name_plural = _("configurations of nodes")


class Release(models.Model):
    """A release bundle the centre hands out: DATA/releases/DIGEST.sandi. `manifest`: its signed JSON."""

    digest = models.CharField(max_length=64, primary_key=True)
    version = models.CharField(max_length=40)
    floor = models.CharField(max_length=40)
    size_bytes = models.BigIntegerField()
    manifest = models.TextField()
    notes = models.CharField(max_length=500, default="", blank=True)
    added_by = models.CharField(max_length=150)
    added_ms = models.BigIntegerField()
    withdrawn_ms = models.BigIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Release"]] = models.Manager()

    class Meta:
        ordering = ("-added_ms",)
        verbose_name = _("release")
        verbose_name_plural = _("releases")


class NodeRelease(models.Model):
    """Where a node's update stands (`wire.afar.ReleaseNotice`); columns as in `NodeConfig`."""

    node = models.CharField(max_length=64, primary_key=True)
    state = models.CharField(max_length=12)
    version = models.CharField(max_length=40)
    running = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, default="", blank=True)
    code = models.CharField(max_length=40, default="", blank=True)
    detail = models.CharField(max_length=500, default="", blank=True)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=64, default="", blank=True)
    seq = models.BigIntegerField(default=0)
    record_id = models.BigIntegerField(default=0)
    at_ms = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["NodeRelease"]] = models.Manager()

    class Meta:
        verbose_name = _("release of a node")
        verbose_name_plural = _("releases of nodes")
