"""Commands go the whole round: ordered on the server, signed, carried out by a real agent, told; each has one end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.city import NODE, ROOT, Agent, City, running_city, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]
FINAL = {"done", "failed", "rejected", "expired"}


def run(city: City, *words: str) -> tuple[int, Any]:
    """`sandi-center run WORDS --json` watched to its end: exit code and answer."""
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "run", *words, "--json", "--data", str(city.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def target(city: City, operation: str) -> tuple[object, ...]:
    """(id, state, code, by_node) of the operation's only box."""
    sql = "SELECT id, state, code, by_node FROM operations_operationtarget WHERE operation_id = ?"
    return city.query(sql, operation)[0]


def ordered(city: City) -> str:
    """An operation that takes its time, begun: it is running at the box, as far as the centre has heard."""
    words = ("ping", NODE, "--set", "host=127.0.0.1", "--set", "count=50", "--no-wait")
    code, answer = run(city, *words)
    assert code == 0
    operation = str(answer["operation"])
    wait_until(lambda: target(city, operation)[1] in {"running", *FINAL}, "the box to begin")
    return operation


def agreed(city: City, agent: Agent, operation: str) -> tuple[str, str]:
    """State and code at the end, as the centre and the box's disk have it, and as the box told it exactly once."""
    wait_until(lambda: target(city, operation)[1] in FINAL and target(city, operation)[3], f"an end\n{agent.tail()}")
    ident, state, code, _by_node = target(city, operation)
    kept = json.loads((agent.directory / "data" / "commands" / f"{ident}.json").read_text())
    assert (kept["state"], kept.get("code", "")) == (state, code)
    told = city.query("SELECT body FROM ingest_rawrecord WHERE kind = 'command'")
    mine = [body for body in (json.loads(str(text)) for (text,) in told) if body["id"] == ident]
    assert [body["state"] for body in mine if body["state"] in FINAL] == [state]
    return str(state), str(code)


def test_what_is_asked_of_a_box_is_done_and_what_is_cut_off_ends_once_on_both_sides(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        agent = city.agent(cameras=True)
        agent.start()
        wait_until(agent.ready, f"the agent: {agent.tail()}")
        wait_until(lambda: city.state() not in {"UNKNOWN", "DOWN"}, f"a report\n{agent.tail()}")
        for words in (("ping", NODE, "--set", "host=127.0.0.1"), ("diagnose", NODE), ("snapshot", NODE)):
            code, answer = run(city, *words)
            assert (code, answer["operation"]["state"]) == (0, "done"), (answer, agent.tail())
            assert answer["targets"][0]["output"], answer
            assert agreed(city, agent, answer["operation"]["id"]) == ("done", "")

        cut = ordered(city)
        agent.stop(9)
        agent.start()
        assert agreed(city, agent, cut) in {("failed", "interrupted"), ("done", "")}

        wait_until(agent.ready, f"the agent again: {agent.tail()}")
        through = ordered(city)
        city.kill_part("mosquitto")
        assert agreed(city, agent, through) == ("done", "")

        over = ordered(city)
        for part in ("ingest", "worker", "commander"):
            city.kill_part(part)
        assert agreed(city, agent, over) == ("done", "")

        code, answer = run(city, "snapshot", NODE, "--set", "camera=tiada")
        assert (code, answer["operation"]["counts"]["failed"]) == (1, 1)
        assert agreed(city, agent, answer["operation"]["id"])[0] == "failed"
        shown = json.loads(city.command("operations", "list", "--json", "--node", NODE))
        assert [one["state"] for one in shown] == ["done"] * 7
