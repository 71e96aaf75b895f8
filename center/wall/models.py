"""Tables of the wall: which screens may show it, and what the public may read on one."""

from django.db import models


class Display(models.Model):
    """A screen. Its token (shown once) opens `/wall/enter`; `digest` is the token's SHA-256. Revoked, it shows nothing.

    `networks`: address ranges it may come from, separated by blanks; `kind` "wall" or "videotron" (the public one).
    """

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, default="wall")
    digest = models.CharField(max_length=64, unique=True)
    networks = models.CharField(max_length=500)
    # JSON list of scene names in their order, and how long each stays.
    scenes = models.TextField(default="[]")
    scene_s = models.PositiveSmallIntegerField(default=30)
    made_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)
    revoked_ms = models.BigIntegerField(null=True, blank=True)
    entered_ms = models.BigIntegerField(null=True, blank=True)
    entered_from = models.CharField(max_length=64, default="", blank=True)
    seen_ms = models.BigIntegerField(null=True, blank=True)


class PublicNotice(models.Model):
    """A notice the city shows to everybody: on the videotron, and on the kiosks' idle screens."""

    title = models.CharField(max_length=120)
    text = models.CharField(max_length=600)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()
    withdrawn_ms = models.BigIntegerField(null=True, blank=True)
    # "" the whole city, else a kecamatan or a kelurahan's code: then only its kiosks show it, not the videotron.
    target = models.CharField(max_length=64, default="", blank=True)
    # Grows when it is changed: the kiosks are then offered the new wording.
    revision = models.IntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(until_ms__gt=models.F("from_ms")), name="notice_order"),
        )
        indexes = (models.Index(fields=("until_ms",), name="notice_until"),)
