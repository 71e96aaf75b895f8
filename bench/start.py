"""What it costs to start the centre, and to type one of its commands: python -m bench.start [--json]

Processor time, of a data directory that is set up already; each process until the supervisor calls all of them ready.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bench import table
from bench.process import cpu_seconds
from tests.support.city import ROOT, City, wait_until

RUNS = 3
COMMAND = ("enroll", "--help")


def run() -> list[table.Row]:
    """The cheapest of three starts of each process: another load on the machine only makes them dearer."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="sandi-start-") as name:
        for number in range(RUNS):
            for process, seconds in _started(Path(name) / str(number)).items():
                found[process].append(seconds)
        for _ in range(RUNS):
            found[f"sandi-center {' '.join(COMMAND)}"].append(_typed())
    return [table.figure(process, min(seconds), "s") for process, seconds in found.items()]


def _started(folder: Path) -> dict[str, float]:
    """CPU seconds by process."""
    folder.mkdir()
    city = City(folder)
    status = city.data / "run" / "supervisor.json"
    try:
        city.start()
        wait_until(lambda: json.loads(status.read_text())["ready"], "the supervisor to call all of it ready")
        assert city.up.process is not None
        spent = {"supervisor, its preparations included": cpu_seconds(city.up.process.pid)}
        children = json.loads(status.read_text())["children"]
        spent |= {process: cpu_seconds(child["pid"]) for process, child in children.items()}
    finally:
        city.stop()
    return {"all of the centre": sum(spent.values()), **spent}


def _typed() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "center.cli", *COMMAND]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    table.show("the centre's start", run(), "--json" in sys.argv)
