"""A city for the pages' tests: real rows in the real tables, as ingest and worker would have left them."""

import base64
import json
import math
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

PASSWORD = "kata-sandi-panjang-1"
PERIOD_S = 30
ROOT = Path(__file__).resolve().parents[2]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@cache
def _password_hash() -> str:
    """Argon2 is slow on purpose: once per test process is enough."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def add_people() -> None:
    """One account per role, all with PASSWORD."""
    from django.contrib.auth.models import Group

    from center.accounts.models import User
    from center.accounts.roles import ADMIN, ROLES

    for role in ROLES:
        whole = role == ADMIN
        values = {"password": _password_hash(), "is_staff": whole, "is_superuser": whole, "is_active": True}
        user, _ = User.objects.update_or_create(username=role, defaults=values)
        user.groups.add(Group.objects.get(name=role))


def add_sites() -> list[str]:
    """The 100 sites of the seed; their codes."""
    from center.sites.models import Site
    from center.sites.seed_data import seed

    seed()
    return list(Site.objects.values_list("code", flat=True))


def add_node(site: str, state: str = "UP", since_min: float = 90, **fields: Any) -> None:
    """One enrolled node with a state; fields go to NodeState (cause, verdict, last_seen_ms, ...)."""
    from center.connectivity.models import NodeState
    from center.sites.models import Node

    now = now_ms()
    Node.objects.create(
        id=site,
        site_id=site,
        enrolled_at=datetime.now(UTC),
        certificate_serial="01",
        certificate_expires_at=datetime.now(UTC) + timedelta(days=365),
        sign_key=base64.b64encode(bytes(32)).decode(),
    )
    seen = {"UP": 4_000, "DEGRADED": 9_000}.get(state, int(since_min * 60_000))
    values = {
        "since_ms": now - int(since_min * 60_000),
        "last_seen_ms": now - seen,
        "report_ms": now - seen,
        "verdict": "OK",
        "version": "0.1.0",
        "epoch": "epoch-1",
        "boot": "boot-1",
    }
    NodeState.objects.create(node=site, state=state, **{**values, **fields})


def set_state(node: str, state: str, **fields: Any) -> None:
    """Change a node's state as the worker does: row and change in one transaction."""
    from django.db import transaction

    from center.connectivity.models import NodeState
    from center.ingest.changes import record_change

    with transaction.atomic():
        NodeState.objects.filter(pk=node).update(state=state, since_ms=now_ms(), **fields)
        record_change("state", node)


def keep_alive(connected: bool = True) -> None:
    """Ingest says that it receives, and every node that is up has just been heard."""
    from center.connectivity.models import NodeState
    from center.ingest.changes import record_change
    from center.ingest.models import Listener

    now = now_ms()
    Listener.objects.update_or_create(
        worker=1, defaults={"pid": 1, "connected": connected, "since_ms": now - 3_600_000, "alive_ms": now}
    )
    NodeState.objects.filter(state__in=("UP", "DEGRADED")).update(last_seen_ms=now - 3_000, report_ms=now - 3_000)
    record_change("node")


def add_record(node: str = "kel-3673011001") -> None:
    """One raw record received just now."""
    from center.ingest.models import RawRecord

    RawRecord.objects.create(
        node=node,
        epoch="epoch-1",
        stream="health",
        seq=RawRecord.objects.count() + 1,
        hash="0" * 32,
        boot="boot-1",
        run="run-1",
        mono_ms=1,
        wall_ms=now_ms(),
        synced=True,
        kind="report",
        body="{}",
        received_ms=now_ms() - 3_000,
    )


def report_body(index: int, verdict: str = "OK", lost: int = 0) -> dict[str, Any]:
    """A health report as `wire.bodies.HealthReport` carries it."""
    wave = math.sin(index / 9)

    def window(probe: str, target: str, base: float, lost: int = 0, **more: Any) -> dict[str, Any]:
        answered = {} if lost >= 6 else {"p50_ms": base + wave, "p95_ms": base * 2 + 2 * abs(wave), "min_ms": base}
        state = "down" if lost >= 6 else "up"
        return {"probe": probe, "target": target, "state": state, "sent": 6, "lost": lost, **answered, **more}

    return {
        "period_s": PERIOD_S,
        "verdict": verdict,
        "probes": [
            {"probe": "link", "target": "eth0", "state": "up", "sent": 0, "lost": 0},
            window("icmp", "gateway", 1.4),
            window("icmp", "center", 11.0, lost),
            window("broker", "center", 18.0),
            window("dns", "resolver-1", 6.0),
        ],
        "system": {
            "cpu_pct": 7 + 3 * wave,
            "load1": 0.2,
            "mem_used_pct": 31.0,
            "mem_total_mb": 1024,
            "disk_used_pct": 22.0,
            "disk_free_mb": 20000,
            "uptime_s": 86400,
            "agent_rss_kb": 24000,
            "temp_c": 51 + 4 * wave,
        },
        "outbox": {"complaint": [1, 4, 0], "health": [900, 1200, 3]},
        "version": "0.1.0",
    }


def add_reports(node: str, count: int = 240, gap: tuple[int, int] = (0, 0)) -> None:
    """Reports every 30 s up to now; none at the indexes of `gap`."""
    from center.connectivity.models import Report

    start = now_ms() - count * PERIOD_S * 1000
    rows = []
    for index in range(count):
        if gap[0] <= index < gap[1]:
            continue
        body = report_body(index, lost=2 if index % 50 == 7 else 0)
        at_ms = start + (index + 1) * PERIOD_S * 1000 - 3_000
        rows.append(
            Report(
                node=node,
                epoch="epoch-1",
                seq=index + 1,
                boot="boot-1",
                mono_ms=index * PERIOD_S * 1000,
                wall_ms=at_ms,
                at_ms=at_ms,
                at_quality="ntp" if index > 20 else "estimated",
                received_ms=at_ms + 400,
                period_s=PERIOD_S,
                verdict=body["verdict"],
                version="0.1.0",
                cpu_pct=body["system"]["cpu_pct"],
                mem_pct=body["system"]["mem_used_pct"],
                disk_pct=22.0,
                temp_c=body["system"]["temp_c"],
                json=json.dumps(body),
            )
        )
    Report.objects.bulk_create(rows)


def picture_bytes(width: int = 640, height: int = 360) -> bytes:
    """A drawn street corner at dusk: enough for the eye, nobody in it."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        shade = y / height
        draw.line((0, y, width, y), (int(40 + 120 * shade), int(60 + 80 * shade), int(95 + 30 * shade)))
    ground = int(height * 0.62)
    draw.rectangle((0, ground, width, height), (54, 56, 60))
    for x, top, wide in ((0, 0.28, 0.17), (0.2, 0.4, 0.16), (0.62, 0.34, 0.14), (0.8, 0.22, 0.2)):
        draw.rectangle((x * width, top * height, (x + wide) * width, ground), (34, 38, 46))
        for row in range(4):
            for column in range(3):
                left, upper = (x + 0.02 + column * wide / 3.4) * width, (top + 0.05 + row * 0.07) * height
                lit = (222, 190, 120) if (row + column) % 2 else (58, 62, 72)
                draw.rectangle((left, upper, left + wide * width / 6, upper + height * 0.035), lit)
    draw.polygon(
        ((width * 0.4, ground), (width * 0.5, ground), (width * 0.72, height), (width * 0.2, height)), (72, 74, 78)
    )
    for step in range(5):
        y = ground + (height - ground) * (step + 0.3) / 5
        draw.rectangle((width * 0.45, y, width * 0.47, y + 8), (214, 208, 190))
    file = BytesIO()
    image.save(file, "JPEG", quality=72)
    return file.getvalue()


def add_picture(data: Path, node: str, age_s: float = 12, signature_ok: bool = True, count: int = 1) -> int:
    """Pictures every 30 s, the newest taken `age_s` ago; the newest one's row id."""
    from center.cctv.models import Snapshot

    content = picture_bytes()
    key = 0
    for index in range(count):
        at_ms = now_ms() - int(age_s * 1000) - (count - 1 - index) * 30_000
        relative = f"snapshots/{node}/{uuid.uuid4().hex}.jpg"
        (data / relative).parent.mkdir(parents=True, exist_ok=True)
        (data / relative).write_bytes(content)
        key = Snapshot.objects.create(
            node=node,
            epoch="epoch-1",
            seq=Snapshot.objects.count() + 1,
            camera="depan",
            purpose="security",
            boot="boot-1",
            mono_ms=1,
            wall_ms=at_ms,
            at_ms=at_ms,
            at_quality="ntp",
            age_ms=0,
            received_ms=at_ms + 300,
            width=640,
            height=360,
            size_bytes=len(content),
            sha256="0" * 64,
            path=relative,
            signature_ok=signature_ok,
        ).pk
    return key


def add_complaint(node: str, text: str = "Lampu jalan padam", public_key: bytes = b"", **fields: Any) -> str:
    """One complaint, sealed as the kiosk seals it when the public key is given; its id."""
    from nacl.public import PublicKey, SealedBox

    from center.complaints.models import Complaint
    from wire.seal import key_id

    plain = json.dumps({"text": text, "pin": "4821", "name": "Ibu Sari", "contact": "0812-0000-0000"}).encode()
    box = SealedBox(PublicKey(public_key)).encrypt(plain) if public_key else bytes(64)
    request_id = str(uuid.uuid4())
    now = now_ms()
    values = {
        "code": uuid.uuid4().hex[:10].upper(),
        "node": node,
        "place": node,
        "epoch": "epoch-1",
        "seq": Complaint.objects.count() + 1,
        "boot": "boot-1",
        "mono_ms": 1,
        "wall_ms": now,
        "category": "aduan",
        "classification": "real",
        "urgent": False,
        "channel": "web",
        "key_id": key_id(public_key) if public_key else "0" * 16,
        "sealed": json.dumps(
            {
                "v": 1,
                "key_id": key_id(public_key) if public_key else "0" * 16,
                "box": base64.b64encode(box).decode(),
            }
        ),
        "at_ms": now - 60_000,
        "at_quality": "ntp",
        "received_ms": now - 59_000,
        "changed_ms": now - 59_000,
    }
    Complaint.objects.create(service_request_id=request_id, **{**values, **fields})
    return request_id


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web_server(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The real web process on a data directory; ready when it answers."""
    environment = {**os.environ, "SANDI_CENTER_DATA": str(data), "SANDI_CENTER_HTTP": f"127.0.0.1:{port}"}
    command = [
        sys.executable,
        "-c",
        f"import asyncio, center.web_server as w; asyncio.run(w.serve('127.0.0.1', {port}))",
    ]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                    break
            except (URLError, OSError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError("the web process does not answer") from error
                time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


def add_gap(node: str, first: int, last: int, reason: str, seq: int = 1, count: int = 5) -> None:
    """An entry of the node's ledger about its reports."""
    from center.connectivity.models import GapLedger

    lane = {"node": node, "epoch": "epoch-1", "of_epoch": "epoch-1", "stream": "health"}
    GapLedger.objects.create(**lane, seq=seq, first=first, last=last, count=count, reason=reason, received_ms=1)


EVIDENCE: list[dict[str, Any]] = [
    {
        "probe": "icmp", "target": "center", "ok": False, "reason": "no_reply", "sent": 20, "lost": 20,
        "detail": {"address": "103.28.12.9"},
    },
    {
        "probe": "gateway", "target": "gateway", "ok": True, "sent": 2, "lost": 0, "rtt_ms": 0.4,
        "detail": {"address": "10.20.3.1", "arp": "reachable", "knock": "refused"},
    },
    {
        "probe": "trace", "target": "center", "ok": False, "reason": "no_reply",
        "detail": {"address": "103.28.12.9", "last": "10.20.3.1", "hops": 1},
    },
]  # fmt: skip
_RUNGS = ("power", "link", "address", "route", "gateway", "isp", "center", "broker", "names", "portal", "internet")


def _told(node: str, seq: int, at_ms: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": node, "epoch": "epoch-1", "seq": seq, "boot": "boot-1", "mono_ms": at_ms % 10**9, "wall_ms": at_ms,
        "at_ms": at_ms, "at_quality": "ntp", "received_ms": at_ms + 900, "json": json.dumps(body),
    }  # fmt: skip


def add_verdict(node: str, code: str, ago_min: float, seq: int, also: Sequence[str] = (), **fields: Any) -> None:
    """The node's verdict became `code` so many minutes ago; evidence and rungs are those of a silent ISP."""
    from center.connectivity.models import VerdictChange

    at_ms = now_ms() - int(ago_min * 60_000)
    fault = code != "OK"
    rungs = [
        {"name": name, "state": "ok" if index < 5 or not fault else "failed" if index == 5 else "unjudged"}
        for index, name in enumerate(_RUNGS)
    ]
    if fault:
        rungs[5]["code"] = code
    body = {
        "code": code, "since_mono_ms": 0, "confidence_pct": 92.0, "evidence": EVIDENCE if fault else [],
        "also": list(also), "rungs": rungs, **fields,
    }  # fmt: skip
    row = _told(node, seq, at_ms, body)
    VerdictChange.objects.create(**row, since_mono_ms=row["mono_ms"] - 4_000, code=code, confidence_pct=92.0)


def add_outage(node: str, name: str, ago_min: float, lasted_min: float | None, seq: int, code: str = "L5b") -> None:
    """An outage the node has told of; `lasted_min` None: its end has not been told."""
    from center.connectivity.models import Outage

    at_ms = now_ms() - int(ago_min * 60_000)
    onset = at_ms % 10**9
    end = None if lasted_min is None else onset + int(lasted_min * 60_000)
    steps = [
        {"mono_ms": onset + 4_000, "code": "U0"},
        {"mono_ms": onset + 9_000, "code": "L5d", "evidence": EVIDENCE[:1]},
        {"mono_ms": onset + 42_000, "code": code, "evidence": EVIDENCE[2:]},
    ]
    body: dict[str, Any] = {
        "id": name, "phase": "begun" if end is None else "ended", "boot": "boot-1", "onset_mono_ms": onset,
        "found_mono_ms": onset + 4_000, "code": code, "confidence_pct": 92.0, "evidence": EVIDENCE, "steps": steps,
        "sent": 300, "lost": 288,
    }  # fmt: skip
    if end is not None:
        body["end_mono_ms"] = end
    row = {**_told(node, seq, at_ms, body), "received_ms": now_ms() - 60_000}
    Outage.objects.create(
        **row, outage=name, ended=int(end is not None), end_mono_ms=end, code=code, confidence_pct=92.0, how="seen"
    )


def add_path(node: str, ago_min: float, seq: int, third: str = "180.252.4.1", *, reached: bool = True) -> None:
    """A trace to the centre; `third` is the router at the third hop."""
    from center.connectivity.models import NodePath

    hops: list[dict[str, Any]] = [
        {"ttl": 1, "address": "10.20.3.1", "rtt_ms": 0.4},
        {"ttl": 2},
        {"ttl": 3, "address": third, "rtt_ms": 8.2},
        {"ttl": 4, "address": "103.28.12.9", "rtt_ms": 11.4},
    ]
    body = {"target": "center", "address": "103.28.12.9", "hops": hops, "reached": reached, "changed": True}
    row = _told(node, seq, now_ms() - int(ago_min * 60_000), body)
    NodePath.objects.create(**row, target="center", address="103.28.12.9", reached=reached, changed=True, why="hourly")


def add_look(node: str, site: str, ok: bool = True, reason: str = "", age_s: float = 60, **detail: Any) -> None:
    """A node's newest look at a public site."""
    from center.publicsites.models import Look

    at_ms = now_ms() - int(age_s * 1000)
    known = {"ok": ok, "url": f"https://{site.lower().replace(' ', '')}.example.go.id/", "kind": "agency", **detail}
    Look.objects.create(
        node=node, site=site, epoch="epoch-1", seq=1, boot="boot-1", mono_ms=1, wall_ms=at_ms, at_ms=at_ms,
        at_quality="ntp", received_ms=at_ms + 400, ok=ok, reason=reason, since_ms=at_ms - 3_600_000,
        total_ms=142.3 if ok else None, detail=json.dumps(known),
    )  # fmt: skip
