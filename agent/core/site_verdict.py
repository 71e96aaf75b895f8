"""What one look at a public site amounts to, as codes of the ladder: a fault (W1, W2) and notes beside it (W3, W4).

`ok` of an observation is the site's availability alone; stale content and a certificate near its end are notes, since
the site does its work today.
"""

from typing import Final

from agent.core.evidence import NO_EVIDENCE
from agent.core.observation import TLS_CERTIFICATE_REASONS, Observation, Reason

EXPIRING_DAYS: Final = 14
"""Certificates of 90 days are renewed 30 days before their end; at 14 the renewal has failed for two weeks."""


OF_THE_LINE: Final = frozenset(
    {
        Reason.TIMEOUT,
        Reason.RESOLVE_FAILED,
        Reason.HOST_UNREACHABLE,
        Reason.NET_UNREACHABLE,
        Reason.PROHIBITED,
        Reason.NO_ROUTE,
        Reason.RESET,
    }
)
"""What may as well lie between this box and the site: the site's own word is missing."""


def site_codes(seen: Observation, *, line_is_well: bool = True) -> tuple[str, ...]:
    """The codes that hold, the fault first; empty when the site is well or nothing can be said.

    `line_is_well` false: nobody has judged the rungs before this one, so silence names nobody (U0).
    """
    found: list[str] = []
    if not seen.ok and seen.reason not in NO_EVIDENCE:
        if seen.reason in OF_THE_LINE and not line_is_well:
            found.append("U0")
        else:
            found.append("W2" if seen.reason in TLS_CERTIFICATE_REASONS else "W1")
    if seen.detail.get("stale"):
        found.append("W3")
    if seen.detail.get("expiring"):
        found.append("W4")
    return tuple(found)
