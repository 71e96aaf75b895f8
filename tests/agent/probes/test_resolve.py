"""A name is found as soon as any resolver knows it, also when the system waits for a dead one."""

import asyncio
import socket
import threading
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from agent.core.observation import Reason
from agent.probes.errors import ProbeError
from agent.probes.resolve import Resolver
from tests.support.lab import Box, Lab
from tests.support.namespaces import inside, run_inside
from tests.support.own_time import within

pytestmark = pytest.mark.netns
KNOWN = {"pusat.example.test.": "192.0.2.77"}


def serve(box: Box, address: str) -> None:
    """A name server that knows one name, until the process ends or the box goes."""
    with inside(box):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 53))

    def run() -> None:
        while True:
            data, peer = sock.recvfrom(4096)
            answer = dns.message.make_response(dns.message.from_wire(data))
            question = answer.question[0]
            if str(question.name) in KNOWN and question.rdtype == dns.rdatatype.A:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", KNOWN[str(question.name)]))
            sock.sendto(answer.to_wire(), peer)

    threading.Thread(target=run, daemon=True).start()


@pytest.fixture
def box(lab: Lab, tmp_path: Path) -> Box:
    """A box whose first resolver is dead; the system's own, this machine's, cannot be reached from in there."""
    made, wall = lab.box("node"), lab.box("wall")
    lab.cable((made, "eth0", "192.0.2.1/24"), (wall, "eth0", "192.0.2.2/24"))
    made.ip("route", "add", "default", "via", "192.0.2.2")
    wall.nft("arriving drop")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.2\nnameserver 127.0.0.53\n")
    serve(made, "127.0.0.53")
    return made


def test_the_second_resolver_is_not_waited_for_in_turn(box: Box, tmp_path: Path) -> None:
    with within(4.5):  # the system alone would wait five seconds for the first one
        found = run_inside(box, lambda: asyncio.run(Resolver(tmp_path).address("pusat.example.test", 20.0)))
    assert found == "192.0.2.77"


def test_a_name_nobody_knows_is_an_error_within_the_time_given(box: Box, tmp_path: Path) -> None:
    with pytest.raises(ProbeError) as caught:
        run_inside(box, lambda: asyncio.run(Resolver(tmp_path).address("nobody.example.test", 2.0)))
    assert caught.value.reason is Reason.RESOLVE_FAILED


def test_single_words_are_left_to_the_system(box: Box, tmp_path: Path) -> None:
    KNOWN["pusat."] = "192.0.2.78"
    with pytest.raises(ProbeError):
        run_inside(box, lambda: asyncio.run(Resolver(tmp_path).address("pusat", 2.0)))
