"""All benchmarks in turn: python -m bench [--minutes N] [--only NAME] [--json]. The soak runs only when it is named."""

import argparse
import importlib
import sys

from bench import table

BENCHES = {
    "outbox": ("bench.outbox", "outbox"),
    "ingest": ("bench.ingest", "ingest against raw paho receive"),
    "probes": ("bench.probes", "probes"),
    "accuracy": ("bench.accuracy", "accuracy of the ping"),
    "agent": ("bench.agent", "core agent"),
    "load": ("bench.load", "agent with pings each second and forty sites"),
    "replay": ("bench.replay", "replay of an offline day"),
    "wear": ("bench.wear", "wear of the card"),
    "arithmetic": ("bench.arithmetic", "outages and availability of a month"),
    "passes": ("bench.passes", "passes over outages and days"),
    "kiosk": ("bench.kiosk", "a citizen's Send to the receipt"),
    "pages": ("bench.pages", "pages with the city and a year"),
    "serial": ("bench.serial", "the serial panel"),
    "live": ("bench.live", "publish to wall with the city live"),
    "afar": ("bench.afar", "asked from afar with the city live"),
    "pictures": ("bench.pictures", "pictures into their bytes"),
    "voices": ("bench.voices", "handing in at the kiosk"),
    "cameras": ("bench.cameras", "cameras: grab to JPEG"),
    "start": ("bench.start", "the centre's start"),
    "boot": ("bench.boot", "a box boots"),
    "field": ("bench.field", "a box in the field"),
    "soak": ("bench.soak", "soak"),
}
WATCHED_MINUTES = {"agent": 10.0, "load": 6.0, "soak": 60.0}
ONLY_WHEN_NAMED = ("soak",)


def main() -> None:
    """Run the chosen benchmarks; exit 1 when a goal was missed."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--minutes", type=float, help="how long to watch the agent (10) or to soak (60)")
    options.add_argument("--only", choices=sorted(BENCHES), action="append", help="one benchmark; may be repeated")
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    chosen = options.parse_args()
    if not chosen.json:
        sys.stdout.write(f"{table.machine()}\n")
    missed = False
    for name in chosen.only or [name for name in BENCHES if name not in ONLY_WHEN_NAMED]:
        module, title = BENCHES[name]
        bench = importlib.import_module(module)
        minutes = WATCHED_MINUTES.get(name)
        rows = bench.run() if minutes is None else bench.run(chosen.minutes or minutes)
        table.show(title, rows, chosen.json)
        missed = missed or any(row.met is False for row in rows)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
