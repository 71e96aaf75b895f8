"""What is sealed to which key: what would be lost with it."""

from django.db.models import Count

from center.complaints.models import Attachment, Complaint


def sealed_to() -> tuple[dict[str, int], dict[str, int]]:
    """Complaints, and photographs, by the id of the key they are sealed to; what was erased hangs on none."""
    complaints = Complaint.objects.exclude(sealed="").values_list("key_id").annotate(count=Count("pk"))
    photos = Attachment.objects.exclude(key_id="").values_list("key_id").annotate(count=Count("pk"))
    return dict(complaints), dict(photos)
