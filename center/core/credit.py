"""What an internet provider owes for a month below its promise. Pure; exact arithmetic on whole seconds.

A credit table is a list of steps "below X % of the contract hours, Y % of the month's fee"; the lowest step that the
month fell below counts. Seconds nobody knows are neither up nor down: the sheet states the credit by what is known, and
beside it what it would be if all of them had been up (`least`) or down (`most`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from center.core.shares import promise, share_pct

MOST_STEPS = 20


class CreditTableError(ValueError):
    """The table cannot be read; the message says which step and what would be right."""


@dataclass(frozen=True, slots=True)
class Step:
    """Below `below_pct` of the contract hours `credit_pct` of the month's fee."""

    below_pct: Fraction
    credit_pct: Fraction


@dataclass(frozen=True, slots=True)
class Credit:
    """Percent of the month's fee: by what is known, and the bounds the unknown seconds leave."""

    known: Fraction
    least: Fraction
    most: Fraction


def read_table(text: str) -> tuple[Step, ...]:
    """The steps of a JSON list [[below_pct, credit_pct], ...], highest first.

    CreditTableError unless every number lies in 0..100, and a lower step never owes less than the one above it.
    """
    try:
        found = json.loads(text or "[]", parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CreditTableError(f"not JSON: {error}") from None
    if not isinstance(found, list) or len(found) > MOST_STEPS:
        raise CreditTableError(f"expected a list of at most {MOST_STEPS} pairs [below, credit]")
    steps = tuple(_step(number, pair) for number, pair in enumerate(found, 1))
    for number, (upper, lower) in enumerate(pairwise(steps), 2):
        if lower.below_pct >= upper.below_pct or lower.credit_pct < upper.credit_pct:
            raise CreditTableError(f"step {number}: thresholds must fall and credits must not, from step to step")
    return steps


def _refuse(word: str) -> str:
    raise CreditTableError(f"{word} is no number")


def _step(number: int, pair: object) -> Step:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
        raise CreditTableError(f"step {number}: expected two numbers, [below, credit]")
    try:
        below_pct, credit_pct = (Fraction(one) for one in pair)
    except (ValueError, ZeroDivisionError):
        raise CreditTableError(f"step {number}: expected two numbers, [below, credit]") from None
    if not (0 <= below_pct <= 100 and 0 <= credit_pct <= 100):
        raise CreditTableError(f"step {number}: both numbers lie between 0 and 100")
    return Step(below_pct, credit_pct)


def owed(steps: Sequence[Step], up_s: int, down_s: int, unknown_s: int) -> Credit:
    """The credit of a month with these seconds within contract hours; 0 where nothing was counted."""
    counted_s = up_s + down_s + unknown_s
    return Credit(
        known=_at(steps, share_pct(up_s, up_s + down_s)),
        least=_at(steps, share_pct(up_s + unknown_s, counted_s)),
        most=_at(steps, share_pct(up_s, counted_s)),
    )


def kept(promised_pct: float, up_s: int, down_s: int) -> bool | None:
    """Whether what is known keeps the promise; None while nothing is known."""
    share = share_pct(up_s, up_s + down_s)
    return None if share is None else share >= promise(promised_pct)


def _at(steps: Sequence[Step], pct: Fraction | None) -> Fraction:
    if pct is None:
        return Fraction(0)
    return max((step.credit_pct for step in steps if pct < step.below_pct), default=Fraction(0))
