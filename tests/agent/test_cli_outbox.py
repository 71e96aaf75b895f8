"""What `sandi outbox --ledger` and `--dead` show of an outbox that gave something up, alive and dead."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.fakes import FakeClock
from agent.outbox import OutboxConfig, open_outbox
from tests.agent.test_cli import sandi, told
from tests.support.agent_box import AgentBox

SECRET = "sealed words of a citizen"
EVENTS = 1500


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> AgentBox:
    """Events over their bound, a complaint that the centre refused; nothing of it was acknowledged."""
    made = AgentBox(tmp_path_factory.mktemp("box"))
    made.data_dir.mkdir()
    clock = FakeClock()
    outbox = open_outbox(made.data_dir, "", clock.stamp(), OutboxConfig(event_max_mb=1, reserve_mb=0))
    for _ in range(EVENTS):
        outbox.append("event", "reach", json.dumps({"filler": "x" * 1000}).encode(), clock.stamp())
    number = outbox.append("complaint", "complaint", json.dumps({"sealed": SECRET}).encode(), clock.stamp())
    outbox.refuse("complaint", number, "bad_body", clock.stamp())
    outbox.close()
    return made


@pytest.fixture(params=["dead", "alive"])
def asked(box: AgentBox, request: pytest.FixtureRequest) -> Iterator[tuple[AgentBox, int]]:
    """The box and the exit code of each command: 3 while the agent does not run."""
    if request.param == "dead":
        yield box, 3
        return
    with box.running():
        yield box, 0


def test_the_ledger_names_each_stretch_that_was_given_up(asked: tuple[AgentBox, int]) -> None:
    box, code = asked
    rows = json.loads(sandi("outbox", "--ledger", "--json", "-c", str(box.config)).stdout)["ledger"]
    kinds = {(row["stream"], row["reason"]) for row in rows}
    assert kinds == {("event", "bound"), ("complaint", "refused: bad_body")}
    lost = [row for row in rows if row["stream"] == "event"]
    assert all(row["last"] - row["first"] + 1 == row["count"] for row in lost)
    assert not any(row["acknowledged"] for row in lost)
    done = sandi("outbox", "--ledger", "-c", str(box.config))
    assert done.returncode == code
    for row in lost:
        (line,) = (line for line in done.stdout.splitlines() if f"{row['first']}-{row['last']}" in line)
        assert "kejadian" in line and "belum" in line and str(row["count"]) in line
        assert "batas antrean tercapai" in line
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_what_the_centre_refused_is_named_and_its_contents_are_not(asked: tuple[AgentBox, int]) -> None:
    box, code = asked
    as_json = sandi("outbox", "--dead", "--json", "-c", str(box.config))
    (row,) = json.loads(as_json.stdout)["dead"]
    assert (row["stream"], row["seq"], row["code"]) == ("complaint", 1, "refused: bad_body")
    done = sandi("outbox", "--dead", "-c", str(box.config), "--lang", "en")
    assert done.returncode == code
    assert "complaints" in done.stdout and "refused by the centre: bad_body" in done.stdout
    assert SECRET not in done.stdout + as_json.stdout


def test_an_outbox_that_gave_nothing_up_says_so(tmp_path: Path) -> None:
    empty = AgentBox(tmp_path)
    empty.data_dir.mkdir()
    open_outbox(empty.data_dir, "", FakeClock().stamp()).close()
    assert "Tidak ada" in sandi("outbox", "--ledger", "-c", str(empty.config)).stdout
    assert "Nothing" in sandi("outbox", "--dead", "-c", str(empty.config), "--lang", "en").stdout


def test_the_table_of_streams_tells_what_was_given_up_and_the_reserve(box: AgentBox) -> None:
    with box.running():
        shown = sandi("outbox", "-c", str(box.config)).stdout
        facts = told("outbox", "-c", str(box.config))
    assert "Cadangan disk" in shown
    assert facts["reserve_target_bytes"] > 0 and facts["dead"] == 1
