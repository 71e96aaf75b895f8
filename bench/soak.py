"""A long life under a bad link: does anything grow? A real centre and a real agent with a day of backlog on board.

python -m bench.soak [--minutes 60] [--json]

The agent starts with the link down and 2,880 reports in its outbox; after a minute the link comes up. From then on the
link is cut for 20 s every 4 minutes, citizens complain every 7 s, and every 10 s memory, handles, threads and the files
of the databases are noted. What is compared is the value at 10 minutes (a quarter of the time in shorter runs) with
everything after it.
"""

import argparse
import contextlib
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agent.control_client import NoDaemonError, RefusedError, ask
from bench import backlog, city, table
from bench.gate import Gate
from bench.watch import Watch

SAMPLE_S = 10.0
LINK_DOWN_AT_START_S = 60.0
FLAP_EVERY_S, FLAP_S = 240.0, 20.0
COMPLAINT_EVERY_S = 7.0
BASE_AT_S = 600.0
AGENT_GROWTH_MIB, INGEST_GROWTH_PERCENT = 2.0, 10.0
AGENT_WAL_KIB, CENTER_WAL_KIB = 4 * 1024.0, 64 * 1024.0
"""The agent cuts its log back at 2 MiB; the centre's may grow while a reader holds it and is truncated after."""
DRAIN_TIMEOUT_S = 120.0
OF_THE_MACHINE = ("clock_unsynced",)
"""Warnings that speak of the machine the soak runs on."""


@dataclass
class _Life:
    """What happened during the soak."""

    watch: Watch = field(default_factory=Watch)
    held_at_start: int = 0
    complaints: int = 0
    refused: int = 0
    flaps: int = 0
    replay_s: float = 0.0
    missing: list[str] = field(default_factory=list)


def run(minutes: float) -> list[table.Row]:
    """Rows of the verdict."""
    return _rows(_live(minutes))


def _live(minutes: float) -> _Life:
    life = _Life()
    with tempfile.TemporaryDirectory(prefix="sandi-soak-", dir=backlog.PLACE) as name:
        directory = Path(name)
        life.held_at_start = backlog.fill(directory / "agent", backlog.DAY_REPORTS).records
        with (
            city.running_center(directory) as place,
            Gate(place.mqtt_port, city.free_port()) as gate,
            city.running_agent(place, directory, gate.port) as agent,
        ):
            life.watch = _watch(place, directory, agent.pid)
            with _complaining(directory / "run" / "intake.sock", life):
                _weather(life, gate, place, minutes * 60)
            _drained(life, place, directory)
            life.missing += [
                f"{name} was started again" for name, child in city.supervised(place).items() if child["restarts"]
            ]
            if agent.poll() is not None:
                life.missing.append("the agent ended")
    return life


def _watch(place: city.City, directory: Path, agent: int) -> Watch:
    watch = Watch({"agent": agent})
    watch.pids |= city.children(place)
    for base in (directory / "agent" / "outbox.db", directory / "agent" / "kiosk.db", place.data / "center.db"):
        watch.files |= {base.stem: base, f"{base.stem} log": base.with_name(base.name + "-wal")}
    return watch


def _weather(life: _Life, gate: Gate, place: city.City, length_s: float) -> None:
    """The link over the time of the soak, and a sample every 10 s."""
    watch = life.watch
    changes = [(min(LINK_DOWN_AT_START_S, length_s / 10), True)]
    at_s = changes[0][0] + FLAP_EVERY_S
    while at_s + FLAP_S < length_s - FLAP_S:
        changes += [(at_s, False), (at_s + FLAP_S, True)]
        at_s += FLAP_EVERY_S
    next_s = 0.0
    opened_s: float | None = None
    while watch.now_s < length_s:
        if changes and watch.now_s >= changes[0][0]:
            if changes.pop(0)[1]:
                gate.open()
                opened_s = opened_s if opened_s is not None else watch.now_s
            else:
                gate.shut()
                life.flaps += 1
        if not life.replay_s and opened_s is not None and city.stored_records(place) >= life.held_at_start:
            life.replay_s = watch.now_s - opened_s
        if watch.now_s >= next_s:
            watch.look()
            next_s += SAMPLE_S
        time.sleep(0.25)


@contextlib.contextmanager
def _complaining(socket: Path, life: _Life) -> Iterator[None]:
    """Citizens at the kiosk, one every few seconds, whatever the link does."""
    done = threading.Event()

    def complain() -> None:
        while not done.wait(COMPLAINT_EVERY_S):
            text = f"Lampu jalan di depan pasar padam, laporan ke-{life.complaints + 1}. " * 3
            try:
                ask(socket, {"op": "submit", "category": "laporan", "text": text})
                life.complaints += 1
            except (NoDaemonError, RefusedError) as error:
                life.refused += 1
                life.missing.append(f"complaint refused: {error}"[:120])

    citizens = threading.Thread(target=complain, daemon=True)
    citizens.start()
    try:
        yield
    finally:
        done.set()
        citizens.join(15)


def _drained(life: _Life, place: city.City, directory: Path) -> None:
    """Everything accepted must arrive; what does not is named."""

    def complaints() -> int:
        database = sqlite3.connect(f"file:{place.data / 'center.db'}?mode=ro", uri=True)
        with contextlib.closing(database):
            sql = "SELECT count(*), count(DISTINCT epoch || seq) FROM ingest_rawrecord WHERE stream = 'complaint'"
            rows, distinct = database.execute(sql).fetchone()
        if rows != distinct:
            life.missing.append(f"{rows - distinct} complaints stored twice")
        return int(rows)

    try:
        city.wait_for(lambda: complaints() >= life.complaints, "the last complaint", DRAIN_TIMEOUT_S)
        status = ask(directory / "run" / "control.sock", {"op": "status"})
        standing: list[dict[str, object]] = status["warnings"]  # type: ignore[assignment]
        life.missing += [f"warning {one}" for one in standing if one["code"] not in OF_THE_MACHINE]
    except (TimeoutError, NoDaemonError, RefusedError) as error:
        life.missing.append(str(error))


def _rows(life: _Life) -> list[table.Row]:
    watch = life.watch
    end_s = watch.series["agent PSS"][-1][0]
    base_s = min(BASE_AT_S, end_s / 4)
    rows = [
        table.figure("records on board at the start", life.held_at_start, "records"),
        table.figure("link up to all of them stored (with the pause before reconnecting)", life.replay_s, "s"),
        table.figure("complaints accepted", life.complaints, "complaints"),
        table.figure("times the link was cut", life.flaps, "cuts"),
        table.Row("lost, refused or stored twice", len(life.missing), "things", "= 0", not life.missing),
        *(table.figure(f"  {what}", "", "") for what in life.missing[:10]),
        _grown(watch, "agent PSS", base_s, AGENT_GROWTH_MIB),
        _grown(watch, "ingest RSS", base_s, watch.around("ingest RSS", base_s) * INGEST_GROWTH_PERCENT / 100),
    ]
    rows += [_handles(watch, name, base_s, end_s) for name in watch.pids]
    for name, limit in (("outbox log", AGENT_WAL_KIB), ("kiosk log", AGENT_WAL_KIB), ("center log", CENTER_WAL_KIB)):
        rows.append(table.below(f"{name}, largest", max(watch.between(f"{name} KiB", 0, end_s)), "KiB", limit))
    for name in watch.pids:
        for what in ("PSS", "RSS", "threads"):
            series = f"{name} {what}"
            start, end = watch.around(series, base_s), watch.around(series, end_s)
            rows.append(table.figure(f"{series} at {base_s / 60:.0f} min -> end", f"{start:.1f} -> {end:.1f}", ""))
    charted = ("agent PSS", "agent handles", "ingest PSS", "outbox log KiB", "center log KiB", "center KiB")
    return [*rows, *(table.figure(f"{name} {watch.chart(name)}", "", "") for name in charted)]


def _grown(watch: Watch, series: str, base_s: float, allowed: float) -> table.Row:
    """How far the series strayed from its value at `base_s` afterwards, at the most."""
    base = watch.around(series, base_s)
    worst = max(watch.between(series, base_s, float("inf")), key=lambda value: abs(value - base)) - base
    name = f"{series}: farthest from its value at {base_s / 60:.0f} min ({base:.1f} MiB)"
    return table.Row(name, round(worst, 2), "MiB", f"+-{allowed:.1f}", abs(worst) <= allowed)


def _handles(watch: Watch, name: str, base_s: float, end_s: float) -> table.Row:
    """Handles at the end against handles at `base_s`: medians, since a connection being made is no leak."""
    series, width_s = f"{name} handles", max(base_s / 2, 60.0)
    before, after = watch.around(series, base_s, width_s), watch.around(series, end_s, width_s * 2)
    most = max(watch.between(series, base_s, end_s))
    return table.Row(
        f"{series} {before:.0f} -> {after:.0f}, most {most:.0f}", after - before, "", "<= 0", after <= before
    )


def main() -> None:
    """Print the verdict; `--json` with all series."""
    options = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=60, help="how long (default 60)")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    life = _live(chosen.minutes)
    rows = _rows(life)
    if chosen.json:
        series = {
            name: [(round(at), round(value, 2)) for at, value in points] for name, points in life.watch.series.items()
        }
        found = {"bench": "soak", "rows": [asdict(row) for row in rows], "series": series, "missing": life.missing}
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        table.show("soak", rows)
    sys.exit(1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()
