"""A roll-out over the whole city: signed by the real commander, told by the real broker, moved on by the real worker,
taken by 110 boxes that believe signatures alone. One in twenty fails, and it stops there and says why."""

import base64
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from center.commander.agreeing import code_at
from center.commander.client import ask_now
from center.commander.frames import Order, Roll
from tests.support.answering_fleet import AnsweringBox, Outcome, answering_fleet
from tests.support.city import City, running_city, wait_until
from tests.support.made_fleet import NODES, lay_fleet, session
from wire.bodies import Command

CANARY, BATCH, ABORT_PCT = 5, 20, 3
FAILING = (30, 41, 52, 63, 74, 85)
"""Positions in the order of the nodes, one in twenty: two each in the second, third and fourth batch."""
ROWS = """
SELECT t.node, t.state, t.code, t.by_node, t.wave FROM operations_operationtarget t
WHERE t.operation_id = ? ORDER BY t.position
"""


@pytest.mark.full
@pytest.mark.broker
@pytest.mark.timeout(600)
def test_a_roll_out_of_which_one_in_twenty_fails_stops_at_its_threshold_and_says_why(tmp_path: Path) -> None:
    nodes = lay_fleet(tmp_path / "center", tmp_path / "credentials")
    assert len(nodes) == NODES
    bad = {nodes[at] for at in FAILING}

    def behave(node: str, _command: Command) -> Outcome:
        return ("failed", "not_stopped") if node in bad else ("done", "")

    with running_city(tmp_path) as city:
        keys = city.data / "commander" / "command.pub"
        secret = _person(city, "sari")

        def connect(node: str) -> Any:
            return session("127.0.0.1", city.mqtt_port, node, tmp_path / "credentials" / node)

        with answering_fleet(connect, nodes, keys, behave) as boxes:
            wait_until(lambda: _heard(city) == NODES, "the centre to hear all of them", 180)
            operation = _ordered(city, nodes, secret)
            wait_until(lambda: _state(city, operation)[0] == "aborted", "the roll-out to stop", 180)
            wait_until(lambda: not _open(city, operation), "every box that was asked to have ended", 120)
            _judge(city, operation, nodes, boxes)
        shown = json.loads(city.command("operations", "show", operation, "--json"))
        told = city.command("operations", "show", operation)
    assert (shown["operation"]["state"], shown["operation"]["why"]) == ("aborted", "threshold")
    assert "Stopped at the threshold: 4 of 110 boxes failed, 3 were allowed (3 %); most often not_stopped" in told
    assert "45 boxes were not touched." in told


def _judge(city: City, operation: str, nodes: tuple[str, ...], boxes: dict[str, AnsweringBox]) -> None:
    """Everything the boxes know agrees with what the centre says of them."""
    state, why, facts = _state(city, operation)
    assert (state, why) == ("aborted", "threshold")
    told = {name: facts[name] for name in ("bad", "total", "allowed", "abort_pct", "code")}
    assert told == {"bad": 4, "total": NODES, "allowed": 3, "abort_pct": ABORT_PCT, "code": "not_stopped"}
    rows = city.query(ROWS, operation)
    assert [row[0] for row in rows] == list(nodes)
    begun = CANARY + 3 * BATCH
    assert [row[1] for row in rows[begun:]] == ["skipped"] * (NODES - begun)
    for at, (node, ended, code, by_node, _wave) in enumerate(rows[:begun]):
        wanted = ("failed", "not_stopped", 1) if at in FAILING else ("done", "", 1)
        assert (ended, code, by_node) == wanted, node
    assert [len(boxes[node].taken) for node in nodes] == [1] * begun + [0] * (NODES - begun)
    assert {name for box in boxes.values() for _, name in box.taken} == {"restart-agent"}
    assert sum(box.doubted for box in boxes.values()) == 0


def _person(city: City, name: str) -> bytes:
    """Somebody whose telephone holds the secret that was printed once."""
    told = city.command("commander", "person", "add", name)
    found = re.search(r"secret=([A-Z2-7]+)", told)
    assert found, told
    return base64.b32decode(found[1])


def _ordered(city: City, nodes: tuple[str, ...], secret: bytes) -> str:
    """The operation's id. A code serves once and for a minute: on a slow machine another one is typed."""
    roll = Roll(canary=CANARY, batch_size=BATCH, abort_pct=ABORT_PCT)
    end_s = time.monotonic() + 180
    while True:
        code = code_at(secret, time.time_ns() // 1_000_000)
        answer = ask_now(city.data, Order("roll-out", "restart-agent", nodes, "sari", roll=roll, otp=code), 90)
        if not answer.code:
            return answer.operation
        assert answer.code == "otp" and time.monotonic() < end_s, answer
        time.sleep(5)


def _heard(city: City) -> int:
    return int(str(city.query("SELECT count(*) FROM ingest_presence WHERE hint = 'online' AND live_ms > 0")[0][0]))


def _state(city: City, operation: str) -> tuple[str, str, dict[str, Any]]:
    rows = city.query("SELECT state, why, why_facts FROM operations_operation WHERE id = ?", operation)
    return str(rows[0][0]), str(rows[0][1]), json.loads(str(rows[0][2]))


def _open(city: City, operation: str) -> int:
    final = ("done", "failed", "rejected", "expired", "skipped")
    return sum(row[1] not in final for row in city.query(ROWS, operation))
