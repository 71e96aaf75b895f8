"""The running agent: the real program, real sockets, a broker that is not there, and disks that misbehave."""

import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.control_client import RefusedError
from agent.core.endings import Beat
from agent.heartbeat import last_beat
from agent.service import STOP_DEADLINE_S
from tests.support.agent_box import NODE, UNHURRIED, WITH_TIME, AgentBox, stop
from tests.support.broker import RunningBroker, running_broker
from tests.support.own_time import within
from tests.support.processes import Program, program, wait_until

TRIES = 3
"""So many lives, where the machine may be too busy for what can be done in one that is ended within two seconds."""


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return AgentBox(tmp_path)


def beat_of(box: AgentBox) -> Beat:
    beat = last_beat(box.data_dir / "heartbeat")
    assert beat is not None
    return beat


def ended(agent: Program, promised_s: float, number: signal.Signals = signal.SIGTERM) -> bool:
    """End it in order, in the time that is promised; whether it had the time to do all it wanted. A disk or a processor
    that others keep busy may take longer, and then it does without: it says so, or its deadline has come."""
    began_s = time.monotonic()
    with within(promised_s):
        assert stop(agent, number) == 0
    took_s = time.monotonic() - began_s
    return took_s < STOP_DEADLINE_S and not re.search("no-stop-marker|slow-to-stop", agent.output)


def test_without_a_broker_it_collects_and_says_so(box: AgentBox) -> None:
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: box.streams()["health"]["head"] >= 1, "a health report")
        assert box.status()["uplink"]["connected"] is False
        wait_until(lambda: box.streams()["event"]["pending"] >= 2, "the start on the disk")
        inside = {"link", "address", "route"}
        wait_until(lambda: {row["probe"] for row in box.status()["network"]["probes"]} >= inside, "its own probes")
        assert stop(agent) == 0
    kinds = [event["kind"] for event in box.events()]
    assert kinds[:2] == ["epoch", "start"]
    assert kinds[-1] == "stop"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_within_two_seconds_and_leaves_a_stop_marker(box: AgentBox, number: signal.Signals) -> None:
    for _ in range(TRIES):
        with box.running() as agent:
            if ended(agent, 2, number):
                break
    assert beat_of(box).stop == number.name
    assert not list(box.run_dir.iterdir())
    with box.running():
        assert box.status()["previous_ending"] == "stopped"


def test_a_killed_agent_is_known_by_the_next_run(box: AgentBox) -> None:
    with box.running() as agent:
        first_run = box.status()["run"]
        wait_until(lambda: last_beat(box.data_dir / "heartbeat") is not None, "a heartbeat")
        wait_until(lambda: box.streams()["event"]["pending"] >= 2, "the start on the disk")
        stop(agent, signal.SIGKILL)
    with box.running() as agent:
        assert box.status()["previous_ending"] == "agent_crashed"
        wait_until(lambda: box.streams()["event"]["pending"] >= 3, "the second start on the disk")
        stop(agent)
    first, second = box.events("start")
    assert first["verdict"] == "first"
    assert (second["verdict"], second["previous_run"]) == ("agent_crashed", first_run)
    assert second["last_alive_mono_ms"] > 0


def test_the_stop_marker_of_the_run_before_does_not_excuse_a_crash(box: AgentBox) -> None:
    with box.running(*UNHURRIED) as agent:
        stop(agent)
    with box.running() as agent:
        wait_until(lambda: beat_of(box).stop == "", "the first beat of the new run")
        stop(agent, signal.SIGKILL)
    with box.running() as agent:
        assert box.status()["previous_ending"] == "agent_crashed"


def test_a_server_that_accepts_and_stays_silent_does_not_delay_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        box = AgentBox(tmp_path, port=silent.getsockname()[1])
        with box.running() as agent, within(2):
            assert stop(agent) == 0


HANGING = """
import time, agent.cli, agent.heartbeat
agent.heartbeat.Heartbeat.beat = lambda *_: time.sleep(3600)
agent.cli.main()
"""


def test_a_disk_that_hangs_does_not_delay_the_end(box: AgentBox) -> None:
    with box.running("-c", HANGING) as agent, within(2.5):  # 1.8 s, and the end of a process
        assert stop(agent) == 0


HANGING_OUTBOX = """
import time, agent.cli, agent.outbox.store
agent.outbox.store.Outbox.close = lambda *_: time.sleep(3600)
agent.cli.main()
"""


def test_an_outbox_that_hangs_while_closing_does_not_delay_the_end(box: AgentBox) -> None:
    for _ in range(TRIES):
        with box.running("-c", HANGING_OUTBOX) as agent:
            ended(agent, 2.5)  # 1.8 s, and the end of a process
        if beat_of(box).stop:
            break
    assert beat_of(box).stop == "SIGTERM"


def test_a_second_agent_on_the_same_data_is_refused_in_words(box: AgentBox) -> None:
    with box.running():
        command = (sys.executable, "-m", "agent.cli", "run", "--config", str(box.config))
        with program(*command, environment={"SANDI_LANG": "en"}) as second:
            assert second.wait() != 0
            assert "already runs" in second.output
        assert box.answers()


def test_a_wrong_configuration_ends_with_code_two_and_every_mistake(box: AgentBox) -> None:
    box.config.write_text('[node]\nid = "kel-1"\n[uplnk]\nhost = 3\n')
    with program(sys.executable, "-m", "agent.cli", "run", "--config", str(box.config)) as agent:
        assert agent.wait() == 2
        assert len([line for line in agent.output.splitlines() if str(box.config) in line]) == 3


def test_a_folder_that_cannot_be_made_is_one_sentence_and_code_two(box: AgentBox) -> None:
    box.data_dir.write_text("a file where a folder should be")
    with program(sys.executable, "-m", "agent.cli", "run", "--config", str(box.config)) as agent:
        assert agent.wait() == 2
        assert agent.output.count("\n") == 1
        assert str(box.data_dir) in agent.output


def test_a_failing_plugin_is_reported_and_takes_nothing_down(box: AgentBox) -> None:
    obstacle = box.run_dir / "intake.sock"
    obstacle.mkdir(parents=True)
    with box.running() as agent:
        wait_until(lambda: any(w["code"] == "plugin_failing" for w in box.status()["warnings"]), "the warning")
        [failing] = [plugin for plugin in box.status()["plugins"] if plugin["error"]]
        assert failing["name"] == "intake"
        obstacle.rmdir()
        wait_until(obstacle.is_socket, "the socket to come back", 90)  # the pauses between two tries grow
        stop(agent)
    assert [event["active"] for event in box.events("warning") if event["code"] == "plugin_failing"][:1] == [True]


BROKEN_CORE = """
import agent.cli, agent.uplink.uplink
async def run(self): raise RuntimeError("a defect in a core part")
agent.uplink.uplink.Uplink.run = run
agent.cli.main()
"""


def test_a_failing_core_part_ends_the_process_for_systemd_to_start_it_again(box: AgentBox) -> None:
    with program(sys.executable, "-c", BROKEN_CORE, "run", "--config", str(box.config)) as agent:
        assert agent.wait() == 1
        assert "core-part-failed" in agent.output
        assert "a defect in a core part" in agent.output
    beat = last_beat(box.data_dir / "heartbeat")
    assert beat is None or beat.stop == ""


DIES_AT_ONCE = f"""{WITH_TIME}
import os, agent.uplink.uplink
async def run(self): os._exit(9)
agent.uplink.uplink.Uplink.run = run
agent.cli.main()
"""


def test_a_run_that_dies_at_once_is_known_by_the_next(box: AgentBox) -> None:
    with box.running(*UNHURRIED) as agent:
        stop(agent)
    with program(sys.executable, "-c", DIES_AT_ONCE, "run", "--config", str(box.config)) as agent:
        assert agent.wait() == 9
    with box.running(*UNHURRIED) as agent:
        assert box.status()["previous_ending"] == "agent_crashed"
        stop(agent)
    starts = box.events("start")
    assert [start["verdict"] for start in starts] == ["first", "stopped", "agent_crashed"]
    assert [start["previous_run"] for start in starts[1:]] == [start["run"] for start in starts[:-1]]


CANCELLED_CORE = """
import asyncio, agent.cli, agent.uplink.uplink
async def run(self): raise asyncio.CancelledError
agent.uplink.uplink.Uplink.run = run
agent.cli.main()
"""


def test_a_core_part_that_lets_a_foreign_cancellation_through_ends_the_process_as_well(box: AgentBox) -> None:
    with program(sys.executable, "-c", CANCELLED_CORE, "run", "--config", str(box.config)) as agent:
        assert agent.wait() == 1
        assert "uplink was cancelled from within" in agent.output


REFUSING = f"""{WITH_TIME}
import agent.outbox.store
from agent.outbox import OutboxError
right = agent.outbox.store.Outbox.append
def append(self, stream, *more):
    if stream == "event" and (self.directory.parent / "refuse").exists():
        raise OutboxError("read_only", "attempt to write a readonly database")
    return right(self, stream, *more)
agent.outbox.store.Outbox.append = append
agent.cli.main()
"""


def test_events_a_disk_refused_are_filed_once_it_takes_again_the_start_and_its_story_first(box: AgentBox) -> None:
    with box.running() as agent:
        killed_run = box.status()["run"]
        wait_until(lambda: last_beat(box.data_dir / "heartbeat") is not None, "a heartbeat")
        stop(agent, signal.SIGKILL)
    refuse = box.folder / "refuse"
    refuse.touch()
    with box.running("-c", REFUSING) as agent:
        run = box.status()["run"]
        wait_until(lambda: "outbox_readonly" in {w["code"] for w in box.status()["warnings"]}, "the warning")
        wait_until(lambda: box.status()["events"]["waiting"] >= 2, "the start and the warning to wait")
        refuse.unlink()
        wait_until(lambda: box.status()["events"]["waiting"] == 0, "the events to be filed")
        stop(agent)
    events = [event for event in box.events() if event["run"] == run]
    assert [event["kind"] for event in events][0 :: len(events) - 1] == ["start", "stop"]
    assert (events[0]["verdict"], events[0]["previous_run"]) == ("agent_crashed", killed_run)
    assert ("outbox_readonly", True) in [(event["code"], event["active"]) for event in events if "code" in event]


HANGING_EVENTS = """
import time, agent.cli, agent.outbox.store
right = agent.outbox.store.Outbox.append
def append(self, stream, kind, *more):
    if kind == "stop":
        time.sleep(3600)
    return right(self, stream, kind, *more)
agent.outbox.store.Outbox.append = append
agent.cli.main()
"""


def test_a_stop_event_that_hangs_in_the_disk_does_not_keep_the_uplink_from_saying_goodbye(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        box = AgentBox(tmp_path, port=broker.port, credentials=broker.issue_node(NODE))
        assert says_goodbye(box, broker, 2.5, "-c", HANGING_EVENTS)  # 1.8 s, and the end of a process


def says_goodbye(box: AgentBox, broker: RunningBroker, promised_s: float, *options: str) -> bool:
    """Whether an agent that is ended takes leave of the broker; one whom the machine kept from it lives again."""
    for life in range(1, TRIES + 1):
        with box.running(*options) as agent:
            wait_until(lambda: box.status()["uplink"]["connected"], "the session", detail=lambda: agent.output)
            in_time = ended(agent, promised_s)
        wait_until(lambda life=life: len(farewells(broker)) >= life, "its end", detail=broker.log.read_text)  # type: ignore[misc]
        if in_time or farewells(broker)[-1] == "disconnected.":
            break
    return farewells(broker)[-1] == "disconnected."


def farewells(broker: RunningBroker) -> list[str]:
    """How each session of the node ended, by the broker's log."""
    return re.findall(rf"Client {NODE} ((?:disconnected|closed).*)", broker.log.read_text())


@contextmanager
def systemd_hears(box: AgentBox) -> Iterator[tuple[list[str], dict[str, str]]]:
    """What arrives at systemd's socket, whole at the end of the block, and what a program has to be told of it.

    It is read at once: ten words fill the socket, and who sends one more waits until somebody reads.
    """
    words: list[str] = []

    def listen() -> None:
        while (word := systemd.recv(1000)) != b"over":
            words.append(word.decode())

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        name = f"sandi-{os.getpid()}-{box.folder.name}"
        systemd.bind(f"\0{name}")
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield words, {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "300000"}
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"over", f"\0{name}")
            listener.join(30)


def test_systemd_hears_ready_watchdog_and_stopping_while_no_broker_is_there(box: AgentBox) -> None:
    with systemd_hears(box) as (words, environment), box.running(environment=environment) as agent:
        wait_until(lambda: sum("WATCHDOG=1" in word for word in words) >= 4, "the watchdog to be fed")
        stop(agent)
    assert words[0].startswith("READY=1")
    assert words[-1] == "STOPPING=1"


HANGING_THREAD = """
import time, agent.cli, agent.outbox.store
def heads(self):  # the first health report asks for them and never comes back
    print("heads-asked")
    time.sleep(3600)
agent.outbox.store.Outbox.heads = heads
agent.cli.main()
"""


def grew(words: list[str], within_s: float) -> bool:
    """Whether more was heard after so long; a word of before that was still on its way counts as well."""
    before = len(words)
    time.sleep(within_s)
    return len(words) > before


def test_an_outbox_thread_that_hangs_starves_the_watchdog(box: AgentBox) -> None:
    with systemd_hears(box) as (words, environment):
        command = (sys.executable, "-c", HANGING_THREAD, "run", "--config", str(box.config))
        with program(*command, environment=environment) as agent:
            wait_until(lambda: "heads-asked" in agent.output, "the first report", 60, lambda: agent.output)
            wait_until(lambda: not grew(words, 1.5), "silence")
            assert words[0].startswith("READY=1")
            assert agent.process.poll() is None


def test_the_kiosk_is_told_before_it_types_that_nothing_can_be_sealed(box: AgentBox) -> None:
    with box.running():
        with pytest.raises(RefusedError) as refused:
            box.ask_intake({"op": "ready"})
        assert refused.value.code == "no_seal_key"
        with pytest.raises(RefusedError) as unknown:
            box.ask_intake({"op": "status"})
        assert unknown.value.code == "unknown_op"


def test_a_broker_that_listens_is_connected_and_a_stop_says_goodbye(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        assert says_goodbye(AgentBox(tmp_path, port=broker.port, credentials=broker.issue_node(NODE)), broker, 2)


FORBIDDEN = (
    "rich", "click", "nacl", "h11", "dns", "urllib.request", "http.client", "PIL", "django", "cryptography", "serial",
    "numpy", "email", "importlib.metadata", "multiprocessing", "xml", "unittest", "argparse", "httpx", "tarfile",
    "psutil", "tomli", "tomllib", "dataclasses", "inspect", "ast", "dis", "decimal", "uuid", "platform", "numbers",
    "json", "encodings.idna", "stringprep", "typing_extensions", "msgspec.inspect", "msgspec.yaml", "msgspec.toml",
    "agent.enrol", "agent.core.renewal", "agent.commanding", "agent.commands.runner", "agent.commands.job",
    "wire.commands", "agent.diagnose", "agent.core.journal", "agent.probes.tracer", "agent.probes.sitecheck",
    "agent.kiosk.submission", "agent.kiosk.tickets", "agent.kiosk.handing_in", "agent.kiosk.photos",
    "agent.kiosk.answering", "agent.kiosk.naming", "agent.kiosk.board", "csv",
    "agent.core.triage", "unicodedata", "hmac", "secrets", "locale",
    "textwrap", "tokenize", "asyncio.sslproto", "random", "agent.core.framing", "agent.kiosk.serial.port",
)  # fmt: skip


TELLING = """
import atexit, os, sys, agent.cli
def tell(): print("loaded", *sorted(name for name, module in sys.modules.items() if module))
atexit.register(tell)
leave, os._exit = os._exit, lambda code: (tell(), leave(code))  # a stop that takes too long goes this way
agent.cli.main()
"""


def test_the_daemon_never_loads_what_only_others_need(box: AgentBox) -> None:
    with box.running("-c", TELLING) as agent:
        wait_until(lambda: box.status()["report_age_s"] is not None, "a health report")
        stop(agent)
        line, *_ = [line for line in agent.output.splitlines() if line.startswith("loaded ")]
    loaded = line.split()[1:]
    if "outage-begun" in agent.output:  # nobody listens at the broker's port: a slow start lasts until that is one
        loaded.remove("agent.core.journal")
    assert "agent.service" in loaded
    assert [m for m in loaded if any(m == name or m.startswith(f"{name}.") for name in FORBIDDEN)] == []
