"""Where the city stands (sites) and which boxes may speak for it (nodes)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a site is; also the first part of its code."""

    KELURAHAN = "kel", _("Kelurahan")
    KECAMATAN = "kec", _("Kecamatan")
    AGENCY = "opd", _("Agency")
    CCTV = "cctv", _("Public place (CCTV)")


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
    address = models.CharField(_("address"), max_length=300, blank=True)
    # Weekly hours as text ("Mon-Fri 07:30-16:00"), read by `center.core.hours`; empty = always.
    office_hours = models.CharField(_("office hours"), max_length=200, blank=True)
    agency = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="places", verbose_name=_("agency")
    )
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


class Provider(models.Model):
    """An internet provider and what it has promised: hours, availability, and credit for less."""

    code = models.SlugField(_("code"), primary_key=True, max_length=32)
    name = models.CharField(_("name"), max_length=100)
    phone = models.CharField(_("phone for faults"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail for faults"), blank=True)
    # Weekly hours as text, read by `center.core.hours`; empty = always.
    contract_hours = models.CharField(_("contract hours"), max_length=200, blank=True)
    promised_pct = models.FloatField(_("promised availability, %"), default=99.5)
    # JSON list of [below_pct, credit_pct] in falling order: below 99.5 % of a month 5 % of its fee, ...
    credits = models.TextField(_("credits"), default="[]")
    holidays_count = models.BooleanField(_("holidays count as contract hours"), default=True)

    class Meta:
        verbose_name = _("internet provider")
        verbose_name_plural = _("internet providers")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class UpstreamKind(models.TextChoices):
    """What a site hangs on."""

    LINE = "line", _("ISP link")
    FEEDER = "feeder", _("Power feeder")
    AREA = "area", _("Kecamatan")
    CORE = "core", _("City core")


class Upstream(models.Model):
    """Something many sites hang on: an ISP's link or ring, a power feeder, a kecamatan's node, the core.

    `above`: what it hangs on itself. A tree: no upstream is above itself (checked on saving).
    """

    code = models.SlugField(_("code"), primary_key=True, max_length=64)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=8, choices=UpstreamKind)
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="upstreams", verbose_name=_("provider")
    )
    above = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="below", verbose_name=_("hangs on")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("upstream")
        verbose_name_plural = _("upstreams")
        ordering = ("kind", "code")
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=UpstreamKind.values), name="upstream_kind_known"),
        )

    def __str__(self) -> str:
        return self.name


class Link(models.Model):
    """A site hangs on an upstream. Several of one `kind` are redundant: the site is cut when all of them are
    (`needs` "any"), or already when one is (`needs` "all"). `circuit` is what to tell the ISP."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="links")
    upstream = models.ForeignKey(Upstream, on_delete=models.PROTECT, related_name="links")
    circuit = models.CharField(_("circuit id"), max_length=64, blank=True)
    needs = models.CharField(_("needs"), max_length=3, default="any")  # any | all
    primary = models.BooleanField(_("primary"), default=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = (
            models.UniqueConstraint(fields=("site", "upstream"), name="link_identity"),
            models.CheckConstraint(condition=models.Q(needs__in=["any", "all"]), name="link_needs_known"),
        )


class LineTerm(models.Model):
    """From `from_ms` on, until the site's next term, its primary line was this provider's (`center.core.terms`).

    A site without terms has had the line of its links from the beginning. Written by `center.sites.registry` alone.
    `provider` and `upstream` are codes, "" for none: history, not references that would follow.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="terms")
    from_ms = models.BigIntegerField()
    provider = models.CharField(max_length=32, blank=True)
    circuit = models.CharField(max_length=64, blank=True)
    upstream = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("site", "from_ms"), name="line_term_identity"),)


class Person(models.Model):
    """Whom to call about a site (personal data: shown to operators and technicians, and every view is recorded)."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    # An address of a message channel as `center.alerts` writes them, e.g. "whatsapp:+62..." or "telegram:12345".
    message_to = models.CharField(_("messages to"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("site", "order", "name")
        constraints = (models.UniqueConstraint(fields=("site", "order"), name="person_identity"),)

    @property
    def key(self) -> str:
        """What the registry's addresses and history call this row: no name in it."""
        return f"{self.site_id}/{self.order}"


class RegistryChange(models.Model):
    """One change of the registry: who, when, what, before and after. Append-only; people's data is not in it."""

    at_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    how = models.CharField(max_length=16)  # page | admin | csv | geojson | cli | seed | undo
    table = models.CharField(max_length=32)
    key = models.CharField(max_length=140)
    before = models.TextField(default="{}")
    after = models.TextField(default="{}")

    class Meta:
        indexes = (
            models.Index(fields=("at_ms",), name="registry_change_at"),
            models.Index(fields=("table", "key", "at_ms"), name="registry_change_key"),
        )


class Boundary(models.Model):
    """The outline of a site's area, from a GeoJSON file of the city. `rings`: JSON [[[longitude, latitude]...]...]."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="boundary")
    rings = models.TextField()
    source = models.CharField(max_length=200)
    at_ms = models.BigIntegerField()


class Upload(models.Model):
    """A file somebody has looked at in preview and may confirm: kept for an hour, forgotten when it is used.

    `content`: the CSV text, or the outlines of a GeoJSON file already read and simplified. A file of contacts holds
    personal data, so only who may see those comes near it.
    """

    at_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    table = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    content = models.TextField()
