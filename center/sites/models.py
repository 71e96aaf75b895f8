"""Where the city stands (sites) and which boxes may speak for it (nodes)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a site is; also the first part of its code."""

    KELURAHAN = "kel", _("Kelurahan")
    KECAMATAN = "kec", _("Kecamatan")
    AGENCY = "opd", _("Agency")
    CCTV = "cctv", _("CCTV point")


class Site(models.Model):
    """One place of the city. Identity is the code (`kel-3673011001`): two kelurahan share a name."""

    code = models.SlugField(_("code"), primary_key=True, max_length=64)
    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=40, blank=True, help_text=_("For the wall and tables"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    kecamatan = models.CharField(_("kecamatan"), max_length=64, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=5, blank=True)
    verified = models.BooleanField(_("verified"), default=False, help_text=_("Name confirmed by a public source"))
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("kind", "code")
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="site_kind_known"),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="site_position_whole_or_absent",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def display_name(self) -> str:
        """The short name where there is one; names alone are not unique."""
        return self.short_name or self.name


class Node(models.Model):
    """One enrolled box: its certificate's number and the key its pictures are signed with."""

    id = models.SlugField(_("node"), primary_key=True, max_length=64)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="nodes", verbose_name=_("site"))
    enrolled_at = models.DateTimeField(_("enrolled at"))
    certificate_serial = models.CharField(_("certificate serial"), max_length=40)
    certificate_expires_at = models.DateTimeField(_("certificate expires at"))
    sign_key = models.CharField(_("signing key"), max_length=44, help_text=_("Ed25519 public key, base64"))
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("node")
        verbose_name_plural = _("nodes")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.id
