"""`sandi ping`, `dns`, `trace` in real networks: without the agent, without root, with and without a configuration."""

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.core.observation import Reason
from agent.messages import LANGUAGES, Messages
from agent.probes.icmpwire import _REASONS_V4, _REASONS_V6
from agent.probes.pinger import reason_of_errno
from tests.support.lab import NOBODY, Box, laboratory


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Network:
    """node - router - far; the node's default route goes to the router."""

    node: Box
    router: Box
    far: Box

    def sandi(self, *arguments: str, interrupt_after: str = "") -> Done:
        """Run the program on the node as a user without any right."""
        command = (*NOBODY, sys.executable, "-m", "agent.cli", *arguments)
        process = self.node.start("env", "-u", "SANDI_LANG", "COLUMNS=80", *command)
        assert process.stdout is not None
        if interrupt_after:
            lines = []
            while not lines or interrupt_after not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], "it ended before"
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=120)
            return Done(process.returncode, "".join(lines) + out, "")
        out, _ = process.communicate(timeout=120)
        return Done(process.returncode, out, "")

    def saying(self, words: tuple[str, ...], *arguments: str) -> Done:
        """Run it, and a few times more until it says this: a machine that stands still for two seconds loses pings and
        answers all by itself."""
        for _ in range(5):
            done = self.sandi(*arguments)
            if all(word in done.out for word in words):
                break
        return done


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with laboratory() as lab:
        node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
        lab.cable((node, "eth0", "10.9.1.2/24"), (router, "lan", "10.9.1.1/24"))
        lab.cable((router, "wan", "10.9.2.1/24"), (far, "eth0", "10.9.2.2/24"))
        node.ip("route", "add", "default", "via", "10.9.1.1")
        far.ip("route", "add", "default", "via", "10.9.2.1")
        node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        yield Network(node, router, far)


@pytest.mark.netns
def test_ping_tells_each_answer_and_what_they_say_together(network: Network) -> None:
    done = network.saying(("hilang 0",), "ping", "gateway", "-n", "5", "-i", "0.05")
    assert done.code == 0, done.out
    assert "PING gateway (10.9.1.1)" in done.out
    assert len([line for line in done.out.splitlines() if line.strip()[:1].isdigit()]) == 5
    assert "Terkirim 5, hilang 0 (0,0 %)" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())


@pytest.mark.netns
def test_ping_at_the_centre_needs_no_configuration(network: Network) -> None:
    asked = ("ping", "pusat", "--centre", "10.9.2.2", "-n", "20", "-i", "0.02", "--json", "-c", "/nowhere")
    done = network.saying(('"lost":0,',), *asked)
    found = json.loads(done.out)
    assert (done.code, found["sent"], found["lost"], found["address"]) == (0, 20, 0, "10.9.2.2")
    assert found["loss_high"] < 0.2
    without = network.sandi("ping", "pusat", "-c", "/nowhere")
    assert without.code == 2


@pytest.mark.netns
def test_a_loss_is_counted_as_it_is(network: Network) -> None:
    network.far.nft("arriving icmp type echo-request numgen inc mod 4 == 1 drop")
    try:
        done = network.saying(("lost 6 ",), "ping", "10.9.2.2", "-n", "24", "-i", "0.02", "--lang", "en")
        assert done.code == 1
        assert "Sent 24, lost 6 (25.0 %), longest burst 1" in done.out
        assert done.out.count("no answer") == 6
    finally:
        network.far.heal()


@pytest.mark.netns
def test_who_sends_errors_is_named(network: Network) -> None:
    network.router.nft("passing ip daddr 10.9.2.2 reject with icmp type admin-prohibited")
    try:
        done = network.sandi("ping", "10.9.2.2", "-n", "2")
        assert done.code == 1
        assert "10.9.1.1 berkata: dilarang oleh penyaring" in done.out
    finally:
        network.router.heal()


@pytest.mark.netns
def test_ctrl_c_sums_up_what_was_sent(network: Network) -> None:
    for _ in range(5):  # as in `saying`
        done = network.sandi("ping", "gateway", "-n", "1000", "-i", "0.1", interrupt_after="3  ")
        if "hilang 0" in done.out:
            break
    assert done.code == 0
    assert "Terkirim 1000" not in done.out
    assert "hilang 0" in done.out


@pytest.mark.netns
def test_a_box_that_may_not_ping_is_told_how_to_allow_it(network: Network) -> None:
    network.node.sysctl("net.ipv4.ping_group_range", "1 0")
    try:
        done = network.sandi("ping", "gateway", "--json")
        assert done.code == 3
        answer = json.loads(done.out)
        assert answer["error"]["code"] == "not_permitted"
        assert "ping_group_range" in answer["error"]["message"]
    finally:
        network.node.sysctl("net.ipv4.ping_group_range", "0 2147483647")


@pytest.mark.netns
def test_dns_shows_answer_code_and_time_of_a_server(network: Network) -> None:
    server = network.far.start(
        sys.executable, "-m", "tests.support.small_dns", json.dumps({"addresses": {"pusat.test": "10.9.2.2"}})
    )
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    found = network.saying(("noerror",), "dns", "pusat.test", "--server", "10.9.2.2")
    assert found.code == 0, found.out
    [row] = [line for line in found.out.splitlines() if line.startswith("10.9.2.2")]
    assert "baik" in row and "noerror" in row
    missing = network.saying(("dns_nxdomain",), "dns", "tidak-ada.test", "--server", "10.9.2.2", "--json")
    assert missing.code == 1
    assert json.loads(missing.out)["resolvers"][0]["reason"] == "dns_nxdomain"
    dead = network.saying(("Tidak ada server nama",), "dns", "pusat.test", "--server", "10.9.1.1")
    assert dead.code == 1
    assert "Tidak ada server nama di 10.9.1.1" in dead.out
    server.kill()


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".id", "\udcff.id"])
@pytest.mark.netns
def test_what_is_no_name_is_not_asked_for(network: Network, name: str) -> None:
    assert network.sandi("dns", name).code == 2


@pytest.mark.netns
def test_trace_lists_the_routers_and_says_where_the_way_ends(network: Network) -> None:
    done = network.saying(("10.9.1.1", "langkah 2"), "trace", "10.9.2.2")
    assert done.code == 0, done.out
    rows = [line.split() for line in done.out.splitlines() if line.strip()[:1].isdigit()]
    assert [row[1] for row in rows] == ["10.9.1.1", "10.9.2.2"]
    assert "Sampai di tujuan pada langkah 2" in done.out
    network.router.nft("passing drop")
    try:
        lost = network.saying(("10.9.1.1",), "trace", "--centre", "10.9.2.2", "--json", "-m", "4")
        assert lost.code == 1
        found = json.loads(lost.out)
        assert (found["reached"], found["hops"][0]["address"]) == (False, "10.9.1.1")
    finally:
        network.router.heal()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_a_ping_can_meet_has_short_words(lang: str) -> None:
    met = {*_REASONS_V4.values(), *_REASONS_V6.values(), *(reason_of_errno(number) for number in range(1, 134))}
    met |= {Reason.NO_REPLY, Reason.TTL_EXCEEDED, Reason.PACKET_TOO_BIG, Reason.LOOP, Reason.RESOLVE_FAILED}
    met |= {Reason.NO_TARGET, Reason.NOT_PERMITTED}
    assert [reason for reason in met if Messages(lang).optional(f"reason.{reason}") is None] == []


def test_the_files_of_the_field_commands_are_loaded_only_when_used() -> None:
    source = (Path(__file__).parents[2] / "agent" / "cli_field.py").read_text(encoding="utf-8")
    top = source[: source.index("@click.command")]
    assert "agent.probes" not in top and "agent.cli_ping" not in top
