"""Floods and oversize at the broker as it runs in service (`sandi-center broker`), and what operators see of them."""

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from center.broker import BrokerConfig
from center.broker_log import read_seen
from center.core.broker_watch import LINES_A_MINUTE
from center.pki import Authority, open_authority
from tests.support.broker import RunningBroker
from tests.support.made_center import ROOT, made_center
from tests.support.mqtt import peer, wait_for
from tests.support.own_time import within
from tests.support.ports import free_port
from tests.support.processes import Program, program
from tests.support.siege import knock, rss_mib, stranger
from tests.support.torture import often
from wire import topics

pytestmark = pytest.mark.broker

HONEST, EVIL = "kel-3673011001", "kel-3673011002"
REVOKED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """`sandi-center broker` on a made centre. Looks like a RunningBroker to `peer`."""

    host: str
    port: int
    data: Path
    authority: Authority
    program: Program

    def issue_node(self, node: str) -> Path:
        folder = self.data.parent / node
        self.authority.issue_node(node, folder, seal_public_key=bytes(32), replace=True)
        return folder

    def tls_context(self, credentials: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=credentials / "ca.crt")
        context.load_cert_chain(credentials / "node.crt", credentials / "node.key")
        return context

    @property
    def broker_pid(self) -> int:
        [found] = [child for child in self.program.descendants() if "mosquitto" in child.name()]
        return int(found.pid)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "center.cli", "--lang", "id", *words, "--data", str(self.data)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data, port = tmp_path_factory.mktemp("service") / "center", free_port()
    made_center(data)
    words = ("-m", "center.cli", "--lang", "en", "broker", "--data", str(data), "--mqtt", f"127.0.0.1:{port}")
    with program(sys.executable, *words) as running:
        running.wait_for_output("broker is ready", 90)
        yield Service("127.0.0.1", port, data, open_authority(data / "pki"), running)


def counted(service: Service, reason: str) -> int:
    """How many the broker has turned away for this, as whoever looks is told."""
    return sum(row.count for row in read_seen(service.data).rows if row.reason == reason)


@pytest.mark.full
def test_a_flood_of_strangers_leaves_the_service_unharmed_and_is_told_in_bounds(service: Service) -> None:
    """Ten thousand TLS connections in a row (a tenth of it usually): refused, counted, and nodes go on."""
    flood = often(1_000, 10_000)
    anonymous = stranger(service.authority.ca_certificate)
    node = service.issue_node(HONEST)
    accepted: list[bool] = []
    with peer(service, node) as honest:
        before_mib, lines_before = rss_mib(service.broker_pid), service.program.output.count("\n")
        began, enough = time.monotonic(), threading.Event()

        def attack() -> None:
            while len(accepted) < flood or not enough.is_set():
                accepted.append(knock(service.port, anonymous))

        attackers = [threading.Thread(target=attack) for _ in range(2)]
        for attacker in attackers:
            attacker.start()
        records = 0
        try:
            while any(attacker.is_alive() for attacker in attackers):
                assert not honest.publish(topics.up(HONEST, "event"), b"in the middle of it").is_failure
                records += 1
                if records > 5:
                    enough.set()
                time.sleep(0.05)
        finally:
            enough.set()
            for attacker in attackers:
                attacker.join()
        assert not any(accepted)
        assert records > 5
        assert honest.disconnects == 0
        assert rss_mib(service.broker_pid) - before_mib < 40
    with peer(service, node) as again:
        assert not again.publish(topics.up(HONEST, "event")).is_failure
    wait_for(lambda: counted(service, "no_certificate") >= flood, "the flood in the broker's count")
    told = service.program.output.count("\n") - lines_before
    minutes = (time.monotonic() - began) / 60 + 2
    assert told < minutes * (LINES_A_MINUTE + 20), "the journal is flooded"
    rows = json.loads(service.command("security", "--json").stdout)
    assert {row["who"] for row in rows if row["reason"] == "no_certificate"} <= {"127.0.0.1", ""}


@pytest.mark.full
def test_a_revoked_box_is_cut_within_a_minute_stays_out_and_is_named_while_it_tries(service: Service) -> None:
    credentials, honest = service.issue_node(EVIL), service.issue_node(HONEST)
    with peer(service, credentials, EVIL) as live:
        with within(REVOKED_WITHIN_S):
            revoked = service.command("revoke", EVIL)
            assert revoked.returncode == 0, revoked.stderr
            wait_for(lambda: live.disconnects > 0, "the live session to end", 3 * REVOKED_WITHIN_S)
        live.client.loop_stop()
    tls = service.tls_context(credentials)

    def up_again() -> bool:
        return knock(service.port, service.tls_context(honest))

    wait_for(up_again, "the broker for the others", 120)
    for _ in range(3):
        assert not knock(service.port, tls)
    wait_for(lambda: counted(service, "certificate") >= 3, "its attempts in the broker's count")
    found = service.command("security")
    assert found.returncode == 1
    assert f"{EVIL}: dicabut, masih mencoba, terakhir 20" in found.stdout
    assert f"{HONEST}: dicabut" not in found.stdout


@pytest.mark.full
def test_huge_packets_cost_their_sender_the_session_and_nobody_else(broker: RunningBroker) -> None:
    limit = BrokerConfig().max_packet_bytes
    evil, node = broker.tls_context(broker.issue_node(EVIL)), broker.issue_node(HONEST)
    before_mib = rss_mib(broker.pid)
    with peer(broker, node) as honest:
        for first in (b"\x10", b"\x30"):  # CONNECT, and PUBLISH before any CONNECT
            length = limit + 1
            said = bytearray(first)
            while length:
                length, digit = length >> 7, length & 127
                said.append(digit | (128 if length else 0))
            for claimed in (bytes(said), first + b"\xff\xff\xff\x7f", first + b"\xff\xff\xff\xff\x01"):
                with (
                    suppress(OSError),
                    socket.create_connection((broker.host, broker.port), 30) as plain,
                    evil.wrap_socket(plain, server_hostname="127.0.0.1") as talk,
                ):
                    talk.sendall(claimed + b"x" * 1_000)
                    assert talk.recv(100)[:1] != b"\x20"
        with peer(broker, broker.issue_node(EVIL)) as session:
            for topic in ("sandi/v1/" + EVIL + "/up/" + "x" * 60_000, "sandi/v1/" + EVIL + "/up" + "/x" * 30_000):
                with suppress(ConnectionAbortedError):
                    session.publish(topic, b"x")
        assert not honest.publish(topics.up(HONEST, "event")).is_failure
        assert honest.disconnects == 0
    assert rss_mib(broker.pid) - before_mib < 20


@pytest.mark.full
def test_a_node_that_floods_its_own_topics_does_not_starve_the_others(broker: RunningBroker) -> None:
    """Three seconds of as much as it can, unacknowledged by the centre: bounded per client, and others go through."""
    with (
        peer(broker, broker.issue_center("center-ingest-1")) as center,
        peer(broker, broker.issue_node(HONEST)) as honest,
    ):
        center.subscribe(topics.up(HONEST, "event"))
        with peer(broker, broker.issue_node(EVIL)) as evil:
            end = time.monotonic() + 3
            stop = threading.Event()

            def flood() -> None:
                while not stop.is_set() and evil.disconnects == 0:
                    evil.client.publish(topics.up(EVIL, "event"), bytes(2_000), 0)
                    time.sleep(0.0005)

            thread = threading.Thread(target=flood)
            thread.start()
            sent = 0
            try:
                while sent <= 10 or time.monotonic() < end:
                    assert not honest.publish(topics.up(HONEST, "event"), str(sent).encode()).is_failure
                    assert center.next() == (topics.up(HONEST, "event"), str(sent).encode())
                    sent += 1
                    time.sleep(0.05)
            finally:
                stop.set()
                thread.join()
    assert sent > 10
    assert psutil.pid_exists(broker.pid)
