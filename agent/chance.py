"""Chance for pauses. The standard library's `random` brings its distributions and 0.1 MiB along."""

import os

_BYTES = 7
_STEPS = 1 << 8 * _BYTES


def chance() -> float:
    """A fresh number in [0, 1), each of its 2**56 steps as likely as the others."""
    return int.from_bytes(os.urandom(_BYTES), "big") / _STEPS
