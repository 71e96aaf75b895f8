"""A city for the pages' tests: real rows in the real tables, as ingest and worker would have left them."""

import base64
import json
import math
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support.center import lay

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

    from center.accounts.models import Reach, User
    from center.accounts.roles import ADMIN, AGENCY, LURAH, ROLES

    for role in ROLES:
        whole = role == ADMIN
        values = {"password": _password_hash(), "is_staff": whole, "is_superuser": whole, "is_active": True}
        values["reach"] = Reach.SITES if role in {AGENCY, LURAH} else Reach.CITY
        user, _ = User.objects.update_or_create(username=role, defaults=values)
        user.groups.add(Group.objects.get(name=role))


def give_sites(role: str, *codes: str) -> None:
    """Let the account of a role with a reach of its own see the rows of these sites."""
    from center.accounts.models import User

    User.objects.get(username=role).sites.set(codes)


def add_sites() -> list[str]:
    """The 100 sites of the seed; their codes."""
    from center.sites.models import Site
    from center.sites.seed_data import seed

    seed()
    return list(Site.objects.values_list("code", flat=True))


def lay_city(directory: Path) -> None:
    """`add_people` and `add_sites` in the empty database of `directory`, inserted once per run of the tests."""
    lay(directory, "city", _add_city)


def _add_city() -> None:
    add_people()
    add_sites()


def add_person(site: str, name: str = "Ibu Sari") -> None:
    """Whom to call about a site."""
    from center.sites.models import Person

    Person.objects.create(site_id=site, name=name, role="Lurah", phone="0812 0000 0000", email="sari@example.go.id")


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


def keep_alive(connected: bool = True, ahead_s: float = 0) -> None:
    """Ingest says that it receives, and every node that is up has just been heard. `ahead_s`: the centre believes
    ingest for fifteen seconds, and so much longer."""
    from center.connectivity.models import NodeState
    from center.ingest.changes import record_change
    from center.ingest.models import Listener

    now = now_ms()
    Listener.objects.update_or_create(
        worker=1,
        defaults={"pid": 1, "connected": connected, "since_ms": now - 3_600_000, "alive_ms": now + int(ahead_s * 1000)},
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


def add_picture(
    data: Path, node: str, age_s: float = 12, signature_ok: bool = True, count: int = 1, verdict: str = ""
) -> int:
    """Pictures every 30 s, the newest taken `age_s` ago; the newest one's row id."""
    from center.cctv.account import note_received
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
            verdict=verdict,
            signature_ok=signature_ok,
        ).pk
        note_received(node, "depan", at_ms + 300, len(content))
    return key


def renew_pictures(age_s: float = 5) -> None:
    """The newest was taken `age_s` ago once more, and the others as long before it as they were."""
    from django.db.models import F, Max

    from center.cctv.models import Snapshot
    from center.ingest.changes import record_change

    later_ms = now_ms() - int(age_s * 1000) - Snapshot.objects.aggregate(newest=Max("at_ms"))["newest"]
    Snapshot.objects.update(**{name: F(name) + later_ms for name in ("at_ms", "wall_ms", "received_ms")})
    record_change("snapshot")


def add_complaint(node: str, text: str = "Lampu jalan padam", public_key: bytes = b"", **fields: Any) -> str:
    """One complaint, sealed as the kiosk seals it when the public key is given; its id."""
    from nacl.public import PublicKey, SealedBox

    from center.complaints.models import Complaint
    from center.core.complaint_cycle import ANSWERED_REASONS
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
        "at_ms": now - 2000,
        "at_quality": "ntp",
        "received_ms": now - 1000,  # of today: see `wait_out_midnight`
        "changed_ms": now - 1000,
    }
    values |= fields
    if values.get("status") == "answered" or values.get("closed_reason") in ANSWERED_REASONS:
        values.setdefault("first_answer_ms", values["changed_ms"])
    Complaint.objects.create(service_request_id=request_id, **values)
    return request_id


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


def add_channel(name: str = "piket", kind: str = "telegram", **fields: Any) -> str:
    """A channel of alerts; its name."""
    from center.alerts.models import Channel

    own = {"settings": json.dumps({"chat": "-100123"}), "secret": name, **fields}
    return str(Channel.objects.create(name=name, kind=kind, **own).pk)


def add_route(channel: str = "piket", **fields: Any) -> int:
    """A route to a channel; its number."""
    from center.alerts.models import Route

    return int(Route.objects.create(channel_id=channel, **{"name": "Piket", **fields}).pk)


def add_incident(kind: str, subject: str, *nodes: str, ago_min: float = 12, **fields: Any) -> int:
    """An incident with these members, opened as the worker does it; its id. `fields` go to Incident."""
    from center.core.incident_facts import Decision
    from center.operations.incidents import carry_out
    from center.operations.models import Incident

    at_ms = now_ms() - int(ago_min * 60_000)
    values = {"severity": "critical", "cause": "lost", "party": "none", **fields}
    named = {key: str(values.pop(key)) for key in ("severity", "cause", "party")}
    carry_out([Decision("open", kind, subject, nodes, started_ms=at_ms - 90_000, **named)], at_ms)
    incident = Incident.objects.filter(kind=kind, subject=subject).latest("id")
    Incident.objects.filter(pk=incident.pk).update(**values)
    return incident.pk
