"""The worker's passes over outages and days, with a real SQLite behind them: CPU time, and how long the rest waits.

150 nodes on 15 feeders and one core; a month of two sessions a day, every fourth of them after a minute of silence;
clocks pinned by an anchor. "Longest step" is between two moments in which the worker may do other things.
"""

import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench import table
from tests.support.center import center_database

NODES, DAYS = 150, 30
DAY_MS = 86_400_000


def run() -> list[table.Row]:
    """Some ten seconds."""
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as folder, center_database(Path(folder, "center")):
        now_ms = int(time.time() * 1000)
        for number in range(NODES):
            _node(f"kel-36730{number:05}", number, now_ms, random.Random(number))
        first, _step = _pass(None, now_ms - DAYS * DAY_MS, now_ms)
        minute, longest = _pass(None, now_ms, now_ms)
        alone, _step = _pass(1, now_ms - 3 * DAY_MS, now_ms)
        return [
            table.figure(f"{NODES} nodes, {DAYS} days for the first time", first, "s CPU"),
            table.below(f"{NODES} nodes, what is done once a minute", minute, "s CPU", 1.0),
            table.figure("longest step of it", longest * 1000, "ms CPU"),
            table.figure("one node, three days, with its witnesses", alone, "s CPU"),
        ]


def _pass(nodes: int | None, from_ms: int, now_ms: int) -> tuple[float, float]:
    """CPU seconds of a pass over so many nodes (None: all), and of its longest step."""
    from center.availability.passes import Pass
    from center.sites.models import Node

    names = list(Node.objects.order_by("id").values_list("id", flat=True)[:nodes])
    began = last = time.process_time()
    longest = 0.0
    for _ in Pass(names, from_ms, now_ms).run():
        at = time.process_time()
        longest, last = max(longest, at - last), at
    return time.process_time() - began, longest


def _node(name: str, number: int, now_ms: int, chance: random.Random) -> None:
    from django.db import transaction
    from django.utils import timezone

    from center.availability.models import Alive, Life
    from center.connectivity.models import Anchor, Boot, NodeState
    from center.ingest.models import Contact, Epoch, Hearing, Presence
    from center.sites.models import Link, Node, Site, Upstream

    since_ms = now_ms - DAYS * DAY_MS
    life = {"node": name, "boot": "boot", "run": "run"}
    with transaction.atomic():
        Hearing.objects.get_or_create(since_ms=since_ms, until_ms=now_ms)
        site = Site.objects.create(code=name, name=name, kind="kel")
        ends = timezone.now() + timedelta(days=365)
        enrolled = {"enrolled_at": timezone.now(), "certificate_expires_at": ends, "certificate_serial": "1"}
        Node.objects.create(id=name, site=site, sign_key="", **enrolled)
        for code, kind in ((f"feeder-{number % 15}", "feeder"), ("core", "core")):
            upstream, _made = Upstream.objects.get_or_create(code=code, defaults={"name": code, "kind": kind})
            Link.objects.create(site=site, upstream=upstream)
        Epoch.objects.create(node=name, epoch="epoch", first_seen_ms=since_ms)
        for at in range(2 * DAYS):
            born_ms = since_ms + at * DAY_MS // 2 + (60_000 + chance.randrange(9_000) if at % 4 == 0 else 0)
            heard_ms = since_ms + (at + 1) * DAY_MS // 2
            ended = {"ended_ms": heard_ms, "end_reason": "will"} if at < 2 * DAYS - 1 else {}
            Contact.objects.create(**life, epoch="epoch", session=at + 1, born_ms=born_ms, heard_ms=heard_ms, **ended)
        seen = {"hint": "online", "boot": "boot", "live_ms": now_ms, "born_ms": now_ms - DAY_MS // 2}
        Presence.objects.create(node=name, epoch="epoch", session=2 * DAYS, **seen)
        NodeState.objects.create(node=name, since_ms=now_ms)
        Boot.objects.create(node=name, boot="boot", max_mono_ms=DAYS * DAY_MS)
        pinned = {"mono_ms": 0, "offset_ms": since_ms, "error_ms": 20, "source": "ntp"}
        Anchor.objects.create(node=name, boot="boot", epoch="epoch", seq=1, **pinned)
        Life.objects.create(**life, first_mono_ms=0, last_mono_ms=DAYS * DAY_MS, received_ms=now_ms)
        Alive.objects.create(**life, first_mono_ms=0, last_mono_ms=DAYS * DAY_MS)
