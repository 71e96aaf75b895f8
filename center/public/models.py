"""The one table of the public pages: how often PINs were tried. Keys are keyed hashes; no code and no address in it."""

from django.db import models


class Guess(models.Model):
    """Wrong tries of one code, one address, or all together (`center.core.guess_limits`)."""

    key = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=8)
    wrong = models.IntegerField(default=0)
    since_ms = models.BigIntegerField(default=0)
    last_ms = models.BigIntegerField(default=0)
    locks = models.IntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("kind", "last_ms"), name="guess_age"),)
