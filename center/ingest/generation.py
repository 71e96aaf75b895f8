"""The generation names one life of the database. It is made with it and renewed when a backup is put back."""

import time
import uuid
from typing import Any

from django.db import transaction

from center.ingest.models import Generation
from center.ingest.restores import note_restore


def current_generation() -> str:
    """The generation of this database, made on first use."""
    found = Generation.objects.filter(id=1).values_list("value", flat=True).first()
    if found is not None:
        return found
    with transaction.atomic():
        row, _made = Generation.objects.get_or_create(id=1, defaults=_fresh("created"))
    return row.value


def renew_generation() -> str:
    """To be called after restoring a backup, before ingest starts: nodes offer again what they kept.

    What they no longer have is told as a gap of this restore (`center.ingest.restores`), not as a fault.
    """
    with transaction.atomic():
        fresh = _fresh("restored")
        row, _made = Generation.objects.update_or_create(id=1, defaults=fresh)
        note_restore(row.value, row.created_ms)
    return row.value


def _fresh(reason: str) -> dict[str, Any]:
    return {"value": uuid.uuid4().hex, "created_ms": int(time.time() * 1000), "reason": reason}
