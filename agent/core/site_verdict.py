"""What one look at a public site amounts to, as codes of the ladder: a fault (W1, W2) and notes beside it (W3, W4).

`ok` of an observation is the site's availability alone; stale content and a certificate near its end are notes, since
the site does its work today.
"""

from typing import Final

from agent.core.evidence import NO_EVIDENCE
from agent.core.observation import TLS_CERTIFICATE_REASONS, Observation

EXPIRING_DAYS: Final = 14
"""Certificates of 90 days are renewed 30 days before their end; at 14 the renewal has failed for two weeks."""


def site_codes(seen: Observation) -> tuple[str, ...]:
    """The codes that hold, the fault first; empty when the site is well or nothing can be said."""
    found: list[str] = []
    if not seen.ok and seen.reason not in NO_EVIDENCE:
        found.append("W2" if seen.reason in TLS_CERTIFICATE_REASONS else "W1")
    if seen.detail.get("stale"):
        found.append("W3")
    if seen.detail.get("expiring"):
        found.append("W4")
    return tuple(found)
