"""Misfortunes with a plot: a long outage, a cloned card, a certificate that ran out, a dead worker, damage."""

import contextlib
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from agent.core.clock import Stamp
from agent.health.board import Board
from agent.outbox import OutboxConfig, open_outbox
from tests.chaos import oracle
from tests.chaos.box import Box
from tests.chaos.faults.certificates import expire, reissue
from tests.chaos.faults.damage import corrupt
from tests.chaos.journal import entries
from tests.chaos.place import workplace
from tests.chaos.scene import NODES, Scene, running_scene
from tests.support.city import wait_until
from wire.bodies import HealthReport, encode_body

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(600)]
SIX_HOURS_S, REPORT_EVERY_S = 6 * 3600, 30


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    failed = request.session.testsfailed
    with workplace() as place:
        with running_scene(place.directory, agents=1, per_s=2.0, seed=3) as made:
            yield made
        place.keep = request.session.testsfailed > failed


def accepted(scene: Scene) -> int:
    return sum(len(journal.accepted) for journal in scene.journals)


def good(scene: Scene) -> oracle.Verdict:
    verdict = scene.judge_now()
    assert verdict.problems == []
    assert verdict.good
    return verdict


def six_hours_of_reports(box: Box) -> tuple[int, int]:
    """Let the stopped box have measured for six hours, with the real outbox; how many reports, and the last number."""
    began_ms = int(time.time() * 1000) - SIX_HOURS_S * 1000
    report = HealthReport(30.0, "ok", (), None, {}, (), "0.1.0")
    count = SIX_HOURS_S // REPORT_EVERY_S
    stamps = [
        Stamp("boot-before", "run-before", 60_000 + at_ms, began_ms + at_ms, True)
        for at_ms in range(0, SIX_HOURS_S * 1000, REPORT_EVERY_S * 1000)
    ]
    outbox = open_outbox(box.data, Board(ask_firmware=False).board_id(), stamps[0], OutboxConfig(reserve_mb=8))
    head = 0
    for stamp in stamps:
        head = outbox.append("health", "report", encode_body(report), stamp)
        outbox.flush()
    outbox.close()
    return count, head


def published(scene: Scene) -> list[dict[str, Any]]:
    """What the broker was given, in that order: a line for each payload, as `Observer` writes them just now."""
    trace = scene.directory / "published.jsonl"
    lines = trace.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def heard(scene: Scene, stream: str, since: int) -> int:
    """How many records of a stream the broker was given after the first `since` payloads."""
    return sum(line["records"] for line in published(scene)[since:] if line["stream"] == stream)


def test_after_six_hours_without_a_link_everything_arrives_the_newest_and_the_complaints_first(scene: Scene) -> None:
    box = scene.boxes[0]
    wait_until(lambda: accepted(scene) > 2 and scene.delivered(box), "the first complaints to be stored")
    box.proxy.set(refuse=True)
    box.proxy.cut()
    box.kill()
    count, head = six_hours_of_reports(box)
    box.start()
    wait_until(lambda: (box.outbox() or {}).get("complaint", {}).get("pending", 0) > 5, "complaints to gather")
    wait_until(lambda: (box.outbox() or {}).get("health", {}).get("head", 0) > head, "a report of now")
    before = len(published(scene))
    box.proxy.heal()
    assert good(scene).records > count
    arrived = "SELECT COUNT(*) FROM ingest_rawrecord WHERE stream = 'health' AND boot = 'boot-before'"
    assert scene.city.query(arrived) == [(count,)]
    # As the broker was given it: the two ingest workers write side by side, in an order of their own.
    wait_until(lambda: heard(scene, "health", before) > count, "the observer to have heard the backlog", 90)
    order = published(scene)[before:]
    backlog = next(place for place, line in enumerate(order) if line["stream"] == "health" and line["seqs"][0] <= head)
    assert order[backlog]["records"] > 1, "the reports of then come many at a time"
    now = next(place for place, line in enumerate(order) if line["stream"] == "health" and line["seqs"][0] > head)
    assert now < backlog, "the state of now comes before that of then"
    voices = next(place for place, line in enumerate(order) if line["stream"] == "complaint")
    assert voices < backlog, "and so do the citizens"


def test_a_cloned_card_in_two_boxes_at_work_costs_no_complaint(scene: Scene) -> None:
    original = scene.boxes[0]
    wait_until(lambda: accepted(scene) > 5, "some complaints")
    with scene.journals[0].silent(90) as silent:
        assert silent, original.tail()
        original.kill()
        clone = Box(scene.directory / "clone", scene.city, NODES[0])
        shutil.copytree(original.data, clone.data, dirs_exist_ok=True)
        scene.boxes.append(clone)
        original.start()
        clone.start()
    scene.begin_filing(clone)
    wait_until(lambda: all(len(journal.accepted) > 20 for journal in scene.journals), "both to accept complaints", 120)
    epochs = "SELECT epoch, conflict FROM ingest_epoch WHERE node = ?"
    wait_until(lambda: any(row[1] for row in scene.city.query(epochs, NODES[0])), "the centre to see the clone", 120)
    for journal in scene.journals:
        journal.finish(90)
    verdict = good(scene)
    assert verdict.accepted == sum(len(entries(journal.path)) for journal in scene.journals) > 40
    assert len(scene.city.query(epochs, NODES[0])) >= 2, "one of them, or both, went on under a new epoch"


def test_a_certificate_that_ran_out_is_renewed_under_a_running_agent(scene: Scene) -> None:
    box = scene.boxes[0]
    wait_until(lambda: accepted(scene) > 2 and scene.delivered(box), "the first complaints to be stored")
    assert box.process is not None
    pid = box.process.pid
    expire(scene, box)
    box.proxy.cut()
    wait_until(lambda: (box.outbox() or {}).get("complaint", {}).get("pending", 0) > 10, "complaints to gather")
    wait_until(lambda: "uplink-lost" in box.tail(1_000_000), f"it to say that it has no line:\n{box.tail()}")
    reissue(scene, box)
    good(scene)
    assert box.alive() and box.process.pid == pid, "no restart was needed"


def test_while_one_of_two_ingest_workers_is_dead_complaints_go_through_the_other(scene: Scene) -> None:
    box = scene.boxes[0]
    wait_until(lambda: accepted(scene) > 2 and scene.delivered(box), "the first complaints to be stored")
    pid = scene.signal_part("ingest-1", signal.SIGSTOP)
    try:
        at_stop = accepted(scene)
        wait_until(lambda: len(oracle.complaints(scene.city)) > at_stop + 10, "complaints by way of the other", 120)
    finally:
        with contextlib.suppress(ProcessLookupError):  # the supervisor does not wait for ever for one that hangs
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: scene.up("ingest-1") not in (None, pid), "it to be started again")
    good(scene)
    assert len(oracle.complaints(scene.city)) > at_stop + 10


def test_a_damaged_outbox_that_held_complaints_loses_no_more_than_it_declares(scene: Scene) -> None:
    """What is destroyed is gone. The box goes on, says so, and the centre can count what it never got."""
    box = scene.boxes[0]
    wait_until(lambda: accepted(scene) > 2 and scene.delivered(box), "the first complaints to be stored")
    box.proxy.set(refuse=True)
    box.proxy.cut()
    already = accepted(scene)
    wait_until(lambda: accepted(scene) > already + 40, "complaints to gather", 240)
    with scene.journals[0].silent(90) as silent:
        assert silent, box.tail()
        held = accepted(scene)
        box.kill()
        for name in ("outbox.db", "outbox.db-wal"):
            if (box.data / name).exists() and (box.data / name).stat().st_size:
                corrupt(box.data / name, random.Random(11), 12)
        box.start()
    box.proxy.heal()
    wait_until(lambda: accepted(scene) > held + 5, f"complaints after the damage:\n{box.tail()}", 240)
    scene.journals[0].finish(90)
    verdict = scene.judge_now()
    notices = [
        json.loads(str(body))
        for (body,) in scene.city.query("SELECT body FROM ingest_rawrecord WHERE kind = 'epoch' ORDER BY id")
    ]
    damaged = [notice for notice in notices if notice["reason"] == "corrupt"]
    assert (verdict.equal, verdict.undeclared, verdict.invented) == (0, 0, 0)
    if verdict.lost:
        declared = sum(notice["predecessor_heads"].get("complaint", 0) for notice in damaged)
        assert damaged, f"{verdict.lost} complaints are gone and no epoch begins for it"
        assert verdict.lost <= max(declared, verdict.declared)
    after = list(scene.journals[0].accepted)[held:]
    stored = {text for text, _ in oracle.complaints(scene.city)}
    assert set(after) <= stored
