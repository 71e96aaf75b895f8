"""Timers that need no moment of their own wake together: each wake-up costs more than what is done in it."""


def until_next(now_s: float, every_s: float) -> float:
    """Seconds to the next multiple of `every_s` on the clock of `now_s`: above zero, at most `every_s`."""
    return every_s - now_s % every_s
