"""What changed between two documents of the same month: what an amendment has to name. Pure.

Compared are the seconds of every node, the outages, the providers' sheets, and whose line each node hung on. Names of
places and the sections of the services are what they were on the day the month was frozen: a site that is renamed
later amends nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECONDS = ("up_s", "down_s", "unknown_s", "maintenance_s")
OUTAGE = ("start_ms", "end_ms", "cause", "party", "counts", "lost_s", "isp_s", "ticket", "reported_ms")
SHEET = ("promised_pct", "hours", "up_s", "down_s", "unknown_s", "excluded_s", "pct", "credit_pct")

LINE = ("node", "provider")
"""Of a line only that it is in the sheet; its seconds are in the provider's."""


@dataclass(frozen=True, slots=True)
class Change:
    """`what` of the `kind` thing named `key` was `before` and is `after`; None on the side where it is not there."""

    kind: str
    key: str
    what: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every difference that amends the month, in the order of the documents."""
    return (
        *_compared("node", _rows(before["groups"]["node"], "key"), _rows(after["groups"]["node"], "key"), SECONDS),
        *_compared("outage", _rows(before["outages"], "id"), _rows(after["outages"], "id"), OUTAGE),
        *_compared("provider", _rows(before["sla"], "provider"), _rows(after["sla"], "provider"), SHEET),
        *_compared("line", _lines(before["sla"]), _lines(after["sla"]), LINE),
    )


def _rows(rows: list[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    return {str(row[key]): row for row in rows}


def _lines(sheets: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    rows = [{"node": line["node"], "provider": sheet["provider"]} for sheet in sheets for line in sheet["lines"]]
    return {f"{row['provider']} {row['node']}": row for row in rows}


def _compared(
    kind: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], parts: tuple[str, ...]
) -> list[Change]:
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            found.append(Change(kind, key, "", _shown(old, parts), _shown(new, parts)))
            continue
        found += [Change(kind, key, part, old[part], new[part]) for part in parts if old[part] != new[part]]
    return found


def _shown(row: Mapping[str, Any] | None, parts: tuple[str, ...]) -> dict[str, Any] | None:
    return None if row is None else {part: row[part] for part in parts}
