"""The first list of sites: 67 kelurahan and 33 agencies (six of them the kecamatan), see seed/SOURCES.txt."""

import csv
from collections.abc import Iterator
from importlib.resources import files

from django.db import transaction

from center.sites.models import Kind, Site

UNVERIFIED_NOTE = "Nama belum dikonfirmasi dari sumber publik; mohon diperiksa."


def seed() -> int:
    """Add the sites that are missing; returns how many. Sites already there are left exactly as they are."""
    with transaction.atomic():
        present = set(Site.objects.values_list("code", flat=True))
        missing = [site for site in seed_sites() if site.code not in present]
        for site in missing:
            site.save(force_insert=True)
    return len(missing)


def seed_sites() -> Iterator[Site]:
    """The sites of the seed files, not saved."""
    for row in _rows("kelurahan.csv"):
        yield Site(
            code=f"kel-{row['code'].replace('.', '')}",
            name=row["name"],
            kind=Kind.KELURAHAN,
            kecamatan=row["kecamatan"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            postal_code=row["postal_code"],
            verified=True,
        )
    for row in _rows("agencies.csv"):
        kind = Kind(row["id"].partition("-")[0])
        verified = row["verified"] == "yes"
        yield Site(
            code=row["id"],
            name=row["name"],
            short_name=row["short_name"],
            kind=kind,
            kecamatan=row["name"].removeprefix("Kecamatan ") if kind == Kind.KECAMATAN else "",
            verified=verified,
            note="" if verified else UNVERIFIED_NOTE,
        )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("center.sites").joinpath("seed", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
