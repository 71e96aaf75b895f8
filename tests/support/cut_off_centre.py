"""Six nodes on two lines, and the centre's own line that is cut for half an hour while ingest goes on listening.

What the centre hears goes through the doors of ingest and the eyes of the worker, in a time of the test's own.
"""

from dataclasses import dataclass, field
from pathlib import Path

from tests.support.arrivals import project_all, register_node, store_state
from tests.support.two_days import FIRST_MS, Box, at, deliver

NODES = tuple(f"kel-{number}" for number in range(3673011001, 3673011007))
CUT, BACK = 10.0, 10.5
"""Hours after the first midnight."""
STEP_S = 10
BOOT = "boot-a"


@dataclass
class City:
    """`look` lets the worker judge and correlate as time passes; nodes in `silent` are not heard."""

    data: Path
    now_ms: int = at(9.9)
    silent: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """All are enrolled, half of them on each line, and have been heard since hour one."""
        from center.ingest.models import Listener
        from center.sites.models import Link, Site, Upstream

        for number, node in enumerate(NODES):
            register_node(node=node)
            code = f"isp-{'ab'[number % 2]}"
            line, _made = Upstream.objects.get_or_create(code=code, defaults={"name": code, "kind": "line"})
            Link.objects.create(site=Site.objects.get(code=node), upstream=line)
            store_state(self.data, at(1), node=node, session=1, status="online", reason="birth", boot=BOOT)
        Listener.objects.create(worker=1, pid=1, connected=True, since_ms=at(0.5), alive_ms=self.now_ms)
        self._heard()

    def cut(self, *nodes: str) -> None:
        """These are heard no more; the broker gives up their sessions."""
        self.silent |= set(nodes)
        for node in nodes:
            store_state(self.data, self.now_ms, node=node, session=1, status="offline", reason="will", boot=BOOT)

    def back(self, *nodes: str) -> None:
        """A new session of each, in the same run."""
        self.silent -= set(nodes)
        for node in nodes:
            store_state(self.data, self.now_ms, node=node, session=2, status="online", reason="birth", boot=BOOT)

    def run(self, until_ms: int, every_s: int = STEP_S) -> None:
        """Time passes; ingest hears itself at least."""
        from django.db import transaction

        from center.worker.incidents import correlate
        from center.worker.states import recompute

        while self.now_ms < until_ms:
            self.now_ms = min(until_ms, self.now_ms + every_s * 1000)
            self._heard()
            with transaction.atomic():
                recompute(self.now_ms)
            correlate(self.now_ms)

    def tell(self, node: str, *outages: tuple[float, float, str]) -> None:
        """What the node kept of its own account arrives: (onset, end, code), in hours."""
        box = Box(node)
        box.start(at(0.9), BOOT, "run-1")
        for number, (onset, end, code) in enumerate(outages):
            box.outage(f"o{number}", at(onset), at(end), code)
        for stream in box.seqs:
            deliver(self.data, (node, stream, [one for name, one in box.records if name == stream]), self.now_ms)
        project_all(self.data)

    def _heard(self) -> None:
        from center.connectivity.models import NodeState
        from center.ingest import hearing
        from center.ingest.models import Contact, Listener, Presence

        hearing.heard(FIRST_MS, self.now_ms)
        Listener.objects.update(alive_ms=self.now_ms)
        there = [node for node in NODES if node not in self.silent]
        Presence.objects.filter(node__in=there).update(live_ms=self.now_ms)
        NodeState.objects.filter(node__in=there).update(report_ms=self.now_ms)
        Contact.objects.filter(node__in=there, ended_ms=None).update(heard_ms=self.now_ms)
