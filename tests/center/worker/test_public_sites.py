"""Health reports with rows of public sites: the newest of each node and site is kept, whatever arrives when."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.center.test_postgresql import center_data as postgresql_data  # noqa: F401 - fixtures
from tests.center.test_postgresql import url  # noqa: F401
from tests.support.arrivals import RECEIVED, project_all, register_node, store_records
from tests.support.fleet import NODE, record, report_body


def row(site: str = "Dinkes", ok: bool = True, reason: str = "", **detail: Any) -> dict[str, Any]:
    found = {"ok": ok, **({"reason": reason} if reason else {}), "url": f"https://{site.lower()}.go.id/", **detail}
    return {"probe": "site", "target": site, "state": "up", "sent": 1, "lost": 0, "p50_ms": 120.5, "detail": found}


def report(seq: int, *rows: dict[str, Any], **fields: Any) -> Any:
    return record(seq, "report", report_body(probes=list(rows)), **fields)


def test_the_newest_look_of_each_site_is_kept(center_data: Path) -> None:
    from center.publicsites.models import Look

    reports = [
        report(1, row(), row("PPID", False, "http_status", status=500)),
        report(2),
        report(3, row(ok=False, reason="timeout"), {**row(), "probe": "http", "target": "x"}),
    ]
    store_records(center_data, reports, "health")
    project_all(center_data)
    assert {(look.site, look.seq, look.ok, look.reason) for look in Look.objects.all()} == {
        ("Dinkes", 3, False, "timeout"),
        ("PPID", 1, False, "http_status"),
    }
    look = Look.objects.get(site="PPID")
    assert (look.node, look.total_ms, json.loads(look.detail)["status"]) == (NODE, 120.5, 500)


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_any_order_of_arrival_keeps_the_newest(center_data: Path, order: tuple[int, ...]) -> None:
    from center.publicsites.models import Look

    made = {1: report(1, row()), 2: report(2, row(ok=False, reason="timeout")), 3: report(3, row())}
    for seq in order:
        store_records(center_data, [made[seq]], "health")
        project_all(center_data)
    look = Look.objects.get()
    assert (look.seq, look.ok) == (3, True)


def test_since_when_is_kept_while_the_finding_stays_and_is_dated_with_its_boot(center_data: Path) -> None:
    from center.publicsites.models import Look

    down = row(ok=False, reason="timeout")
    store_records(center_data, [report(1, row()), report(2, down), report(3, down)], "health")
    project_all(center_data)
    look = Look.objects.get()
    assert look.since_ms < look.at_ms
    anchor = {"boot": "boot-1", "offset_ms": 1_760_000_050_000, "error_ms": 5, "source": "kernel"}
    store_records(center_data, [record(1, "anchor", anchor, mono_ms=500)], received_ms=RECEIVED)
    project_all(center_data)
    look.refresh_from_db()
    assert look.at_ms == 1_760_000_050_000 + look.mono_ms


def test_a_backlog_of_an_older_epoch_is_no_news(center_data: Path) -> None:
    from center.publicsites.models import Look

    store_records(center_data, [report(5, row(ok=False, reason="timeout"))], "health", epoch="epoch-2")
    old = report(9, row(), wall_ms=1_700_000_000_000, mono_ms=10, boot="boot-0")
    store_records(center_data, [old], "health", epoch="epoch-1")
    project_all(center_data)
    assert Look.objects.get().epoch == "epoch-2"


def test_a_node_that_invents_names_does_not_fill_the_table(center_data: Path) -> None:
    from center.core.public_sites import MAX_SITES_OF_NODE
    from center.publicsites.models import Look

    for seq in range(1, 5):
        store_records(
            center_data,
            [report(seq, *(row(f"s{seq}-{n}") for n in range(60)))],
            "health",
            received_ms=RECEIVED + seq,
        )
    project_all(center_data)
    assert Look.objects.count() == MAX_SITES_OF_NODE
    assert Look.objects.filter(site__startswith="s4-").count() == 60


def test_what_a_node_sends_as_detail_may_be_anything(center_data: Path) -> None:
    from center.publicsites.models import Look
    from center.publicsites.reading import read_sites

    strange = {"ok": "ja", "reason": 7, "fresh_date": 5, "certificate_days": True, "url": None, "kind": 1.5}
    store_records(
        center_data, [report(1, {**row(), "detail": strange}), report(2, {**row("B"), "detail": {}})], "health"
    )
    project_all(center_data)
    assert {(look.ok, look.reason) for look in Look.objects.all()} == {(False, "7"), (False, "")}
    assert len(read_sites(RECEIVED)) == 2


def test_a_boxs_rows_stay_small_whatever_it_sends(center_data: Path) -> None:
    from center.publicsites.models import Look
    from center.publicsites.reading import read_sites

    detail = {"url": "https://x.go.id/" + "x" * 9_000, **{f"k{n}": "y" * 900 for n in range(40)}}
    store_records(center_data, [report(1, row("Din\x00kes\x1b[2J", every_s=10**400, **detail))], "health")
    project_all(center_data)
    look = Look.objects.get()
    assert look.site == "Din kes [2J"
    assert len(look.detail) < 32 * 600
    assert [site.name for site in read_sites(RECEIVED)] == [look.site]


def test_a_retired_box_has_no_say(center_data: Path) -> None:
    from center.publicsites.reading import read_sites
    from center.sites.models import Node

    register_node()
    store_records(center_data, [report(1, row())], "health")
    project_all(center_data)
    assert len(read_sites(RECEIVED)) == 1
    Node.objects.update(retired=True)
    assert read_sites(RECEIVED) == []


@pytest.mark.full
def test_the_same_on_postgresql(postgresql_data: Path) -> None:  # noqa: F811
    test_the_newest_look_of_each_site_is_kept(postgresql_data)
