"""What can go wrong while storing, split by what to do about it."""

from django.db import DataError, IntegrityError


class IngestError(Exception):
    """Root of this package's errors."""


class CountMismatchError(IngestError):
    """new + repeated + conflicting is not what was received: rolled back, nothing is acknowledged."""


UNSTORABLE = (CountMismatchError, DataError, IntegrityError, OverflowError, UnicodeError)
"""The content itself cannot be stored: trying the same again fails again, so it is isolated.

Everything else (a locked or full database, a lost connection) passes: the same group is tried again and meanwhile
nothing is acknowledged.
"""
