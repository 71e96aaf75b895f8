"""Files of the registry on their way in: read, looked at in preview, and then done as they were shown.

The page and the command line do the same: `prepare` reads a file into what is kept for the preview, `plan_of` says
what it would change now, `confirm` does exactly that.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from center.core import geojson, registry_csv
from center.core.registry_outlines import plan_outlines
from center.core.registry_plan import Plan, Snapshot, plan_rows
from center.core.registry_tables import TABLES
from center.sites.models import Upload
from center.sites.registry import By, RegistryError, change
from center.sites.terms import Since

OUTLINES: Final = "boundaries"
KEPT_MS: Final = 3_600_000
Planner = Callable[[Snapshot], Plan]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that could be read: for which table, as it is kept."""

    table: str
    name: str
    content: str


def size_limit(table: str) -> int:
    """Largest file of this table, in bytes."""
    return geojson.MAX_BYTES if table == OUTLINES else registry_csv.MAX_BYTES


def prepare(table: str, name: str, content: bytes, code_property: str = "", *, others: bool = False) -> Prepared:
    """Read a file. `code_property` and `others` (pass over what is no site of ours) are for GeoJSON.

    Raises:
        RegistryError: what is wrong with it, line by line (in GeoJSON: feature by feature).
    """
    if table == OUTLINES:
        outlines, problems = geojson.read_outlines(content, code_property)
        rows = [[one.site, one.rings, one.number, one.vertices] for one in outlines]
        kept = json.dumps({"others": others, "outlines": rows})
    else:
        problems = registry_csv.read_csv(TABLES[table], content).problems
        kept = "" if problems else content.decode("utf-8-sig")
    if problems:
        raise RegistryError(problems)
    return Prepared(table, name[:200], kept)


def plan_of(prepared: Prepared) -> Planner:
    """What the file changes, as a question to the registry as it is when asked."""
    if prepared.table == OUTLINES:
        stored = json.loads(prepared.content)
        outlines, others = [_outline(*one) for one in stored["outlines"]], bool(stored["others"])
        return lambda snapshot: plan_outlines(snapshot, outlines, prepared.name, others=others)
    rows = registry_csv.read_csv(TABLES[prepared.table], prepared.content.encode()).rows
    return lambda snapshot: plan_rows(snapshot, prepared.table, rows)


def confirm(prepared: Prepared, who: str, expected: str = "", since: Since | None = None) -> Plan:
    """Do it, all or nothing; `expected` is the digest of the preview that was shown, `since` from when on lines are so.

    Raises:
        RegistryError, StaleError: as `center.sites.registry.change`.
    """
    return change(plan_of(prepared), By(who, "geojson" if prepared.table == OUTLINES else "csv"), expected, since)


def keep(prepared: Prepared, who: str) -> int:
    """Keep a file for its preview; the number it is asked for with."""
    prune_uploads()
    row = Upload.objects.create(
        at_ms=time.time_ns() // 1_000_000, by=who, table=prepared.table, name=prepared.name, content=prepared.content
    )
    return int(row.pk)


def kept(number: int, who: str) -> Prepared | None:
    """The file somebody is previewing; None when it is not theirs, or an hour old."""
    least = time.time_ns() // 1_000_000 - KEPT_MS
    row = Upload.objects.filter(pk=number, by=who, at_ms__gte=least).first()
    return Prepared(row.table, row.name, row.content) if row else None


def prune_uploads() -> None:
    """Forget files nobody confirmed within the hour. The worker does so too: a file of contacts is not left lying."""
    Upload.objects.filter(at_ms__lt=time.time_ns() // 1_000_000 - KEPT_MS).delete()


def forget(number: int) -> None:
    """The file is used, or not wanted."""
    Upload.objects.filter(pk=number).delete()


def _outline(site: str, rings: Any, number: int, vertices: int) -> geojson.Outline:
    return geojson.Outline(site, tuple(tuple((x, y) for x, y in ring) for ring in rings), number, vertices)
