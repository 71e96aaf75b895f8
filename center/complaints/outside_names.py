"""How other systems call a complaint, and what stays of that name when the complaint is erased."""

import hashlib
import hmac
from typing import Final

from django.conf import settings

HASHED: Final = "erased:"
MOST_CHARS: Final = 128


def hashed(external_id: str) -> str:
    """Enough to know the name again, so that a bridge does not file it twice; not enough to read it back."""
    key = settings.SECRET_KEY.encode()
    return HASHED + hmac.digest(key, f"external\n{external_id}".encode(), hashlib.sha256).hex()[:40]


def is_name(external_id: str) -> bool:
    """Whether another system may call a complaint so."""
    return len(external_id) <= MOST_CHARS and external_id.isprintable() and not external_id.startswith(HASHED)
