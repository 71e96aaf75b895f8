"""What the looks of all nodes say of each public site: is it down, for whom, and how old is its content?

One look of one node is an opinion of a place, not of the site:

| fresh looks        | failing  | the site is                                                           |
|--------------------|----------|-----------------------------------------------------------------------|
| none               | -        | UNKNOWN                                                               |
| any                | none     | UP, or DEGRADED where a note asks for action (certificate, intrusion) |
| at least two       | all      | DOWN                                                                  |
| one                | that one | DOWN when the site's own server said so, else DEGRADED: perhaps a line |
| at least two       | some     | DEGRADED: seen by k of n, so it is somebody's line, or a part of it    |

Staleness is judged apart from it: a site that answers may be two years old.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

MAX_SITES_OF_NODE = 100
"""Kept of one node; it can be configured to watch 60."""
EVERY_MS = 300_000
FRESH_LOOKS = 3
"""Looks that may be missed before the last one no longer speaks for now."""
SLACK_MS = 120_000
"""A look takes up to a minute, its report waits half a minute, the line the rest."""
FORGET_MS = 30 * 86_400_000
"""A look this old is of a site nobody watches any more: it is not shown."""
SPOKEN = ("http_", "site_", "tls_expired", "tls_not_yet_valid", "tls_hostname", "tls_untrusted", "refused")
"""Reasons (or their beginnings) with which the site's own server answered; silence can be any line's."""
STATE_ORDER = ("DOWN", "DEGRADED", "UNKNOWN", "UP")
KINDS = ("city", "agency", "ppid", "rabeg", "other")
"""As in the node's configuration; anything else is `other`."""
MOST = 1e9
"""Numbers beyond this say nothing about a site: a whole number may have hundreds of digits, which no float holds."""


@dataclass(frozen=True, slots=True)
class LookRow:
    """One node's newest look. Times in milliseconds; `detail` as the node sent it."""

    node: str
    site: str
    ok: bool
    reason: str
    at_ms: int
    received_ms: int
    since_ms: int
    total_ms: float | None = None
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def seen_ms(self) -> int:
        """When it was, by whichever clock says the earlier: late backlog is old, and a wrong clock is not young."""
        return min(self.at_ms, self.received_ms)

    def text(self, name: str) -> str:
        value = self.detail.get(name)
        return value if isinstance(value, str) else ""

    @property
    def url(self) -> str:
        """Where a browser may be sent; empty for anything but the web."""
        found = self.text("url")
        return found if found.startswith(("https://", "http://")) else ""

    def number(self, name: str) -> float | None:
        value = self.detail.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
            return None
        return float(value)

    def fresh(self, now_ms: int) -> bool:
        every_ms = 1000 * (self.number("every_s") or 0) or EVERY_MS
        return now_ms - self.seen_ms <= FRESH_LOOKS * min(every_ms, 86_400_000) + SLACK_MS


@dataclass(frozen=True, slots=True)
class Cell:
    """One site seen from one node: UP, DOWN, or UNKNOWN when the look is old."""

    state: str
    look: LookRow


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site over all nodes. `failing` of `seen` fresh looks fail; `reason` is what most of these say.

    `fresh_days` is counted today, from the newest date any node found; None: nobody found one.
    """

    name: str
    url: str
    kind: str
    verified: bool
    state: str
    reason: str
    failing: int
    seen: int
    since_ms: int | None
    seen_ms: int
    cells: Mapping[str, Cell]
    certificate_days: float | None
    suspicious: str
    fresh_date: date | None
    fresh_source: str
    fresh_days: int | None
    stale_after_days: int | None

    @property
    def stale(self) -> bool:
        return (
            self.fresh_days is not None
            and self.stale_after_days is not None
            and self.fresh_days > self.stale_after_days
        )

    @property
    def expiring(self) -> bool:
        return self.certificate_days is not None and self.certificate_days < EXPIRING_DAYS

    @property
    def intrusion(self) -> tuple[str, str]:
        """Of what kind the signs of an intrusion are (gambling, defaced), and which; both empty when there are none."""
        kind, _, words = self.suspicious.partition(": ")
        return kind, words

    @property
    def partial(self) -> bool:
        """Some nodes reach it and some do not."""
        return 0 < self.failing < self.seen


EXPIRING_DAYS = 14
"""As on the node: renewals that work come 30 days before the end."""


def site_rows(looks: Iterable[LookRow], now_ms: int, today: date) -> list[SiteRow]:
    """All sites anybody has looked at lately, in the order of their names."""
    by_site: dict[str, list[LookRow]] = defaultdict(list)
    for look in looks:
        if now_ms - look.seen_ms <= FORGET_MS:
            by_site[look.site].append(look)
    return [_row(name, by_site[name], now_ms, today) for name in sorted(by_site, key=str.casefold)]


def vantages(rows: Iterable[SiteRow]) -> list[str]:
    """The nodes that look at any of these sites, in order."""
    return sorted({node for row in rows for node in row.cells})


def _row(name: str, looks: list[LookRow], now_ms: int, today: date) -> SiteRow:
    by_age = sorted(looks, key=lambda look: (look.seen_ms, look.node), reverse=True)
    newest = by_age[0]
    fresh = [look for look in looks if look.fresh(now_ms)]
    failing = [look for look in fresh if not look.ok]
    certificate = min((days for look in fresh if (days := look.number("certificate_days")) is not None), default=None)
    suspicious = next((look.text("suspicious") for look in fresh if look.text("suspicious")), "")
    noted = bool(suspicious) or (certificate is not None and certificate < EXPIRING_DAYS)
    day, source = _newest_content(looks, today)
    limit = next((days for look in by_age if (days := look.number("stale_after_days") or 0) >= 1), None)
    kind = newest.text("kind")
    return SiteRow(
        name=name,
        url=_address(by_age),
        kind=kind if kind in KINDS else "other",
        verified=newest.detail.get("unverified") is not True,
        state=_state(fresh, failing, noted=noted),
        reason=_reason(failing),
        failing=len(failing),
        seen=len(fresh),
        since_ms=min((look.since_ms for look in failing), default=None),
        seen_ms=newest.seen_ms,
        cells={look.node: _cell(look, now_ms) for look in looks},
        certificate_days=certificate,
        suspicious=suspicious,
        fresh_date=day,
        fresh_source=source,
        fresh_days=(today - day).days if day else None,
        stale_after_days=round(limit) if limit else None,
    )


def _address(by_age: list[LookRow]) -> str:
    """Where most nodes found it, of equals the newest: one box alone sends nobody who clicks on a name elsewhere."""
    counts = Counter(look.url for look in by_age if look.url)
    return max(counts, key=lambda url: counts[url], default="")  # in the order of age


def _cell(look: LookRow, now_ms: int) -> Cell:
    return Cell(("UP" if look.ok else "DOWN") if look.fresh(now_ms) else "UNKNOWN", look)


def _state(fresh: list[LookRow], failing: list[LookRow], *, noted: bool) -> str:
    if not fresh:
        return "UNKNOWN"
    if not failing:
        return "DEGRADED" if noted else "UP"
    if len(failing) == len(fresh) and (len(fresh) > 1 or failing[0].reason.startswith(SPOKEN)):
        return "DOWN"
    return "DEGRADED"


def _reason(failing: list[LookRow]) -> str:
    """What most of them say; what the server itself said before what a line may have done."""
    counts = Counter(look.reason for look in failing)
    return max(counts, key=lambda reason: (reason.startswith(SPOKEN), counts[reason], reason), default="")


def _newest_content(looks: list[LookRow], today: date) -> tuple[date | None, str]:
    best: tuple[date, str] | None = None
    for look in looks:
        try:
            day = date.fromisoformat(look.text("fresh_date"))
        except ValueError:
            continue
        if day <= today and (best is None or day > best[0]):
            best = (day, look.text("fresh_source"))
    return best if best is not None else (None, "")
