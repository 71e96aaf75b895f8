"""What people wait for at the centre: pages and the monthly report with the city and a year of data; wall in step.

python -m bench.pages [--nodes 110] [--days 365] [--raw-days 2] [--json]

1. A database with the city and a year (`bench.year`), served by the real web process.
2. Each page is asked for 40 times, one after the other, as an operator who is signed in; p95 of the times to the last
   byte. The report of a whole month, first as a document, then as a PDF.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import table, year
from tests.support import web_process
from tests.support.center import center_database

TIMES = 40
PAGE_GOAL_MS = 300.0
REPORT_GOAL_S = 5.0
PAGES = (
    "wall/", "nodes/", "nodes/{node}/", "nodes/{node}/now", "incidents/", "works/", "handover/", "sites/",
    "sites/{node}/", "upstreams/", "providers/", "public-sites/", "complaints/", "city/", "alerts/", "reports/",
    "reports/{month}/", "reports/day/{day}/", "api/v1/nodes", "api/v1/outages", "api/v1/nodes/{node}/series?hours=24",
    "api/v1/nodes/{node}/series?hours=8760",
)  # fmt: skip
"""Those that are not there (yet) are named as absent, never left out in silence."""


def run(nodes: int = 110, days: int = 365, raw_days: int = 2) -> list[table.Row]:
    """The figures as rows."""
    rows: list[table.Row] = []
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as folder, center_database(Path(folder) / "center") as data:
        began = time.monotonic()
        names = year.fill(days, raw_days, nodes)
        size_mb = (data / "center.db").stat().st_size / 1e6
        rows.append(table.figure("database", round(size_mb), "MB"))
        rows.append(table.figure("filled in", time.monotonic() - began, "s"))
        rows += _reports()
        port = web_process.free_port()
        with web_process.web_server(data, port):
            rows += _pages(f"http://127.0.0.1:{port}/", names[0])
    return rows


def _last_month() -> int:
    """The month before this one, 202610: a whole one."""
    from center.core import days as calendar

    first, _ = calendar.month(calendar.month_of(calendar.day_of(time.time_ns() // 1_000_000)))
    return calendar.month_of(calendar.day_of(calendar.bounds(first).start_ms - 1))


def _reports() -> list[table.Row]:
    """A month as a document, as a page, and as a PDF."""
    from center.reports.build import month_document
    from center.reports.formats import FORMATS

    now_ms, month = time.time_ns() // 1_000_000, _last_month()
    document, took_s = _timed(lambda: month_document(month, now_ms), 5)
    rows = [table.below("last month, document (median)", took_s, "s", REPORT_GOAL_S)]
    for form in ("json", "csv", "html"):
        _, took_s = _timed(lambda form=form: FORMATS[form].render(document, "bench"), 3)  # type: ignore[misc]
        rows.append(table.below(f"last month, {form}", took_s, "s", REPORT_GOAL_S))
    before_s = _cpu_s()
    _, took_s = _timed(lambda: FORMATS["pdf"].render(document, "bench"), 1)
    rows.append(table.below("last month, pdf", took_s, "s", REPORT_GOAL_S))
    rows.append(table.figure("the same, processor time of both processes", _cpu_s() - before_s, "s"))
    return rows


def _cpu_s() -> float:
    """What this process and those it has waited for have used: it counts on a busy machine, too."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _timed(work: Callable[[], Any], times: int) -> tuple[Any, float]:
    found, took = None, []
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - began)
    return found, statistics.median(took)


def _pages(base: str, node: str) -> list[table.Row]:
    from center.core import days as calendar

    cookie = _session("admin")
    day = calendar.day_of(time.time_ns() // 1_000_000)
    rows: list[table.Row] = []
    slowest: list[float] = []
    for page in PAGES:
        path = page.format(node=node, day=day, month=_last_month())
        request = urllib.request.Request(base + path, headers={"Cookie": cookie})
        try:
            took_ms, size = _asked(request)
        except urllib.error.HTTPError as error:
            rows.append(table.figure(f"/{page}", f"absent ({error.code})", ""))
            continue
        slowest += took_ms
        p95 = statistics.quantiles(took_ms, n=20)[-1]
        rows.append(table.below(f"/{page} ({size / 1000:.0f} kB), p95", p95, "ms", PAGE_GOAL_MS))
    rows.append(table.below("all pages, p95", statistics.quantiles(slowest, n=20)[-1], "ms", PAGE_GOAL_MS))
    return rows


def _asked(request: urllib.request.Request) -> tuple[list[float], int]:
    took: list[float] = []
    size = 0
    for _ in range(TIMES):
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:
            size = len(answer.read())
        took.append((time.perf_counter() - began) * 1000)
    return took[2:], size  # the first ones load what a process loads once


def _session(role: str) -> str:
    from django.test import Client

    from center.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
    return "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; exit 1 when a goal was missed."""
    options = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    options.add_argument("--nodes", type=int, default=110)
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--raw-days", type=int, default=2)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    rows = run(chosen.nodes, chosen.days, chosen.raw_days)
    table.show("pages with the city and a year", rows, chosen.json)
    sys.exit(1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()
