"""What the core agent weighs at its default cadence, against a real broker and centre on this machine.

python -m bench.agent [--minutes 10] [--json]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import process, table
from bench.city import NODE, City, running_agent, running_center, stored_records, wait_for

DAY_S = 86_400
WARM_UP_S = 30
"""Start-up costs (imports, the birth, the first batch) are not the steady state."""


def run(minutes: float) -> list[table.Row]:
    """Rows: start, memory, CPU, bytes on the wire and on disk, imports."""
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as name:
        directory = Path(name)
        with running_center(directory) as city:
            before = stored_records(city)
            began = time.monotonic()
            with running_agent(city, directory) as agent:
                wait_for(lambda: stored_records(city) > before, "the first record to be committed")
                first_s = time.monotonic() - began
                rows = _steady(city, agent.pid, minutes)
    return [table.below("start to first record committed", first_s, "s", 3), *rows, *_imports()]


def _steady(city: City, pid: int, minutes: float) -> list[table.Row]:
    time.sleep(WARM_UP_S)
    cpu, disk, at = process.cpu_seconds(pid), process.written_bytes(pid), time.monotonic()
    wire, records = process.wire_bytes(pid, city.mqtt_port), stored_records(city)
    time.sleep(max(minutes * 60 - WARM_UP_S, 60))
    elapsed, now = time.monotonic() - at, process.wire_bytes(pid, city.mqtt_port)
    memory, per_day = process.memory(pid), DAY_S / elapsed
    cpu_percent = 100 * (process.cpu_seconds(pid) - cpu) / elapsed
    disk_mb = (process.written_bytes(pid) - disk) * per_day / 1e6
    return [
        table.below("PSS, host libraries shared", memory.pss_host_shared, "MiB", 24),
        table.figure("PSS as the kernel divides it here", memory.pss, "MiB"),
        table.figure("private memory", memory.private, "MiB"),
        table.below(f"RSS after {minutes:g} minutes", memory.rss, "MiB", 30),
        table.below("CPU at the default cadence", cpu_percent, "% core", 0.25),
        table.below("on the wire, TLS bytes both ways", (now.tls - wire.tls) * per_day / 1e6, "MB/day", 2.5),
        table.figure("  with every TCP/IP header", (now.with_headers - wire.with_headers) * per_day / 1e6, "MB/day"),
        table.below("written to disk", disk_mb, "MB/day", 25),
        table.figure("records stored per day", (stored_records(city) - records) * per_day, "records"),
        table.figure("commit window of the health stream", 10, "s"),
        table.figure("measured over", elapsed, "s"),
        table.figure("node", NODE, ""),
    ]


def _imports(most: int = 12) -> list[table.Row]:
    """The costliest modules by cumulative import time, as Python itself reports them."""
    code = "from agent.cli import load_lean; load_lean(); import agent.service"
    report = subprocess.run(
        [sys.executable, "-OO", "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    costs = []
    for line in report.stderr.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[0].strip().isdigit():
            costs.append((int(parts[0]), parts[2].strip()))
    costs.sort(reverse=True)
    total = table.figure("modules imported by the core", len(costs), "modules")
    return [total, *(table.figure(f"  import {name}", micros / 1000, "ms") for micros, name in costs[:most])]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10, help="how long to watch the agent (default 10)")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    table.show("core agent", run(chosen.minutes), chosen.json)


if __name__ == "__main__":
    main()
