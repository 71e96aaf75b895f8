"""What of a document's outages and days is one provider's: the rows of its sheet and of its evidence pack.

Documents of before lines could change have no parts: in them a node was of one provider for the whole period.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from center.core import days as calendar
from center.core.monthly import DAY_PARTS

Row = Mapping[str, Any]


def outages_of(document: Row, provider: str) -> list[Row]:
    """The outages on its lines, each with what it cost of the provider's time alone. `part_ms` [from, until] says that
    it is a part: the outage was divided where the line changed, and `whole_s` is what it cost in all."""
    found: list[Row] = []
    for row in document["outages"]:
        if "parts" not in row:
            found += [row] if row["provider"] == provider else []
            continue
        whole = {key: value for key, value in row.items() if key != "parts"}
        for part in row["parts"]:
            if part["provider"] == provider:
                stretch = {"part_ms": [part["from_ms"], part["until_ms"]], "whole_s": row["lost_s"]}
                mine = {name: part[name] for name in ("provider", "circuit", "lost_s", "isp_s")}
                found.append({**whole, **mine, **stretch})
    return found


def days_of(document: Row, sheet: Row) -> Iterator[dict[str, Any]]:
    """The node-days of a sheet's lines while they were its, a divided day only with the part that is."""
    divided: dict[tuple[str, int], list[Any]] = {}
    for row in document.get("day_parts", ()):
        divided.setdefault((row[0], row[1]), []).append(row)
    lines: dict[str, list[Row]] = {}
    for line in sheet["lines"]:
        lines.setdefault(line["node"], []).append(line)
    for row in document["days"]:
        node, day = row[0], row[1]
        if (node, day) in divided:
            for part in divided[node, day]:
                if part[3] == sheet["provider"]:
                    yield {"node": node, "day": day, "from_ms": part[2], "circuit": part[4], **_seconds(part[5:])}
        elif any(_covers(line, day) for line in lines.get(node, ())):
            yield {"node": node, "day": day, **_seconds(row[2:])}


def stretch_of(row: Row) -> list[int | None] | None:
    """[from, until] of a line that was the provider's for a part of the period only; None for all of it."""
    edges = [row.get("from_ms"), row.get("until_ms")]
    return None if edges == [None, None] else edges


def _covers(line: Row, day: int) -> bool:
    from_ms, until_ms = line.get("from_ms"), line.get("until_ms")
    at_ms = calendar.bounds(day).start_ms
    return (from_ms is None or from_ms <= at_ms) and (until_ms is None or at_ms < until_ms)


def _seconds(values: list[Any]) -> dict[str, Any]:
    return dict(zip(DAY_PARTS, values, strict=True))
