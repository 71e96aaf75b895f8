"""Cards for many sites from a CSV file: judged whole before anything is written."""

import csv
import io
from pathlib import Path
from typing import Any, Final

from center.errors import CenterError
from center.provision.facts import build_facts
from center.provision.making import Wish

MAX_BYTES: Final = 1024 * 1024
MAX_ROWS: Final = 1000
NEEDED: Final = ("node", "model", "role")
OPTIONAL: Final = ("host", "place", "ntp", "apn", "address", "gateway", "dns", "ssid", "psk", "country", "ssh_from")
SUMMARY: Final = "ringkasan.csv"


class BulkError(CenterError):
    """The file cannot be used. Nothing was written."""


def read_wishes(path: Path, defaults: dict[str, Any], host: str) -> list[Wish]:
    """One wish a row. `defaults`: facts of all sites, over which each row goes.

    Raises:
        BulkError: names row and column.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise BulkError(f"{path} is larger than 1 MB", f"{path} lebih besar dari 1 MB")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BulkError(f"{path} cannot be read: {error}", f"{path} tidak dapat dibaca: {error}") from error
    if not rows:
        raise BulkError(f"{path} is empty", f"{path} kosong")
    header = [name.strip() for name in rows[0]]
    _judge_header(path, header)
    if len(rows) - 1 > MAX_ROWS:
        raise BulkError(f"{path} has more than {MAX_ROWS} rows", f"{path} lebih dari {MAX_ROWS} baris")
    wishes: list[Wish] = []
    seen: set[str] = set()
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path.name}, baris {number}"
        if len(row) != len(header):
            raise BulkError(f"{where}: {len(row)} columns, the first row has {len(header)}",
                            f"{where}: {len(row)} kolom, baris pertama {len(header)}")  # fmt: skip
        wish = _wish({name: cell.strip() for name, cell in zip(header, row, strict=True)}, defaults, host, where)
        if wish.node in seen:
            raise BulkError(f"{where}: {wish.node} stands there twice", f"{where}: {wish.node} tertulis dua kali")
        seen.add(wish.node)
        wishes.append(wish)
    if not wishes:
        raise BulkError(f"{path} has no rows", f"{path} tidak berisi baris")
    return wishes


def _judge_header(path: Path, header: list[str]) -> None:
    absent = [name for name in NEEDED if name not in header]
    strange = [name for name in header if name not in NEEDED + OPTIONAL]
    if absent or strange or len(set(header)) != len(header):
        known = ", ".join(NEEDED + OPTIONAL)
        raise BulkError(
            f"{path}: first row {', '.join(header)!r}: needed are {', '.join(NEEDED)}; known are {known}, each once",
            f"{path}: baris pertama {', '.join(header)!r}: wajib {', '.join(NEEDED)}; dikenal {known}, sekali saja",
        )


def _wish(cells: dict[str, str], defaults: dict[str, Any], host: str, where: str) -> Wish:
    tree = dict(defaults)
    tree |= {name: cells[name] for name in ("host", "place", "ntp", "apn") if cells.get(name)}
    if cells.get("ssh_from"):
        tree["ssh_from"] = cells["ssh_from"].split()
    if cells.get("address"):
        tree["address"] = {
            "address": cells["address"],
            "gateway": cells.get("gateway", ""),
            "dns": cells.get("dns", "").split(),
        }
    if cells.get("ssid"):
        country = {"country": cells["country"]} if cells.get("country") else {}
        tree["wifi"] = {"ssid": cells["ssid"], "psk": cells.get("psk", ""), **country}
    return Wish(cells["node"], cells["model"], cells["role"], build_facts(tree, where), cells.get("host") or host)
