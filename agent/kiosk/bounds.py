"""What may be entered: told before anybody types, and checked when it arrives."""

from typing import Final

CATEGORIES: Final = ("aduan", "laporan", "saran", "pendapat")
TEXT_MAX: Final = 4000
NAME_MAX: Final = 100
CONTACT_MAX: Final = 100
