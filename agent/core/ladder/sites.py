"""Public web sites: wrong pages W1, invalid certificates W2, old contents W3, certificates about to expire W4."""

from agent.core.evidence import Evidence
from agent.core.ladder.finding import Finding, Judged, fault
from agent.core.ladder.table import Table, failing
from agent.core.observation import TLS_CERTIFICATE_REASONS, Reason


def pages(table: Table) -> Judged:
    """A site that merely does not answer is not judged from here: it may be the way."""
    found = [item for item in (*table.all("http"), *table.all("site")) if failing(item) and _wrong(table, item)]
    return fault("W1", 0.9, *found, answered=True) if found else _seen(table)


def _wrong(table: Table, item: Evidence) -> bool:
    """A page that is none of its own, or a host that refuses the connection while the internet works."""
    reason = item.seen.reason
    if reason in (Reason.REFUSED, Reason.RESET):
        return table.beyond_answers
    return reason.startswith(("http_", "site_")) and reason not in _NOTES


def certificates(table: Table) -> Judged:
    items = (*table.all("http"), *table.all("site"))
    found = [item for item in items if failing(item) and item.seen.reason in TLS_CERTIFICATE_REASONS]
    return fault("W2", 0.93, *found, answered=True) if found else _seen(table)


def notes(table: Table) -> list[Finding]:
    """What will matter soon, or matters to readers."""
    sites = table.all("site")
    stale = [i for i in sites if i.seen.reason is Reason.SITE_STALE or i.seen.detail.get("stale") is True]
    ending = [i for i in sites if i.seen.reason is Reason.SITE_CERTIFICATE_EXPIRING or i.seen.detail.get("expiring")]
    found = (("W3", stale), ("W4", ending))
    return [fault(code, 0.85, *items) for code, items in found if items]


_NOTES = frozenset({Reason.SITE_STALE, Reason.SITE_CERTIFICATE_EXPIRING})


def _seen(table: Table) -> Judged:
    return "ok" if any(item.seen.ok for item in (*table.all("http"), *table.all("site"))) else "unknown"
