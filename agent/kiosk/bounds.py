"""What may be entered: told before anybody types, and checked when it arrives."""

from typing import Final

CATEGORIES: Final = ("aduan", "laporan", "saran", "pendapat")
PPID: Final = "ppid"
TEXT_MAX: Final = 4000
NAME_MAX: Final = 100
CONTACT_MAX: Final = 100
RT_RW_MAX: Final = 12
PURPOSE_MAX: Final = 500
ADDRESS_MAX: Final = 200
PHOTOS_MAX: Final = 3
PHOTO_BYTES_MAX: Final = 8 * 1024 * 1024
CHUNK_BYTES_MAX: Final = 128 * 1024
"""Raw bytes of a photo in one line, which holds a third more in base64 (a line is at most 256 KiB)."""
SURVEY_ELEMENTS: Final = 9
