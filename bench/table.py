"""How a benchmark reports: rows with a goal beside the figure, as a table or as JSON."""

import json
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `goal` is empty where none was set; `met` is None then."""

    name: str
    value: float | str
    unit: str
    goal: str = ""
    met: bool | None = None


def below(name: str, value: float, unit: str, limit: float) -> Row:
    """A figure that should stay under a limit."""
    return Row(name, round(value, 3), unit, f"< {limit:g}", value < limit)


def figure(name: str, value: float | str, unit: str) -> Row:
    """A figure without a goal."""
    return Row(name, round(value, 3) if isinstance(value, float) else value, unit)


def machine() -> str:
    """What this was measured on, for the heading."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")), "?")
    memory_kb = int(Path("/proc/meminfo").read_text(encoding="utf-8").split()[1])
    return (
        f"{model}, {text.count('processor')} cores, {memory_kb // 1024} MiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def show(title: str, rows: Iterable[Row], as_json: bool = False) -> None:
    """Print one benchmark's rows."""
    if as_json:
        sys.stdout.write(json.dumps({"bench": title, "rows": [asdict(row) for row in rows]}) + "\n")
        return
    sys.stdout.write(f"\n{title}\n")
    for row in rows:
        mark = {None: "", True: "met", False: "MISSED"}[row.met]
        sys.stdout.write(f"  {row.name:<52} {row.value!s:>12} {row.unit:<10} {row.goal:<10} {mark}\n".rstrip() + "\n")
    sys.stdout.flush()
