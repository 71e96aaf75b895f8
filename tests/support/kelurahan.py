"""The kelurahan of the seed, read without Django."""

import csv
from pathlib import Path

_FILE = Path(__file__).resolve().parents[2] / "center" / "sites" / "seed" / "kelurahan.csv"


def _rows() -> list[tuple[str, str, str, float, float]]:
    with _FILE.open(encoding="utf-8", newline="") as stream:
        return [
            (row["code"], row["name"], row["kecamatan"], float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(stream)
        ]


KELURAHAN = _rows()
"""(code, name, kecamatan, latitude, longitude)"""
