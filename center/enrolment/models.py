"""Tokens on cards, what boxes asked for with them, and who was turned away."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from center.sites.models import Site


class Purpose(models.TextChoices):
    """Why a card was made."""

    NEW = "new", _("new box")
    REPLACE = "replace", _("replacement")


class State(models.TextChoices):
    """How far a request is."""

    WAITING = "waiting", _("waiting for an operator")
    CONFIRMED = "confirmed", _("confirmed")
    DECLINED = "declined", _("declined")
    ISSUED = "issued", _("certificate issued")


class Token(models.Model):
    """A one-time token. `sha256` of its text, in lower-case hexadecimal; the text itself lies on the card alone.

    Used up by the first public key that got a certificate for it (`used_key`, the key's fingerprint): the same key may
    ask again, another one may not. `predecessor`: JSON of the epoch the new box continues, "" for none.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    node = models.CharField(_("node"), max_length=64, db_index=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("site"))
    role = models.CharField(_("role"), max_length=32)
    model = models.CharField(_("model"), max_length=32)
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose, default=Purpose.NEW)
    confirm = models.BooleanField(_("an operator confirms the key"), default=False)
    predecessor = models.TextField(default="", blank=True)
    made_by = models.CharField(_("made by"), max_length=150)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    used_key = models.CharField(max_length=64, default="", blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrolment token")
        verbose_name_plural = _("enrolment tokens")
        ordering = ("-made_at", "-id")

    def __str__(self) -> str:
        return f"{self.node} ({self.made_at:%Y-%m-%d})"


class EnrolmentRequest(models.Model):
    """What one public key asked for with one token. `fingerprint`: SHA-256 of the key (`wire.enrolment.Fingerprint`).

    `certificate` in PEM once issued: who asks again gets the same.
    """

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="requests")
    node = models.CharField(_("node"), max_length=64, db_index=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    csr = models.TextField()
    sign_key = models.CharField(max_length=44)
    board = models.CharField(_("board"), max_length=64, default="", blank=True)
    address = models.CharField(_("address"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State)
    first_at = models.DateTimeField(_("first asked at"))
    last_at = models.DateTimeField(_("last asked at"))
    decided_by = models.CharField(_("decided by"), max_length=150, default="", blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    certificate = models.TextField(default="", blank=True)
    serial = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        verbose_name = _("enrolment request")
        verbose_name_plural = _("enrolment requests")
        ordering = ("-last_at", "-id")
        constraints = (models.UniqueConstraint(fields=("token", "fingerprint"), name="enrolment_request_identity"),)

    def __str__(self) -> str:
        return f"{self.node} {self.fingerprint[:16]}"


class Renewal(models.Model):
    """A certificate a box got for a new key, vouched for by its old one: the same key gets the same again."""

    node = models.CharField(_("node"), max_length=64)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    certificate = models.TextField()
    serial = models.CharField(max_length=40)
    expires_at = models.DateTimeField(_("expires at"))
    at = models.DateTimeField(_("renewed at"))

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        ordering = ("-at", "-id")
        constraints = (models.UniqueConstraint(fields=("node", "fingerprint"), name="enrolment_renewal_identity"),)
        indexes = (models.Index(fields=("at",), name="enrolment_renewal_at"),)

    def __str__(self) -> str:
        return f"{self.node} {self.fingerprint[:16]}"


class EnrolmentRefusal(models.Model):
    """Who was turned away: one row per code, claimed node and address in an hour, counted. Bounded, never secret.

    `node` is what was claimed, "" where nothing readable was; `hour_ms` the beginning of the hour.
    """

    hour_ms = models.BigIntegerField()
    code = models.CharField(_("code"), max_length=32)
    node = models.CharField(_("node"), max_length=64, default="", blank=True)
    address = models.CharField(_("address"), max_length=64)
    count = models.IntegerField(_("count"), default=1)
    last_at = models.DateTimeField(_("last at"))

    class Meta:
        verbose_name = _("refused enrolment")
        verbose_name_plural = _("refused enrolments")
        ordering = ("-last_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("hour_ms", "code", "node", "address"), name="enrolment_refusal_identity"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.node} {self.address}"
