"""The first list of sites: 67 kelurahan and 33 agencies (six of them the kecamatan), see seed/SOURCES.txt.

And the upstreams that follow from it: one area per kecamatan. Of ISP links and feeders there is no public list; none is
made up.
"""

import csv
from collections.abc import Iterator
from importlib.resources import files

from center.core.registry_plan import Plan, Row, Snapshot, plan_rows
from center.core.registry_rules import AREA_NAME
from center.core.registry_tables import Values
from center.sites.models import Kind
from center.sites.registry import By, change

UNVERIFIED_NOTE = "Nama belum dikonfirmasi dari sumber publik; mohon diperiksa."


def seed() -> int:
    """Add the sites that are missing, and an area for a kecamatan that has none yet; returns how many sites. What is
    there already, links that were taken away included, is left exactly as it is."""
    plan = change(_missing, By("sandi", "seed"))
    return sum(one.table == "sites" for one in plan.changes)


def seed_sites() -> Iterator[Values]:
    """The sites of the seed files."""
    for row in _rows("kelurahan.csv"):
        yield {
            "code": f"{Kind.KELURAHAN}-{row['code'].replace('.', '')}",
            "name": row["name"],
            "kecamatan": row["kecamatan"],
            "latitude": float(row["latitude"]),
            "longitude": float(row["longitude"]),
            "postal_code": row["postal_code"],
            "verified": True,
        }
    for row in _rows("agencies.csv"):
        verified = row["verified"] == "yes"
        office = row["id"].startswith(f"{Kind.KECAMATAN}-")
        yield {
            "code": row["id"],
            "name": row["name"],
            "short_name": row["short_name"],
            "kecamatan": row["name"].removeprefix(AREA_NAME) if office else "",
            "verified": verified,
            "note": "" if verified else UNVERIFIED_NOTE,
        }


def seed_areas() -> Iterator[Values]:
    """An upstream per kecamatan of the seed, named as its office and numbered officially."""
    for site in seed_sites():
        kind, _, number = str(site["code"]).partition("-")
        if kind == Kind.KECAMATAN:
            yield {"code": f"area-{number}", "name": site["name"], "kind": "area"}


def _missing(snapshot: Snapshot) -> Plan:
    """Areas first: a new site in a kecamatan that has one hangs on it. A new area takes up the sites that are there."""
    areas = [Row(area) for area in seed_areas() if area["code"] not in snapshot.tables["upstreams"]]
    plan = plan_rows(snapshot, "upstreams", areas)
    with_areas = snapshot.after(plan.changes)
    sites = [Row(site) for site in seed_sites() if site["code"] not in snapshot.tables["sites"]]
    links = [
        Row({"site": code, "upstream": area.values["code"]})
        for area in areas
        for code, site in snapshot.tables["sites"].items()
        if AREA_NAME + str(site["kecamatan"]) == area.values["name"]
    ]
    return plan + plan_rows(with_areas, "sites", sites) + plan_rows(with_areas, "links", links)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("center.sites").joinpath("seed", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
