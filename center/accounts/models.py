"""People who sign in at the centre, programs that read it, and what all of them did."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from center.sites.models import Site

OF_OWN_SITES = frozenset({"agency", "lurah"})
"""Roles that exist for the sake of single sites (`center.accounts.roles`)."""


class Reach(models.TextChoices):
    """Which sites' rows an account sees."""

    CITY = "city", _("the whole city")
    KECAMATAN = "kecamatan", _("one kecamatan")
    SITES = "sites", _("single sites")


class User(AbstractUser):
    """An account. What it may do follows from its groups, which are the roles of `center.accounts.roles`; of which
    sites it sees rows, from `reach` (`center.accounts.reach`)."""

    reach = models.CharField(_("sees"), max_length=10, choices=Reach, default=Reach.CITY)
    kecamatan = models.CharField(_("kecamatan"), max_length=64, blank=True)
    sites: "models.ManyToManyField[Site, User]" = models.ManyToManyField(
        Site, blank=True, related_name="accounts", verbose_name=_("sites")
    )

    @cached_property
    def sees_city(self) -> bool:
        """Whether the account sees everybody's rows. One that is nothing but agency or lurah never does, even when
        somebody forgot to say which sites are its own."""
        if self.is_superuser or self.reach != Reach.CITY:
            return self.is_superuser
        roles = set(self.groups.values_list("name", flat=True))
        return not roles or not roles <= OF_OWN_SITES


class ApiToken(models.Model):
    """A program's way in, read-only. `digest` is the token's SHA-256; the token itself was shown once."""

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    # city | province | nation: what is summed up, what is named.
    level = models.CharField(max_length=12, default="city")
    networks = models.CharField(max_length=500, default="", blank=True)
    made_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)
    expires_ms = models.BigIntegerField(null=True, blank=True)
    revoked_ms = models.BigIntegerField(null=True, blank=True)
    used_ms = models.BigIntegerField(null=True, blank=True)


class Act(models.Model):
    """One entry of the audit log: a write, or a look at personal data or a picture. Append-only, no content in it."""

    at_ms = models.BigIntegerField()
    who = models.CharField(max_length=150)  # account, "display:NAME", "token:NAME", "cli:USER"
    address = models.CharField(max_length=64, default="", blank=True)
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=140, default="", blank=True)
    detail = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("at_ms",), name="act_at"),
            models.Index(fields=("subject", "at_ms"), name="act_subject"),
            models.Index(fields=("who", "at_ms"), name="act_who"),
        )
