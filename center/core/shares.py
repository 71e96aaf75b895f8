"""Shares of whole seconds as a report prints them: exact while compared, cut (never rounded up) when printed. Pure."""

from fractions import Fraction

PLACES = 3
"""Digits behind the point of a printed percentage."""


def share_pct(part_s: int, whole_s: int) -> Fraction | None:
    """`part_s` of `whole_s` in percent, exactly; None where there is nothing to divide by."""
    return Fraction(100 * part_s, whole_s) if whole_s > 0 else None


def printed(pct: Fraction | None) -> str | None:
    """The percentage with PLACES digits, cut off: 99.4999 % is never printed as the 99.5 % that was promised."""
    if pct is None:
        return None
    scaled = pct * 10**PLACES
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**PLACES)
    return f"{whole}.{rest:0{PLACES}d}"


def promise(pct: float) -> Fraction:
    """A promised percentage as it was written (99.9, not the nearest binary number)."""
    return Fraction(str(pct))
