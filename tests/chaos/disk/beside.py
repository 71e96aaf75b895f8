"""Judging what lies beside the outbox after a cut: heartbeat, sidecar, the kiosk's own database, files."""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.heartbeat import last_beat
from agent.outbox import sidecar
from tests.chaos.disk.oracle import Oracle


def judge_beside(oracle: Oracle, directory: Path) -> None:
    """Add a sentence to `oracle.broken` for each promise these do not keep. Nobody may use the folder meanwhile."""
    if not oracle.opened:
        return
    beat = last_beat(directory / "heartbeat")
    if oracle.beat_ms and (beat is None or beat.mono_ms < oracle.beat_ms):
        oracle.broken.append(f"the last beat is {beat}, {oracle.beat_ms} was promised")
    if sidecar.read(directory) is None:
        oracle.broken.append("the sidecar cannot be read")
    if any((directory / name).exists() for name in _put_aside(directory)):
        oracle.broken.append("a file was put aside as damaged")
    if oracle.tickets:
        _judge_kiosk(oracle, directory / "kiosk.db")


def _put_aside(directory: Path) -> list[str]:
    return [path.name for pattern in ("outbox.corrupt-*", "kiosk.corrupt-*") for path in directory.glob(pattern)]


def _judge_kiosk(oracle: Oracle, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        tickets = {name for (name,) in db.execute("SELECT service_request_id FROM ticket")}
        replies = dict(db.execute("SELECT downlink_id, service_request_id FROM reply"))
    if verdict != "ok":
        oracle.broken.append(f"kiosk.db: {verdict}")
    if lost := oracle.tickets - tickets:
        oracle.broken.append(f"{len(lost)} tickets are lost")
    if lost := {name for name, ticket in oracle.replies.items() if replies.get(name) != ticket}:
        oracle.broken.append(f"{len(lost)} replies are lost")
