"""A believable city for every page: what `wall_show` draws, and months, lines, people, work and alerts around it."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support import (
    camera_city,
    concluded,
    desk_city,
    enrolment_city,
    node_told,
    operations_city,
    wall_city,
    wall_screens,
    wall_show,
)
from tests.support.one_day import today

MINUTE_MS = 60_000
LOST = "kel-3673011002"
PROVIDERS = (("astinet", "Astinet", 99.5), ("banten-fiber", "Banten Fiber", 99.0))
TOLD = {
    "node": "Satu node tidak terhubung.",
    "parent": "Tautan ISP utara putus: 12 node tidak terhubung.",
    "integrity": "Catatan satu node hilang tanpa penjelasan.",
}
OUTAGES = (("L5b", "isp"), ("L5b", "isp"), ("L6a", "isp"), ("N0", "pln"), ("L1", "site"), ("silent", "none"))


def fill(data: Path) -> dict[str, Any]:
    """Fill the centre; what the placeholders of addresses may stand for (as in the URL configuration)."""
    wall_show.fill(data)
    from center.sites.models import Site

    codes = list(Site.objects.order_by("code").values_list("code", flat=True))
    kelurahan = [code for code in codes if code.startswith("kel-")]
    _registry(kelurahan)
    month = _months(codes)
    names = _work(kelurahan) | _alerts(data)
    _node_story(data)
    names |= _newest(data)
    _acts(names)
    enrolment_city.fill(kelurahan)
    names |= operations_city.fill(data, kelurahan)
    return {**names, "node_id": LOST, "camera": "depan", "code": LOST, "month": month, "day": _yesterday()}


def _yesterday() -> int:
    return int((today() - timedelta(days=1)).strftime("%Y%m%d"))


def _registry(kelurahan: list[str]) -> None:
    from center.sites.models import Link, Person, Provider, Site, Upstream

    steps = "[[99.5, 5], [99.0, 10], [95, 25]]"
    for (code, name, promised), line in zip(PROVIDERS, ("line-barat", "line-timur"), strict=True):
        Provider.objects.create(
            code=code, name=name, promised_pct=promised, credits=steps, phone="0800 100 1000",
            email=f"noc@{code}.example", contract_hours="Sen-Jum 07:30-16:00; Sab 08:00-12:00",
        )  # fmt: skip
        Upstream.objects.create(code=line, name=f"Tautan {name}", kind="line", provider_id=code)
    Upstream.objects.filter(code="line-utara").update(provider_id="astinet")
    feeders = [Upstream.objects.create(code=f"feeder-{at}", name=f"Penyulang {at}", kind="feeder") for at in (1, 2, 3)]
    ring = set(wall_show.ring(kelurahan))
    for at, site in enumerate(kelurahan):
        line = "line-utara" if site in ring else "line-barat" if at % 3 else "line-timur"
        Link.objects.create(site_id=site, upstream_id=line, circuit=f"SRG-{at + 401:04}")
        Link.objects.create(site_id=site, upstream=feeders[at % 3])
    Site.objects.filter(kind="kel").update(office_hours="Sen-Jum 07:30-16:00")
    people = (("Siti Rohmah", "Lurah"), ("Ahmad Fauzi", "Operator kelurahan"))
    for order, (name, role) in enumerate(people, 1):
        Person.objects.create(
            site_id=LOST,
            name=name,
            role=role,
            order=order,
            phone=f"0812 0000 000{order}",
            email="kelurahan@example.go.id",
        )


def _months(codes: list[str]) -> int:
    """Days and outages up to yesterday, from the newest month that may be published by now, and is; its number."""
    from center.availability.models import Day, Outage
    from center.core import days as calendar
    from center.ingest.models import Epoch
    from center.reports.frozen import GRACE_MS

    chance = random.Random(5)
    ripe = calendar.date_of(calendar.day_of(wall_city.now_ms() - GRACE_MS))
    first = (ripe.replace(day=1) - timedelta(days=1)).replace(day=1)
    days, outages = [], []
    for code in codes:
        known_ms = int(datetime(first.year, first.month, 1, tzinfo=UTC).timestamp() * 1000) - 10**8
        Epoch.objects.update_or_create(node=code, epoch="epoch-1", defaults={"first_seen_ms": known_ms})
        at = first
        while at < today():
            number = int(at.strftime("%Y%m%d"))
            down = chance.choice((300, 900, 2400, 7200)) if chance.random() < 0.06 else 0
            unknown = chance.choice((0, 0, 0, 0, 40))
            cause, party = chance.choice(OUTAGES)
            isp_down, excluded = (down if party == "isp" else 0), (0 if party == "isp" else down)
            days.append(Day(
                node=code, day=number, up_s=86_400 - down - unknown, down_s=down, maintenance_s=0, unknown_s=unknown,
                isp_up_s=30_600 - isp_down - excluded, isp_down_s=isp_down, isp_excluded_s=excluded, isp_unknown_s=0,
                causes=json.dumps({cause: down} if down else {}),
            ))  # fmt: skip
            if down:
                start = int(datetime(at.year, at.month, at.day, 2, tzinfo=UTC).timestamp() * 1000)
                start += chance.randrange(3_600_000)
                outages.append(Outage(
                    node=code, start_lo_ms=start, start_hi_ms=start, end_lo_ms=start + down * 1000,
                    end_hi_ms=start + down * 1000, cause=cause, party=party, told=cause != "silent",
                    opened_ms=start + 90_000, changed_ms=start + down * 1000,
                ))  # fmt: skip
            at += timedelta(days=1)
    Day.objects.bulk_create(days)
    Outage.objects.bulk_create(outages)
    return concluded.publish(int(first.strftime("%Y%m")))


def _work(kelurahan: list[str]) -> dict[str, Any]:
    from center.operations.models import Handover, Incident, IncidentEntry, Work

    now = wall_city.now_ms()
    parent = Incident.objects.get(kind="parent")
    ring = wall_show.ring(kelurahan)
    at = parent.started_ms
    Incident.objects.filter(acknowledged_ms__isnull=False).update(acknowledged_by="operator")
    Incident.objects.filter(pk=parent.pk).update(
        acknowledged_ms=at + 3 * MINUTE_MS, acknowledged_by="operator", opened_ms=at + 90_000
    )
    for minutes, kind, by, text in (
        (1.5, "opened", "", " ".join(ring[:9])), (2.5, "joined", "", " ".join(ring[9:])),
        (3, "acknowledged", "operator", ""), (5, "comment", "operator", "NOC Astinet ditelepon; teknisi berangkat."),
    ):  # fmt: skip
        IncidentEntry.objects.create(incident=parent, at_ms=at + int(minutes * MINUTE_MS), kind=kind, by=by, text=text)
    for code in ring:
        concluded.add_outage(code, 8, None, cause="silent", party="none", parent="line-utara", incident=parent.pk)
    for scope, subject, begins, lasts, reason in (
        ("site", "opd-setda", -25, 120, "Penggantian UPS ruang server."),
        ("upstream", "line-timur", 1500, 180, "Astinet memindahkan kabel di Jalan Veteran."),
    ):
        Work.objects.create(
            scope=scope, subject=subject, from_ms=now + begins * MINUTE_MS, until_ms=now + (begins + lasts) * MINUTE_MS,
            reason=reason, ticket="CHG-0091", by="operator", made_ms=now - 600 * MINUTE_MS,
        )  # fmt: skip
    Handover.objects.create(
        at_ms=now - 190 * MINUTE_MS, by="operator",
        text="Tautan ISP utara dua kali putus sebentar sore ini; bila terulang, minta Astinet memeriksa jalurnya.",
    )  # fmt: skip
    wall_screens.add_screen("lobi", networks="10.20.3.0/24")
    wall_screens.add_screen("alun-alun", "videotron", "10.20.9.0/24")
    return {"incident_id": parent.pk}


def _alerts(data: Path) -> dict[str, Any]:
    from center.alerts.models import Beat, Delivery
    from center.operations.models import Incident

    now = wall_city.now_ms()
    Beat.objects.create(owner="show", since_ms=now - 600 * MINUTE_MS, alive_ms=now + 600 * MINUTE_MS)
    secrets = data / "alerts-secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name in ("piket", "surel-tik"):
        (secrets / name).write_text("rahasia-contoh\n")
        (secrets / name).chmod(0o600)
    channel = wall_city.add_channel(last_ok_ms=now - 7 * MINUTE_MS)
    wall_city.add_channel(
        "surel-tik", "email", settings=json.dumps({"sender": "sandi@example.go.id"}), secret="surel-tik"
    )
    route = wall_city.add_route()
    wall_city.add_route("surel-tik", name="Semua yang parah", least_severity="critical", level=1, after_min=15)
    for at, incident in enumerate(Incident.objects.order_by("started_ms")):
        sent = incident.opened_ms + 2_000
        Delivery.objects.create(
            key=f"show-{at}", incident=incident.pk, channel=channel, what="opened", severity=incident.severity,
            text=TOLD[incident.kind], made_ms=sent - 1_500, due_ms=sent - 1_500, state="sent", sent_ms=sent, attempts=1,
        )  # fmt: skip
    return {"channel": channel, "route_id": route}


def _node_story(data: Path) -> None:
    wall_city.add_reports(LOST, 600, gap=(514, 600))
    for seq, (code, ago) in enumerate((("OK", 290), ("L5b", 200), ("OK", 185)), 1):
        node_told.add_verdict(LOST, code, ago, seq)
    node_told.add_outage(LOST, "sore", 200, 15, 1)
    node_told.add_path(LOST, 240, 1)
    node_told.add_path(LOST, 60, 2, "180.252.4.9")
    camera_city.fill(data, LOST, until_ms=wall_city.now_ms() - 2600_000)
    concluded.add_outage(LOST, 200, 15, told=True, ticket="SRG-0398")
    concluded.add_outage(LOST, 43, None, cause="silent", party="none")


def _acts(names: dict[str, Any]) -> None:
    """An evening in the audit log, the newest last."""
    from center.accounts.models import Act

    incident, complaint = names["incident_id"], names["request_id"]
    evening = (
        ("nobody", "login", "", "POST 200"), ("cli:root", "user-add", "dinkes", "agency"),
        ("cli:root", "token-add", "provinsi", "province"), ("display:Lobi", "display-entered", "display:Lobi",
                                                            "from 10.20.0.31"),
        ("operator", "login", "", "POST 302"), ("operator", "picture", f"{LOST}/depan", ""),
        ("operator", "incident-act", f"{incident} acknowledge", "POST 302"),
        ("technician", "view_person", LOST, "2"), ("operator", "incident-act", f"{incident} ticket", "POST 422"),
        ("operator", "complaint-text", complaint, "opened"), ("operator", "complaint-reply", complaint, "POST 302"),
        ("admin", "registry-edit", f"sites {LOST}", "POST 302"), ("viewer", "nodes", "", "POST 405"),
        ("admin", "admin:accounts_user_change", "3", "POST 302"), ("admin", "notice-withdrawn", "notice:1", ""),
    )  # fmt: skip
    now = wall_city.now_ms()
    for at, (who, what, subject, detail) in enumerate(evening):
        Act.objects.create(at_ms=now - (len(evening) - at) * 7 * MINUTE_MS, who=who, what=what, subject=subject,
                           detail=detail, address="" if who.startswith("cli") else "10.20.0.14")  # fmt: skip


def _newest(data: Path) -> dict[str, Any]:
    """The desk's complaints, and the newest picture."""
    from center.cctv.models import Snapshot

    nodes = [f"kel-36730110{number:02}" for number in (5, 2, 3, 4, 6, 7)]
    voices = desk_city.fill(data, nodes)
    return {
        "request_id": voices["photo"], "act": "note", "picture_id": Snapshot.objects.latest("pk").pk,
        **{f"{name}_id": one for name, one in voices.items()},
    }  # fmt: skip
