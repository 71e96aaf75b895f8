"""Opening a complaint's sealed text at the desk, which steps it can take next, and what never reached the desk."""

import json
from pathlib import Path

import msgspec
from django.conf import settings

from center.complaints.models import Complaint, Event
from center.connectivity.models import PassedOver
from center.core.complaint_cycle import stays
from center.sealing import Plaintext, SealingKeys
from center.web.live import now_ms
from wire.bodies import SealedBox

KEYS_DIRECTORY = "keys"


def open_sealed(complaint: Complaint, actor: str) -> Plaintext:
    """What the citizen wrote; that `actor` opened it is logged before it is shown.

    Raises:
        SealingError: the key is missing, or the box is damaged. The attempt is logged all the same.
    """
    Event.objects.create(complaint=complaint, at_ms=now_ms(), kind="opened", actor=actor)
    box = msgspec.convert(json.loads(complaint.sealed), SealedBox)
    return SealingKeys.load(Path(settings.DATA_DIR) / KEYS_DIRECTORY).open(box)


def next_statuses(complaint: Complaint) -> list[str]:
    """The statuses the complaint can have after the next step, staying included, in the order of the cycle."""
    return list(stays(complaint.status))


def unread_complaints() -> int:
    """Complaints that are stored, but which this version of the centre cannot read: a later one reads them again."""
    return PassedOver.objects.filter(stream="complaint").count()
