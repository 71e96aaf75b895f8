"""The throughput probe: over a narrow line with a long queue, within its byte budget, and against odd endpoints."""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.clock import Clock
from agent.core.bytebudget import Caps
from agent.core.observation import Observation, Reason
from agent.core.schedule import first_slot
from agent.core.window import Window
from agent.files import write_durably
from agent.probes import linebudget, targets
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Target
from agent.probes.errors import ProbeError
from agent.probes.job import Job
from agent.probes.linebudget import FILE_NAME, line_budget
from agent.probes.planning import planned
from agent.probes.tcp import TcpConfig
from agent.probes.throughput import MAX_SIZE_MB, MAX_TIME_S, MEGABYTE, ThroughputConfig
from tests.support.lab import Box, Lab
from tests.support.line_tests import LineTests, command, issue_node, line_tests, prepare
from tests.support.probe_once import looked_again, observe_here
from tests.support.serving import Certificates, serving
from wire.throughput import MAX_SIZE_BYTES, MAX_TIME_MS

NODE = "kel-3673011001"
PATIENT = {"handshake_s": 60.0, "request_s": 60.0}
"""The endpoint's: a node on a busy machine takes its time."""
SMALL = {"size_mb": 0.5, "time_s": 20.0, "timeout_s": 20.0}
"""Over the loopback it is through in a moment; a busy machine must not cut it short."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTests]:
    with line_tests(tmp_path_factory.mktemp("line-tests"), **PATIENT) as running:
        yield running


def run(port: int, credentials: Path, data_dir: Path | None, **config: object) -> Observation:
    center = Center("127.0.0.1", port - 1, credentials)
    return asyncio.run(observe_here("throughput", {**SMALL, **config}, center=center, data_dir=data_dir, host="center"))


def spent(data_dir: Path) -> int:
    return sum(item["size_bytes"] for item in json.loads((data_dir / FILE_NAME).read_text())["spent"])


# -- over a real, narrow line ----------------------------------------------------------------------------------------


def narrow(lab: Lab, limit_bytes: int) -> tuple[Box, Box]:
    """node - router - centre; the router lets 4 Mbit/s through each way and queues up to `limit_bytes`."""
    node, router, center = lab.box("node"), lab.box("router", router=True), lab.box("center")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (center, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    center.ip("route", "add", "default", "via", "10.9.1.1")
    for name in ("lan", "wan"):
        router.run("tc", "qdisc", "add", "dev", name, "root", "tbf", "rate", "4mbit", "burst", "8kb", "limit",
                   str(limit_bytes))  # fmt: skip
    return node, center


def measure(
    lab: Lab, data: Path, limit_bytes: int, calm: Callable[[Any], bool], *, muted: bool = False, **config: object
) -> dict[str, Any]:
    """What a test of that line says. Its senders, its receivers and its pings want the processor just as others do: of
    five tests one must have met a calm machine. `spent` is what it put down as used."""
    prepare(data)
    credentials = issue_node(data, NODE)
    node, center = narrow(lab, limit_bytes)
    if muted:
        center.nft("arriving icmp type echo-request drop")
    serving_process = center.start(*command(data, "10.9.1.2", 8884, **PATIENT))
    assert serving_process.stdout is not None
    assert serving_process.stdout.readline() == "listening\n"
    where = {"host": "10.9.1.2", "port": 8883, "credentials": str(credentials)}

    def look() -> dict[str, Any]:
        folder = Path(tempfile.mkdtemp(dir=data))
        seen = node.probe("throughput", config=config, center=where, data_dir=folder, host="center")
        return {**seen, "spent": spent(folder)}

    return looked_again(look, lambda seen: calm(seen["detail"]))


RATES = ("down_mbps", "up_mbps")


def true(detail: dict[str, Any], *ways: str) -> bool:
    """The line lets 4 Mbit/s through."""
    return all(detail.get(way) == pytest.approx(4.0, rel=0.25) for way in ways or RATES)


@pytest.mark.netns
def test_a_narrow_line_with_a_long_queue_is_measured_and_called_bloated(lab: Lab, tmp_path: Path) -> None:
    def bloated(detail: dict[str, Any]) -> bool:
        if not {"idle_ms", "loaded_ms", "loaded_down_ms", "loaded_up_ms", *RATES} <= detail.keys():
            return False
        # Each way queues; on a busy machine the sender of one way is late now and then, its queue short for that long.
        queues = min(detail["loaded_down_ms"], detail["loaded_up_ms"]) > detail["idle_ms"] + 20
        return queues and detail["idle_ms"] < 50 and detail["loaded_ms"] - detail["idle_ms"] > 100 and true(detail)

    seen = measure(lab, tmp_path, 300_000, bloated, size_mb=2.0, time_s=4.0)
    assert (seen["ok"], seen["reason"]) == (False, "bufferbloat"), seen
    assert bloated(seen["detail"]), seen
    assert seen["spent"] == seen["detail"]["bytes"] <= 2 * 2 * MEGABYTE * 1.2


@pytest.mark.netns
def test_the_same_line_with_a_short_queue_is_fine(lab: Lab, tmp_path: Path) -> None:
    def fine(detail: dict[str, Any]) -> bool:
        return float(detail.get("loaded_ms", "inf")) < 100 and true(detail, "down_mbps")

    seen = measure(lab, tmp_path, 20_000, fine, size_mb=1.0, time_s=3.0)
    assert (seen["ok"], seen["reason"]) == (True, ""), seen
    assert fine(seen["detail"]), seen


@pytest.mark.netns
def test_a_centre_that_answers_no_ping_is_measured_all_the_same(lab: Lab, tmp_path: Path) -> None:
    def measured(detail: dict[str, Any]) -> bool:
        return all(detail.get(way, 0.0) > 2 for way in RATES)

    seen = measure(lab, tmp_path, 300_000, measured, muted=True, size_mb=0.5, time_s=2.0)
    assert (seen["ok"], seen["reason"]) == (True, ""), seen
    assert measured(seen["detail"]), seen
    assert not {"idle_ms", "loaded_ms"} & set(seen["detail"])


# -- the endpoint ----------------------------------------------------------------------------------------------------


def test_a_test_finds_the_endpoint_behind_the_brokers_port(endpoint: LineTests, tmp_path: Path) -> None:
    seen = run(endpoint.port, endpoint.issue_node(NODE), tmp_path)
    assert (seen.ok, seen.reason) == (True, ""), seen
    assert seen.detail["port"] == endpoint.port
    assert set(seen.phases_ms) == {"connect", "tls"}
    assert float(str(seen.detail["idle_ms"])) < 50
    assert 2 * 0.5 * MEGABYTE <= int(str(seen.detail["bytes"])) <= 1.3 * MEGABYTE
    assert spent(tmp_path) == seen.detail["bytes"]
    with line_budget(tmp_path, Clock(), Caps(1, 1)) as budget:
        assert budget.used_bytes() == (seen.detail["bytes"], seen.detail["bytes"])


def test_a_centre_without_the_endpoint_is_refused_and_nothing_is_paid(endpoint: LineTests, tmp_path: Path) -> None:
    seen = run(1025, endpoint.issue_node(NODE), tmp_path)
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "refused", "connect")
    assert spent(tmp_path) == 0


def test_the_centres_no_is_passed_on_with_its_time(tmp_path: Path) -> None:
    with line_tests(tmp_path / "center", daily_bytes=1000, **PATIENT) as endpoint:
        (tmp_path / "node").mkdir()
        seen = run(endpoint.port, endpoint.issue_node(NODE), tmp_path / "node")
    assert (seen.ok, seen.reason) == (False, Reason.NOT_NOW)
    assert (seen.detail["refusal"], seen.detail["by"], seen.detail["free_in_s"]) == ("quota", "centre", 86_400)


def test_an_endpoint_of_another_authority_is_not_trusted(endpoint: LineTests, tmp_path: Path) -> None:
    other = Certificates(tmp_path / "other")
    with serving(lambda connection: connection.recv(1), other.server_context(other.leaf("server"))) as port:
        seen = run(port, endpoint.issue_node(NODE), tmp_path)
    assert (seen.reason, seen.detail["phase"]) == ("tls_untrusted", "tls")


@pytest.mark.parametrize(
    ("speech", "reasons"),
    [
        (b"", {"reset"}),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", {"reset"}),
        (b"ok 99999999 5000\n", {"reset"}),
        (b"ok 524288 20000\n" + b"x" * 1000, {"reset"}),
        (b"A" * 100_000, {"reset"}),
        (b"no holiday 60\n", {"not_now"}),
    ],
)
def test_an_endpoint_that_talks_nonsense_is_a_reason(
    endpoint: LineTests, tmp_path: Path, speech: bytes, reasons: set[str]
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(endpoint.data / "pki/server.crt", endpoint.data / "pki/server.key")

    def talk(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(speech)

    with serving(talk, tls) as port:
        seen = run(port, endpoint.issue_node(NODE), tmp_path, timeout_s=20.0)
    assert (seen.ok, str(seen.reason) in reasons) == (False, True), seen


def test_an_endpoint_that_grants_and_then_falls_silent_costs_the_whole_download(
    endpoint: LineTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.probes.throughput.GRACE_S", 0.5)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(endpoint.data / "pki/server.crt", endpoint.data / "pki/server.key")

    def hang(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(b"ok 524288 1000\n")
        connection.recv(64)

    with serving(hang, tls) as port:
        seen = run(port, endpoint.issue_node(NODE), tmp_path, time_s=1.0)
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "timeout", "down")
    assert spent(tmp_path) >= 524_288


# -- the budget ------------------------------------------------------------------------------------------------------


def test_the_cap_holds_over_a_restart_and_says_when_it_frees_up(endpoint: LineTests, tmp_path: Path) -> None:
    credentials = endpoint.issue_node(NODE)
    caps = {"daily_cap_mb": 2.0, "monthly_cap_mb": 3.0}
    assert run(endpoint.port, credentials, tmp_path, **caps).ok
    seen = run(endpoint.port, credentials, tmp_path, **caps)  # each run is a new process's worth of objects
    assert (seen.ok, seen.reason) == (False, Reason.NOT_NOW)
    assert (seen.detail["by"], seen.detail["refusal"]) == ("node", "day")
    assert 86_300 < int(str(seen.detail["free_in_s"])) <= 86_401
    assert int(str(seen.detail["wanted_bytes"])) > int(str(seen.detail["left_bytes"]))


def test_a_wall_clock_that_jumps_frees_nothing(
    endpoint: LineTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = endpoint.issue_node(NODE)
    assert run(endpoint.port, credentials, tmp_path, daily_cap_mb=2.0).ok
    wall_ms = Clock().wall_ms()
    for jump_s in (40 * 86_400, -40 * 86_400):
        monkeypatch.setattr(Clock, "wall_ms", lambda self, jump_s=jump_s: wall_ms + jump_s * 1000)
        assert run(endpoint.port, credentials, tmp_path, daily_cap_mb=2.0).reason is Reason.NOT_NOW


def test_a_metered_line_has_smaller_tests_and_caps(endpoint: LineTests, tmp_path: Path) -> None:
    seen = run(endpoint.port, endpoint.issue_node(NODE), tmp_path, metered=True, metered_size_mb=0.2)
    assert seen.ok
    assert int(str(seen.detail["bytes"])) < 0.6 * MEGABYTE
    config = ThroughputConfig()
    assert config.caps(metered=True) == config.caps(metered=False).__class__(5 * MEGABYTE, 50 * MEGABYTE)
    assert config.size_bytes(metered=True) == MEGABYTE


def test_the_limits_of_the_settings_are_the_wires() -> None:
    assert (MAX_SIZE_MB * MEGABYTE, MAX_TIME_S * 1000) == (MAX_SIZE_BYTES, MAX_TIME_MS)


def test_the_daemon_loads_nothing_of_a_test_until_it_is_made() -> None:
    code = "import sys, agent.probes.config; print([name for name in sys.modules if 'line' in name.split('.')[-1]])"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert not [name for name in ("linerun", "linetest", "linebudget") if name in done.stdout]


def test_two_tests_at_once_are_one_too_many(tmp_path: Path) -> None:
    caps = Caps(100, 100)
    with line_budget(tmp_path, Clock(), caps):
        with pytest.raises(ProbeError) as caught, line_budget(tmp_path, Clock(), caps):
            pass
        assert (caught.value.reason, caught.value.detail["refusal"]) == (Reason.NOT_NOW, "second")
    with line_budget(tmp_path, Clock(), caps) as budget:
        assert budget.ask(100).allowed


def test_a_save_that_was_given_up_while_the_disk_hung_undoes_nothing_of_the_next_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that is cut off does not wait for its save; until that has ended nobody else may spend."""
    caps, began, disk = Caps(1000, 5000), threading.Event(), threading.Event()

    def hanging(*what: object) -> None:
        began.set()
        assert disk.wait(60)
        write_durably(*what)  # type: ignore[arg-type]

    async def cut_off() -> "asyncio.Future[None]":
        with line_budget(tmp_path, Clock(), caps) as budget:
            saving = asyncio.get_running_loop().run_in_executor(None, budget.reserve, 400)
            assert await asyncio.to_thread(began.wait, 60)
        return saving

    async def story() -> int:
        monkeypatch.setattr(linebudget, "write_durably", hanging)
        saving = await cut_off()
        monkeypatch.setattr(linebudget, "write_durably", write_durably)
        with pytest.raises(ProbeError) as caught, line_budget(tmp_path, Clock(), caps):
            pass
        assert caught.value.detail["refusal"] == "second"
        disk.set()
        await saving
        with line_budget(tmp_path, Clock(), caps) as budget:
            budget.reserve(300)
        await asyncio.to_thread(budget.reserve, 5)  # begun after its test had ended
        return spent(tmp_path)

    assert asyncio.run(story()) == 700


def test_without_a_place_to_keep_the_budget_nothing_is_spent(endpoint: LineTests, tmp_path: Path) -> None:
    for place in (None, tmp_path / "missing"):
        seen = run(endpoint.port, endpoint.issue_node(NODE), place)
        assert (seen.ok, seen.reason, "hint" in seen.detail) == (False, "not_permitted", True)


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"spent": [{"age_s": -1, "size_bytes": 5}]}', b"[]", b"\xff" * 300_000]
)
def test_a_ledger_that_cannot_be_read_counts_as_a_day_spent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with line_budget(tmp_path, Clock(), Caps(1000, 5000)) as budget:
        answer = budget.ask(10)
    assert (answer.allowed, answer.window) == (False, "day")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"interval_s": 60.0}, "only on demand"),
        ({"timeout_s": 0.0}, "timeout_s"),
        ({"time_s": 60.0}, "time_s"),
        ({"size_mb": 100.0}, "size_mb"),
        ({"port": 0}, "port"),
    ],
)
def test_an_impossible_setting_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ThroughputConfig(**values)  # type: ignore[arg-type]


def test_tests_of_the_line_are_scheduled_only_when_asked_for(tmp_path: Path) -> None:
    center = Center("198.51.100.7", 8883, tmp_path)
    assert "throughput" not in [target.probe for target in targets.build(ProbesConfig(), center)]
    hourly = ProbesConfig(throughput=ThroughputConfig(interval_s=6 * 3600.0))
    (scheduled,) = [target for target in targets.build(hourly, center) if target.probe == "throughput"]
    assert scheduled.host not in targets.ROLES


def test_a_bloated_line_is_not_tested_again_to_be_sure(tmp_path: Path) -> None:
    config = ThroughputConfig(interval_s=6 * 3600.0)
    target = Target("throughput", "center", config, host="center")
    job = Job(target, first_slot("n", "throughput", 21_600_000, 0), Window("throughput", "center"))
    for number in range(6):
        seen = Observation("throughput", "center", number * 1000, False, Reason.BUFFERBLOAT)
        assert job.take(seen, number * 1000) == ((), False)
        assert not job.restless
    found = job.evidence(6000)
    assert found is not None
    assert (found.state, found.seen.reason) == ("unknown", Reason.BUFFERBLOAT)


def test_a_box_that_starts_over_and_over_does_not_test_its_line_each_time(tmp_path: Path) -> None:
    interval_s, now_ms = 6 * 3600.0, 5_000_000
    target = Target("throughput", "center", ThroughputConfig(interval_s=interval_s), host="center")
    starts = [planned(target, "kel-3673011001", now_ms + later_ms).slot.due_ms for later_ms in range(0, 60_000, 5000)]
    assert len(set(starts)) == 1
    assert now_ms + 60_000 < starts[0] <= now_ms + interval_s * 1000
    assert planned(Target("tcp", "center", TcpConfig()), "kel-3673011001", now_ms).slot.due_ms == now_ms
