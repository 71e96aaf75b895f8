"""Who was turned away at the centre's doors: at the broker (its counted lines) and at the enrolment (its rows)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from center.broker_log import read_seen
from center.core.broker_watch import REFUSALS, Seen
from center.errors import SetupError
from center.pki import Authority, open_authority

ENROLMENT_DAYS = 7
ALARMING_MS = 86_400_000
"""What happened longer ago than a day is history."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """One line. `who` is an address or a node, "" when it cannot be told; `nodes` came in from that address before (at
    the enrolment: were claimed), `revoked` are those of them that may not come in any more. Times: Unix, in ms."""

    door: str
    who: str
    reason: str
    count: int
    first_ms: int
    last_ms: int
    nodes: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    refused: bool = True
    """Whether it was a refusal; one who only came and went was not refused."""

    def alarming(self, now_ms: int) -> bool:
        """Whether somebody should look: a refusal of the last day."""
        return self.refused and now_ms - self.last_ms <= ALARMING_MS


def turned_away(data: Path) -> list[TurnedAway]:
    """All that is known, newest first. Raises SetupError when the broker's count cannot be read."""
    try:
        seen = read_seen(data)
    except (OSError, ValueError) as error:
        raise SetupError(
            f"cannot read the broker's count: {error}", f"hitungan broker tidak terbaca: {error}"
        ) from error
    rows = [*_at_the_broker(seen, revoked_nodes(open_authority(data / "pki"))), *_at_the_enrolment()]
    return sorted(rows, key=lambda row: -row.last_ms)


def revoked_nodes(authority: Authority) -> frozenset[str]:
    """Names of which a certificate was taken back and none is good any more."""
    taken_back, now = authority.revoked_serials(), datetime.now(UTC)
    revoked, good = set(), set()
    for entry in authority.book():
        if entry["serial"] in taken_back:
            revoked.add(entry["name"])
        elif datetime.fromisoformat(entry["expires_at"]) > now:
            good.add(entry["name"])
    return frozenset(revoked - good)


def _at_the_broker(seen: Seen, revoked: frozenset[str]) -> list[TurnedAway]:
    found = []
    for row in seen.rows:
        nodes = tuple(sorted(node for node in seen.nodes.get(row.who, {}) if not node.startswith("center-")))
        named = (*nodes, row.who)
        found.append(
            TurnedAway(
                "broker", row.who, row.reason, row.count, row.first_ms, row.last_ms, nodes,
                tuple(node for node in named if node in revoked), row.reason in REFUSALS,
            )
        )  # fmt: skip
    return found


def _at_the_enrolment() -> list[TurnedAway]:
    """`nodes` is what was claimed there."""
    from django.utils import timezone

    from center.enrolment.models import EnrolmentRefusal

    since = timezone.now() - timedelta(days=ENROLMENT_DAYS)
    found: dict[tuple[str, str, str], TurnedAway] = {}
    for row in EnrolmentRefusal.objects.filter(last_at__gte=since).order_by("hour_ms"):
        key, last_ms = (row.address, row.code, row.node), int(row.last_at.timestamp() * 1000)
        before = found.get(key)
        found[key] = TurnedAway(
            "enrol", row.address, row.code,
            row.count + (before.count if before else 0), before.first_ms if before else row.hour_ms, last_ms,
            (row.node,) if row.node else (), (row.node,) if row.code == "revoked" and row.node else (),
        )  # fmt: skip
    return list(found.values())
