"""What never reached the desk."""

from center.connectivity.models import PassedOver


def unread_complaints() -> int:
    """Complaints that are stored, but which this version of the centre cannot read: a later one reads them again."""
    return PassedOver.objects.filter(stream="complaint").count()
