"""Complaints as citizens filed them, and their append-only log.

What was typed or photographed stays sealed (`sealed`, `Attachment.path`); only category, subject, place, class and
urgency are clear. `status` says where the complaint is, `closed_reason` why it ended: two things, two columns. Requests
for public information (`category` "ppid") live in the same table, survey answers in their own.
"""

from typing import Any

from django.db import models


class Complaint(models.Model):
    """One complaint; the identity was made at the edge before the citizen saw the code."""

    service_request_id = models.CharField(max_length=36, primary_key=True)
    # What it is called at the desk: the citizen's code's handle, or the code itself (`center.complaints.codes`).
    code = models.CharField(max_length=16, unique=True)
    # Empty (with epoch and boot) for one that was entered at the desk or came over an interface.
    node = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    category = models.CharField(max_length=16)
    subject = models.CharField(max_length=32, default="", blank=True)
    area = models.CharField(max_length=64, default="", blank=True)
    follows = models.CharField(max_length=36, default="", blank=True, db_index=True)
    photos = models.IntegerField(default=0)
    identity = models.CharField(max_length=16, default="anonymous")
    lang = models.CharField(max_length=8, default="", blank=True)
    reply_key = models.CharField(max_length=44, default="", blank=True)
    way = models.CharField(max_length=8, default="", blank=True)
    assisted = models.BooleanField(default=False)
    classification = models.CharField(max_length=16)
    reasons = models.TextField(default="[]")
    urgent = models.BooleanField(default=False)
    channel = models.CharField(max_length=16)
    client_id = models.CharField(max_length=128, default="", blank=True)
    sealed = models.TextField()
    key_id = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    status = models.CharField(max_length=16, default="received")
    closed_reason = models.CharField(max_length=16, default="", blank=True)
    # The last step, or the last word to the citizen; what colleagues say among themselves changes nothing.
    changed_ms = models.BigIntegerField()
    # Of the desk: what an officer says it is (empty: the suggestion stands), who is to act, and by when.
    corrected_class = models.CharField(max_length=16, default="", blank=True)
    agency = models.CharField(max_length=64, default="", blank=True)
    duplicate_of = models.CharField(max_length=36, default="", blank=True)
    asked_ms = models.BigIntegerField(null=True, blank=True)
    due_ms = models.BigIntegerField(null=True, blank=True)
    due_for = models.CharField(max_length=16, default="", blank=True)
    extended = models.BooleanField(default=False)
    # When it was first answered, or closed because it was settled (`ANSWERED_REASONS`); reopening leaves it.
    first_answer_ms = models.BigIntegerField(null=True, blank=True)
    closed_ms = models.BigIntegerField(null=True, blank=True)
    # Set when what was typed has been erased: `sealed` is empty then, and the PIN can only be compared.
    erased_ms = models.BigIntegerField(null=True, blank=True)
    pin_verifier = models.CharField(max_length=200, default="", blank=True)
    # How other systems call it (RABEG, 112, an Open311 caller): their channel is in `channel`.
    external_id = models.CharField(max_length=128, default="", blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "external_id"),
                condition=~models.Q(external_id=""),
                name="complaint_external",
            ),
        )
        indexes = (
            models.Index(fields=("status", "received_ms"), name="complaint_status"),
            models.Index(fields=("agency", "status"), name="complaint_agency"),
            models.Index(fields=("due_ms",), name="complaint_due"),
            models.Index(fields=("node", "boot", "mono_ms"), name="complaint_boot"),
            models.Index(fields=("closed_ms",), condition=models.Q(erased_ms__isnull=True), name="complaint_to_erase"),
        )
        permissions = (
            ("desk_complaint", "Can pass complaints on, correct their class, and end many at once"),
            ("identity_complaint", "Can see who stands behind a confidential complaint"),
            ("export_complaint", "Can hand out what is kept of a complaint to whoever filed it"),
        )


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete a log entry. File a new one instead."""


class Event(models.Model):
    """One entry of a complaint's log: `kind` (`center.complaints.log.KINDS`) happened, done by `actor` (a user name,
    the node's id, or "" for Sandi itself).

    `about` is a word of ours: a closing reason, an agency's code, a class, another request's id, a moment in ms.
    `detail` is what people wrote: it goes when the complaint is erased, and nothing else of an entry ever does.
    """

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="events")
    at_ms = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    actor = models.CharField(max_length=150)
    status = models.CharField(max_length=16, default="", blank=True)
    about = models.CharField(max_length=64, default="", blank=True)
    # Names one act upon many complaints: that it can be found again, and undone.
    batch = models.CharField(max_length=24, default="", blank=True)
    detail = models.TextField(default="", blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("batch",), condition=~models.Q(batch=""), name="complaint_event_batch"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("a complaint's log is append-only: file a new entry instead of changing one")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("a complaint's log is append-only: entries are not deleted")


class Attachment(models.Model):
    """One sealed blob that belongs to a complaint; `path` is relative to the data directory."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    service_request_id = models.CharField(max_length=36, db_index=True)
    key_id = models.CharField(max_length=64, default="", blank=True)
    size_bytes = models.IntegerField()
    path = models.CharField(max_length=255)
    received_ms = models.BigIntegerField()
    # Of the sealed bytes: the same picture offered again in a new epoch is the same picture.
    sha256 = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("node", "epoch", "seq"), name="attachment_identity"),
            models.UniqueConstraint(
                fields=("service_request_id", "sha256"), condition=~models.Q(sha256=""), name="attachment_content"
            ),
        )


class Disclosure(models.Model):
    """Who saw what of a complaint, and why: written before it is shown. Rows outlive what they tell of.

    `what`: text, identity, photo, export. `reason` is what the officer gave, in words.
    """

    service_request_id = models.CharField(max_length=36, db_index=True)
    at_ms = models.BigIntegerField()
    actor = models.CharField(max_length=150)
    what = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("actor", "at_ms"), name="disclosure_actor"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("who saw what is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("who saw what is append-only: entries are not deleted")


class SurveyAnswer(models.Model):
    """One answered satisfaction survey: nine scores from 1 to 4, `u1` to `u9`. Nothing says who answered."""

    id = models.CharField(max_length=36, primary_key=True)
    node = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    unit = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_quality = models.CharField(max_length=10)
    received_ms = models.BigIntegerField()
    channel = models.CharField(max_length=16)
    client_id = models.CharField(max_length=128, default="", blank=True)
    service_request_id = models.CharField(max_length=36, default="", blank=True)
    lang = models.CharField(max_length=8, default="", blank=True)
    u1 = models.SmallIntegerField()
    u2 = models.SmallIntegerField()
    u3 = models.SmallIntegerField()
    u4 = models.SmallIntegerField()
    u5 = models.SmallIntegerField()
    u6 = models.SmallIntegerField()
    u7 = models.SmallIntegerField()
    u8 = models.SmallIntegerField()
    u9 = models.SmallIntegerField()

    class Meta:
        indexes = (
            models.Index(fields=("unit", "at_ms"), name="survey_unit"),
            models.Index(fields=("node", "boot", "mono_ms"), name="survey_boot"),
        )
