"""The centre's last proven address: who writes it, who reads it, and when it is not believed."""

import asyncio
import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation, Reason
from agent.probes.context import Center
from agent.probes.errors import ProbeError
from agent.probes.lastaddress import FILE_NAME, GOOD_FOR_S, note, recall
from agent.probes.procfs import is_address
from agent.probes.resolve import Resolver
from tests.support.own_time import within

NAME, ADDRESS = "pusat.sandi.invalid", "203.0.113.7"


def proof(address: str = ADDRESS, probe: str = "broker", reason: Reason = Reason.NONE) -> Observation:
    return Observation(probe, "center", 0, not reason, reason, (5.0,), detail={"address": address})


def center(tmp_path: Path, host: str = NAME) -> Center:
    return Center(host, 8883, tmp_path)


def aged(tmp_path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(tmp_path / FILE_NAME, (then, then))


@pytest.mark.parametrize("address", [ADDRESS, "2001:db8::7"])
def test_what_a_broker_proved_is_recalled_for_its_name_alone(tmp_path: Path, address: str) -> None:
    note(tmp_path, center(tmp_path), proof(address))
    assert recall(tmp_path, NAME) == address
    assert recall(tmp_path, "lain.sandi.invalid") == recall(tmp_path, "203.0.113.9") == recall(None, NAME) == ""
    assert stat.S_ISREG((tmp_path / FILE_NAME).stat().st_mode)


def test_only_a_good_certificate_proves_an_address(tmp_path: Path) -> None:
    ours = center(tmp_path)
    note(tmp_path, ours, proof(reason=Reason.TLS_UNTRUSTED))
    note(tmp_path, ours, proof(probe="tcp"))
    note(tmp_path, ours, Observation("broker", "center", 0, True, detail={"evidence": "uplink"}))
    note(tmp_path, Center(NAME, 8883, None), proof())  # without the city's authority anybody's certificate is good
    note(tmp_path, center(tmp_path, ADDRESS), proof())  # an address needs no memory
    note(tmp_path, None, proof())
    note(None, ours, proof())
    assert list(tmp_path.iterdir()) == []


def test_the_same_proof_is_written_once_a_day_and_another_address_at_once(tmp_path: Path) -> None:
    ours = center(tmp_path)
    note(tmp_path, ours, proof())
    aged(tmp_path, 0.9)
    before = (tmp_path / FILE_NAME).stat().st_mtime_ns
    note(tmp_path, ours, proof())
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == before
    aged(tmp_path, 1.1)
    note(tmp_path, ours, proof())
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns > before
    note(tmp_path, ours, proof("203.0.113.8"))
    assert recall(tmp_path, NAME) == "203.0.113.8"


def test_an_old_proof_is_not_recalled_and_a_clock_that_went_back_forgets_nothing(tmp_path: Path) -> None:
    note(tmp_path, center(tmp_path), proof())
    aged(tmp_path, GOOD_FOR_S / 86_400 - 0.1)
    assert recall(tmp_path, NAME) == ADDRESS
    aged(tmp_path, -400)
    assert recall(tmp_path, NAME) == ADDRESS
    aged(tmp_path, GOOD_FOR_S / 86_400 + 0.1)
    assert recall(tmp_path, NAME) == ""
    note(tmp_path, center(tmp_path), proof())
    assert recall(tmp_path, NAME) == ADDRESS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100) | st.binary(max_size=40).map(lambda tail: NAME.encode() + b" " + tail))
def test_whatever_stands_in_the_file_is_an_address_or_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    found = recall(tmp_path, NAME)
    assert found == "" or (is_address(found) and content.startswith(NAME.encode()))
    note(tmp_path, center(tmp_path), proof())
    assert recall(tmp_path, NAME) == ADDRESS


def test_a_folder_that_takes_no_file_stops_nothing(tmp_path: Path) -> None:
    note(tmp_path / "missing", center(tmp_path), proof())
    assert recall(tmp_path / "missing", NAME) == ""


def test_half_of_the_time_is_left_for_what_is_asked_at_an_old_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that takes too long is not waited for, and what it finds in the end counts the next time."""
    release = threading.Event()

    def slow(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        release.wait(90)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.8", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def ask() -> tuple[str, str]:
        resolver = Resolver(Path("/nowhere"), NAME, ADDRESS)
        with within(5.5):
            first = await resolver.address("center", 6.0)
        release.set()
        while (later := await resolver.address("center", 6.0)) == first:  # noqa: ASYNC110  # the look-up is a thread
            await asyncio.sleep(0.01)
        return first, later

    first, later = asyncio.run(asyncio.wait_for(ask(), 90))
    assert (first, later) == (ADDRESS, "203.0.113.8")


def test_the_recalled_address_stands_in_only_where_the_name_has_none() -> None:
    """`.invalid` exists nowhere (RFC 6761); `localhost` everywhere."""

    async def ask(center: str, timeout_s: float) -> str:
        return await Resolver(center=center, recalled=ADDRESS).address("center", timeout_s)

    assert asyncio.run(ask(NAME, 2.0)) == ADDRESS
    assert asyncio.run(ask("localhost", 60.0)) in ("127.0.0.1", "::1")
    with pytest.raises(ProbeError, match="resolve_failed"):
        asyncio.run(Resolver(center=NAME).address("center", 2.0))
