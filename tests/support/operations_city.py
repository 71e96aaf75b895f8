"""An evening of work from afar for the pages: operations of every kind, and a fleet that is not all alike."""

import json
from pathlib import Path
from typing import Any

from tests.support import wall_city
from tests.support.operations import add_operation, tell
from tests.support.small_bundles import public_pem

MINUTE_MS = 60_000
DIAGNOSED = """\
  listrik      baik
  kabel        baik        eth0 1 Gbit/s
  alamat       baik        10.20.3.7 (DHCP)
  gateway      baik        10.20.3.1  0,4 ms  0/20 hilang
  ISP          PUTUS       tidak ada jawaban setelah 10.20.3.1 sejak 12.41
  pusat        -           belum dapat diuji
Putusan  L5b  ISP diam di belakang router (yakin 92 %)
Lakukan  Hubungi ISP, sebut sirkuit SRG-0412; catat nomor tiket dengan: sandi maintenance --ticket ...
"""


def fill(data: Path, kelurahan: list[str]) -> dict[str, Any]:
    """What runs, waits, stopped and ended; and what the boxes run. Ids for the placeholders of addresses."""
    now = wall_city.now_ms()
    _fleet(now)
    _shelf(data, now)
    restart = _restart(kelurahan, now)
    _update(kelurahan, now)
    waiting = add_operation(
        "reboot", {kelurahan[7]: "queued"}, "waiting", made_ms=now - 4 * MINUTE_MS, lapses_ms=now + 26 * MINUTE_MS,
        note="Kios macet sejak pagi",
    )  # fmt: skip
    return {
        "operation_id": restart, "waiting_id": waiting, "press": "ping", "revision": 4, **_looks(data, kelurahan, now),
    }  # fmt: skip


def _shelf(data: Path, now: int) -> None:
    """Three releases: the newest, the one before, and one that was withdrawn."""
    from center.fleet.models import Release

    (data / "releases").mkdir(exist_ok=True)
    (data / "keys").mkdir(exist_ok=True)
    (data / "keys/release.pub").write_bytes(public_pem())
    for digest, version, withdrawn in (("a1" * 32, "0.1.0", None), ("b2" * 32, "0.0.9", None), ("c3" * 32, "0.0.8", 1)):
        Release.objects.create(
            digest=digest, version=version, floor="0.0.5", size_bytes=19_224_064, manifest="{}", added_by="dewi",
            added_ms=now - 60 * MINUTE_MS, withdrawn_ms=withdrawn, notes="Jam tidak lagi melompat",
        )  # fmt: skip
        if withdrawn is None:
            (data / f"releases/{digest}.sandi").write_bytes(b"bundle")


def _restart(kelurahan: list[str], now: int) -> str:
    states = ["done"] * 14 + ["failed", "expired"] + ["running"] * 2 + ["sent"] * 3
    nodes = {node: states[at] if at < len(states) else "queued" for at, node in enumerate(kelurahan[:50])}
    operation = add_operation(
        "restart-agent", nodes, made_ms=now - 9 * MINUTE_MS, canary=1, batch_size=10, abort_pct=20, pause_s=60,
        wave=3, note="Setelan jam baru",
    )  # fmt: skip
    tell(operation, kelurahan[14], "failed", code="timeout", detail="not done after 300 s")
    tell(operation, kelurahan[15], "expired", code="unreachable", by_node=False)
    return operation


def _update(kelurahan: list[str], now: int) -> None:
    """One that goes on, and one of restarts that stopped by itself."""
    states = ["done"] * 2 + ["running"] * 7 + ["queued"] * 31
    going = dict(zip(kelurahan[20:60], states, strict=True))
    add_operation(
        "update", going, made_ms=now - 40 * MINUTE_MS, canary=2, batch_size=10, abort_pct=10, second_by="admin",
        arguments='{"version": "0.1.0", "digest": "", "size_bytes": 1}', wave=2,
    )  # fmt: skip
    nodes = {node: ("done" if at < 9 else "failed" if at < 12 else "skipped") for at, node in enumerate(kelurahan)}
    facts = {"bad": 3, "total": len(nodes), "allowed": 2, "abort_pct": 3, "code": "not_rebooted"}
    add_operation(
        "reboot", nodes, "aborted", made_ms=now - 300 * MINUTE_MS, ended_ms=now - 260 * MINUTE_MS, canary=2,
        batch_size=10, abort_pct=3, second_by="admin", second_ms=now - 298 * MINUTE_MS, why="threshold",
        why_facts=json.dumps(facts),
    )  # fmt: skip


def _looks(data: Path, kelurahan: list[str], now: int) -> dict[str, Any]:
    from center.cctv.models import Snapshot

    node = kelurahan[3]
    diagnosed = add_operation("diagnose", {node: "accepted"}, "done", made_ms=now - 21 * MINUTE_MS)
    tell(diagnosed, node, "done", DIAGNOSED, result={"exit": 1, "ok": False})
    pictured = add_operation("snapshot", {node: "accepted"}, "done", made_ms=now - 32 * MINUTE_MS, made_by="operator")
    target = tell(pictured, node, "done", "depan: ok, 1280x720, 212 ms, #9\n", result={"pictures": 1, "missed": 0})
    picture = wall_city.add_picture(data, node)
    Snapshot.objects.filter(pk=picture).update(request_id=target, reason="request")
    return {"diagnosed_id": diagnosed, "pictured_id": pictured}


def _fleet(now: int) -> None:
    from center.connectivity.models import NodeState
    from center.fleet.models import ConfigPush, NodeConfig, NodeRelease
    from center.ingest.generation import current_generation
    from center.sites.models import Node

    nodes = list(Node.objects.order_by("pk").values_list("pk", flat=True))
    NodeState.objects.filter(node__in=nodes[3:12]).update(version="0.0.9")
    NodeState.objects.filter(node=nodes[20]).update(warnings='["clock_unsynced", "disk_reserve"]')
    generation = current_generation()
    for revision, text in ((3, "[health]\ninterval_s = 60\n"), (4, "[health]\ninterval_s = 30\n")):
        ConfigPush.objects.create(
            generation=generation, revision=revision, toml=text, made_by="technician", note="Laporan lebih rapat",
            made_ms=now - (6 - revision) * 3_600_000,
        )  # fmt: skip
    for at, node in enumerate(nodes):
        old, hand, back = at % 17 == 4, at % 23 == 6, at % 41 == 9
        NodeConfig.objects.create(
            node=node, state="reverted" if back else "confirmed", generation=generation, wanted_generation=generation,
            revision=3 if old or back else 4, wanted_revision=4,
            code="unconfirmed" if back else "", tried=4 if back else 0, at_ms=now - 35 * MINUTE_MS,
            overrides='["probes.icmp.hosts"]' if hand else "[]",
        )  # fmt: skip
    for node, state in ((nodes[4], "trying"), (nodes[5], "rolled_back"), (nodes[6], "fetching")):
        code, detail = ("uplink", "no connection to the centre") if state == "rolled_back" else ("", "")
        NodeRelease.objects.create(
            node=node,
            state=state,
            version="0.1.0",
            running="0.0.9",
            digest="a1" * 32,
            code=code,
            detail=detail,
            at_ms=now - 35 * MINUTE_MS,
        )
