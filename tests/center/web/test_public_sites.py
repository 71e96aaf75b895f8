"""The page of public sites: matrix, ages, table for spreadsheets, and the same for programs."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support import wall_city

A, B, C = "kel-3673011001", "kel-3673011002", "opd-diskominfo"


def day(days_ago: int) -> str:
    return (datetime.now(ZoneInfo("Asia/Jakarta")).date() - timedelta(days=days_ago)).isoformat()


@pytest.fixture
def watched(city: Path) -> Path:
    for node in (A, B, C):
        wall_city.add_node(node)
        wall_city.add_look(node, "Dinkes", fresh_date=day(4), fresh_source="feed", stale_after_days=90)
    wall_city.add_look(A, "PPID", False, "timeout", kind="ppid")
    wall_city.add_look(B, "PPID", kind="ppid", fresh_date=day(200), fresh_source="text", stale_after_days=90)
    wall_city.add_look(A, "Bapenda", False, "site_database_error", sign="SQLSTATE", unverified=True)
    wall_city.add_look(B, "Bapenda", False, "site_database_error", sign="SQLSTATE", unverified=True)
    wall_city.add_look(C, "Kesbangpol", age_s=9000)
    return city


def part(page: str, name: str) -> str:
    return re.search(rf'<section [^>]*id="{name}".*?</section>', page, re.S)[0]  # type: ignore[index]


def test_a_fault_of_one_place_is_told_as_that(watched: Path, client_as: Callable[[str], Any]) -> None:
    page = client_as("viewer").get("/public-sites/").content.decode()
    matrix = part(page, "matrix")
    states = dict(re.findall(r'data-site="(\w+)" data-state="(\w+)"', matrix))
    assert states == {"Bapenda": "DOWN", "PPID": "DEGRADED", "Dinkes": "UP", "Kesbangpol": "UNKNOWN"}
    assert next(iter(states)) == "Bapenda"
    for text in ("galat bagi 1 dari 2", "galat bagi 2 dari 2", "baik bagi 3", "belum ada pemeriksaan baru",
                 "basis datanya tidak menjawab", "alamat belum dipastikan", "Serang"):  # fmt: skip
        assert text in matrix


def test_ages_come_the_oldest_first_with_who_said_so(watched: Path, client_as: Callable[[str], Any]) -> None:
    ages = part(client_as("viewer").get("/public-sites/").content.decode(), "ages")
    assert re.findall(r'data-site="(\w+)"', ages) == ["PPID", "Dinkes", "Bapenda", "Kesbangpol"]
    assert "tidak diperbarui 200 hari" in ages
    assert "tanggal di teks halaman" in ages
    assert "feed situs" in ages


@pytest.mark.parametrize(
    ("query", "matrix"),
    [
        ("sort=name", ["Bapenda", "Dinkes", "Kesbangpol", "PPID"]),
        ("state=UP", ["Dinkes"]),
        ("kind=ppid", ["PPID"]),
        ("sort=entah&state=&kind=", ["Bapenda", "PPID", "Kesbangpol", "Dinkes"]),
        ("state=MAINT", []),
    ],
)
def test_lists_sort_and_filter_by_address(
    watched: Path, client_as: Callable[[str], Any], query: str, matrix: list[str]
) -> None:
    page = client_as("viewer").get(f"/public-sites/?{query}").content.decode()
    assert re.findall(r'data-site="(\w+)" data-state', part(page, "matrix")) == matrix


def test_english_is_complete(watched: Path, client_as: Callable[[str], Any]) -> None:
    page = client_as("viewer").get("/public-sites/?lang=en", follow=True).content.decode()
    for text in ("Public sites", "fails for 1 of 2", "not updated for 200 days", "its database does not answer"):
        assert text in page


def test_without_any_look_the_page_says_what_to_do(city: Path, client_as: Callable[[str], Any]) -> None:
    page = client_as("viewer").get("/public-sites/").content.decode()
    assert "sites_file" in page
    assert "<table" not in page


def test_the_table_for_spreadsheets_has_a_line_per_site_and_a_column_per_node(
    watched: Path, client_as: Callable[[str], Any]
) -> None:
    wall_city.add_look(A, "=HYPERLINK(1)", fresh_date=day(1), suspicious="+x")
    answer = client_as("viewer").get("/public-sites/table.csv?sort=name")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "situs.csv" in answer.headers["Content-Disposition"]
    rows = {row["site"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert set(rows) == {"Bapenda", "Dinkes", "Kesbangpol", "PPID", "'=HYPERLINK(1)"}
    assert (rows["PPID"][A], rows["PPID"][B], rows["PPID"][C]) == ("timeout", "ok", "")
    assert (rows["PPID"]["not_updated_days"], rows["PPID"]["stale"]) == ("200", "1")
    assert rows["Kesbangpol"][C] == "old"
    assert rows["'=HYPERLINK(1)"]["suspicious"] == "'+x"


def test_programs_get_the_same(watched: Path, client_as: Callable[[str], Any]) -> None:
    client = client_as("viewer")
    sites = {site["name"]: site for site in client.get("/api/v1/public-sites").json()["items"]}
    assert (sites["PPID"]["state"], sites["PPID"]["failing"], sites["PPID"]["seen"]) == ("DEGRADED", 1, 2)
    assert sites["PPID"]["looks"][A]["reason"] == "timeout"
    assert (sites["PPID"]["not_updated_days"], sites["PPID"]["stale"]) == (200, True)
    assert sites["Bapenda"]["verified"] is False
    assert [site["name"] for site in client.get("/api/v1/public-sites?state=DOWN").json()["items"]] == ["Bapenda"]


def test_a_nodes_own_page_tells_its_line_and_not_the_sites(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.connectivity.models import Report
    from center.web.reports import measured_targets

    wall_city.add_node(A)
    wall_city.add_reports(A, 2)
    row = {"probe": "site", "target": "Dinkes", "state": "down", "sent": 1, "lost": 1, "detail": {"ok": False}}
    for report in Report.objects.all():
        report.json = report.json.replace('"probes": [', f'"probes": [{json.dumps(row)}, ')
        report.save()
    icmp = {**row, "probe": "icmp", "target": "center"}
    page = client_as("viewer").get(f"/nodes/{A}/").content.decode()
    assert "Dinkes" not in page
    assert list(measured_targets(json.dumps({"probes": [row, icmp]}))) == ["icmp center"]


def test_a_name_from_a_node_is_text_and_never_markup(city: Path, client_as: Callable[[str], Any]) -> None:
    wall_city.add_node(A)
    wall_city.add_look(A, "<script>x</script>", url="javascript:alert(1)", suspicious="<b>", kind="<i>")
    page = client_as("viewer").get("/public-sites/").content.decode()
    assert "<script>x" not in page
    assert "javascript:" not in page
