"""A town of nodes in the database for the worker's incidents: time is set, births, wills and reports are rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

T0 = 1_763_946_000_000  # Mon 24 Nov 2025 08:00 WIB
HOUR_MS = 3_600_000


@dataclass
class Town:
    """Nodes that are heard until they are cut. `run` lets the worker judge and correlate as time passes."""

    now_ms: int = T0
    listening: bool = True
    silent: set[str] = field(default_factory=set)
    told: list[Any] = field(default_factory=list)
    _listened: bool = True

    def nodes(self, codes: Iterable[str], upstreams: Iterable[str] = (), needs: str = "any") -> list[str]:
        """Enrol one node per site code, hanging on these upstreams ("line:isp-a"), and hear them."""
        from center.connectivity.models import NodeState
        from center.ingest.models import Presence
        from center.sites.models import Link, Node, Site, Upstream

        codes = list(codes)
        at = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        Site.objects.bulk_create(
            Site(code=code, name=f"Tempat {code}", kind=code.partition("-")[0], kecamatan="Serang") for code in codes
        )
        Node.objects.bulk_create(
            Node(
                id=code,
                site_id=code,
                enrolled_at=at,
                certificate_serial="01",
                sign_key="",
                certificate_expires_at=at + timedelta(days=365),
            )
            for code in codes
        )
        for name in upstreams:
            kind, _, upstream = name.partition(":")
            Upstream.objects.get_or_create(code=upstream, defaults={"name": f"Jalur {upstream}", "kind": kind})
            Link.objects.bulk_create(Link(site_id=code, upstream_id=upstream, needs=needs) for code in codes)
        born_ms = self.now_ms - HOUR_MS
        Presence.objects.bulk_create(
            Presence(node=code, epoch="e", session=1, hint="online", hint_ms=born_ms, live_ms=self.now_ms,
                     born_ms=born_ms) for code in codes
        )  # fmt: skip
        NodeState.objects.bulk_create(
            NodeState(node=code, state="UP", since_ms=born_ms, report_ms=self.now_ms, last_seen_ms=self.now_ms,
                      verdict="OK") for code in codes
        )  # fmt: skip
        return codes

    def cut(self, nodes: Iterable[str], reason: str = "will") -> None:
        """These are heard no more; the broker says so now (reason "": it does not)."""
        from center.ingest.models import Presence

        self.silent |= set(nodes)
        if reason:
            Presence.objects.filter(node__in=list(nodes)).update(
                hint="offline", hint_reason=reason, hint_ms=self.now_ms
            )

    def back(self, nodes: Iterable[str]) -> None:
        """A new session of each."""
        from center.ingest.models import Presence

        self.silent -= set(nodes)
        Presence.objects.filter(node__in=list(nodes)).update(
            hint="online", hint_reason="", hint_ms=self.now_ms, born_ms=self.now_ms, live_ms=self.now_ms
        )

    def run(self, seconds: int, every_s: int = 10) -> None:
        """Let time pass; the worker looks every `every_s`."""
        for _ in range(0, seconds, every_s):
            self.now_ms += every_s * 1000
            self.look()

    def look(self) -> int:
        """One round of the worker, as `center.worker.service` does it; how many incidents changed."""
        from django.db import transaction

        from center.connectivity.models import NodeState
        from center.ingest.models import Listener, Presence
        from center.worker.incidents import correlate
        from center.worker.states import recompute

        known, _ = Listener.objects.get_or_create(
            worker=1,
            defaults={"pid": 1, "connected": True, "since_ms": self.now_ms - HOUR_MS, "alive_ms": self.now_ms},
        )
        if self.listening:
            since_ms = known.since_ms if self._listened else self.now_ms
            Listener.objects.update(alive_ms=self.now_ms, since_ms=since_ms)
        self._listened = self.listening
        if self.listening:
            Presence.objects.exclude(node__in=self.silent).update(live_ms=self.now_ms)
            NodeState.objects.exclude(node__in=self.silent).update(report_ms=self.now_ms)
        with transaction.atomic():
            recompute(self.now_ms)
        return correlate(self.now_ms)

    def open(self) -> dict[tuple[str, str], set[str]]:
        """The open incidents with their present members."""
        from center.operations.models import Incident

        return {
            (one.kind, one.subject): set(one.members.filter(left_ms=None).values_list("node", flat=True))
            for one in Incident.objects.filter(resolved_ms=None)
        }

    def states(self) -> dict[str, int]:
        """How many nodes are in each state."""
        from django.db.models import Count

        from center.connectivity.models import NodeState

        return dict(NodeState.objects.values_list("state").annotate(Count("node")))

    def calls(self) -> int:
        """How many alarms were presented, not only listed."""
        from center.operations.models import Alarm

        return Alarm.objects.filter(suppressed=False).count()

    def said(self) -> list[tuple[str, str, str]]:
        """What the alerts were told: (what, kind, the Indonesian sentence)."""
        return [(one.what, one.kind, one.text_id) for one in self.told]
