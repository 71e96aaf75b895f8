"""What callers may send: how much of it, and which words. Pure, so that the description needs no database."""

from typing import Final

CHANNEL: Final = "open311"
FILE_CHANNELS: Final = ("rabeg", "phone112", "social", "counter")
"""Channels whose files are taken in: requests for information need a purpose and an office, one by one."""
FORM_TYPE: Final = "application/x-www-form-urlencoded"
CATEGORIES: Final = ("aduan", "laporan", "saran", "pendapat")
OTHER: Final = "lainnya"
"""The service of what came without a subject."""
MAX_TEXT: Final = 4_000
"""Of the standard's description; what is put beside it (a picture's address) counts too."""
MAX_ADDRESS: Final = 200
MAX_NAME: Final = 100
MAX_CONTACT: Final = 100
MAX_URL: Final = 500
MAX_RT_RW: Final = 12
MAX_EXTERNAL_ID: Final = 64
MAX_KEY: Final = 200
"""Of an Idempotency-Key."""
