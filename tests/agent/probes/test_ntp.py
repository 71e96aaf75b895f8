"""This box's clock beside right, wrong, lying and unwilling time servers; a real chrony where there is one."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes.context import Center
from agent.probes.ntp import NtpConfig
from agent.probes.ntpsources import named_servers
from tests.support.broker import free_port
from tests.support.own_time import within
from tests.support.probe_once import looked_again, observe_here, with_time
from tests.support.sntp import reply, time_server

Answer = Callable[[bytes], list[bytes]]


def run(*answers: Answer, **config: Any) -> Observation:
    """One look at as many servers (127.0.0.1, .2, ...) as there are answers."""
    with ExitStack() as stack:
        names = tuple(f"127.0.0.{number}" for number in range(1, len(answers) + 1))
        port = stack.enter_context(time_server(answers[0]))
        for name, answer in zip(names[1:], answers[1:], strict=True):
            stack.enter_context(time_server(answer, name, port))
        return asyncio.run(observe_here("ntp", {"servers": names, "port": port, "timeout_s": 10.0, **config}))


def ahead(offset_s: float, **more: Any) -> Answer:
    return lambda query: [reply(query, offset_s=offset_s, **more)]


def is_off_by(seen: Observation, offset_s: float, nearly_s: float) -> bool:
    """An answer that was kept waiting is wrong by half of that, as NTP has it."""
    return abs(float(str(seen.detail.get("offset_s", "inf"))) - offset_s) < nearly_s


def silent(query: bytes) -> list[bytes]:
    return []


def test_a_clock_that_agrees_with_a_server_is_right() -> None:
    seen = looked_again(lambda: run(ahead(0.0)), lambda seen: is_off_by(seen, 0.0, 1))
    assert (seen.ok, seen.reason, seen.lost) == (True, "", 0)
    assert is_off_by(seen, 0.0, 1)
    assert (seen.detail["server"], seen.detail["stratum"]) == ("127.0.0.1", 2)
    assert isinstance(seen.detail["kernel_synced"], bool)


@pytest.mark.parametrize("offset_s", [-90.0, 75.0, 86_400.0, 31_536_000.0 * 20, -31_536_000.0 * 3])
def test_a_clock_off_by_more_than_a_minute_is_wrong_by_as_much(offset_s: float) -> None:
    seen = looked_again(lambda: run(ahead(offset_s)), lambda seen: is_off_by(seen, offset_s, 2))
    assert (seen.ok, seen.reason) == (False, "clock_wrong")
    assert is_off_by(seen, offset_s, 2)


def test_half_a_minute_is_not_wrong() -> None:
    assert run(ahead(30.0)).ok


def test_one_server_that_agrees_acquits_the_clock() -> None:
    seen = run(ahead(7200.0), ahead(0.1))
    assert (seen.ok, seen.detail["server"]) == (True, "127.0.0.2")


def test_a_wrong_clock_is_named_although_other_servers_are_silent() -> None:
    seen = with_time(
        lambda timeout_s: run(silent, ahead(7200.0), timeout_s=timeout_s), 1.5, lambda seen: "answered" in seen.detail
    )
    assert (seen.reason, seen.detail["server"], seen.detail["answered"]) == ("clock_wrong", "127.0.0.2", 1)


def test_a_right_clock_does_not_wait_for_the_silent_ones() -> None:
    with within(15):
        assert run(ahead(0.0), silent, timeout_s=20.0).ok


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (ahead(7200.0, stratum=0, reference=b"RATE"), ("kiss", "RATE")),
        (ahead(7200.0, stratum=16), ("unsynchronised", "stratum 16, leap indicator 0")),
        (ahead(7200.0, leap=3), ("unsynchronised", "stratum 2, leap indicator 3")),
        (ahead(7200.0, originate=b"guessed!"), ("strays", 1)),
        (ahead(7200.0, mode=5), ("error", "version 4, mode 5: not a server's answer")),
        (lambda query: [query, b"", b"x" * 500], ("strays", 3)),
    ],
)
def test_an_answer_that_cannot_be_trusted_is_no_answer(answer: Answer, remark: tuple[str, object]) -> None:
    seen = with_time(
        lambda timeout_s: run(answer, timeout_s=timeout_s),
        1.5,
        lambda seen: seen.detail.get(remark[0]) == remark[1],
    )
    assert (seen.ok, seen.reason, seen.lost) == (False, "no_reply", 1)
    assert seen.detail[remark[0]] == remark[1]


def test_a_guess_before_the_answer_does_no_harm() -> None:
    seen = run(lambda query: [reply(query, offset_s=9000.0, originate=b"guessed!"), reply(query)])
    assert (seen.ok, seen.detail["strays"]) == (True, 1)


def test_silence_and_closed_ports_say_nothing_about_the_clock() -> None:
    assert run(silent, timeout_s=0.3).reason == "no_reply"
    seen = asyncio.run(observe_here("ntp", {"servers": ("127.0.0.1",), "port": 1}))
    assert (seen.ok, seen.reason) == (False, "no_reply")


@settings(max_examples=15)
@given(st.lists(st.binary(max_size=60), max_size=3))
def test_any_datagrams_end_in_an_observation(datagrams: list[bytes]) -> None:
    def answer(query: bytes) -> list[bytes]:
        return [data[:24] + query[40:48] + data[24:] for data in datagrams]

    assert run(answer, timeout_s=0.3).reason in ("", "no_reply", "clock_wrong")


def test_without_a_word_the_centre_is_asked_and_what_the_system_uses(tmp_path: Path) -> None:
    (tmp_path / "etc/systemd").mkdir(parents=True)
    (tmp_path / "etc/systemd/timesyncd.conf").write_text("[Time]\n#NTP=\nNTP=127.0.0.2\n")
    center = Center("127.0.0.1", 8883, tmp_path)
    with time_server(silent) as port, time_server(ahead(0.0), "127.0.0.2", port):
        seen = asyncio.run(observe_here("ntp", {"port": port, "timeout_s": 20.0}, center=center, root=tmp_path))
    assert (seen.ok, seen.detail["server"], seen.detail["tried"]) == (True, "127.0.0.2", 2)
    with time_server(ahead(0.0)) as port:
        seen = asyncio.run(observe_here("ntp", {"port": port, "timeout_s": 20.0}, center=center, root=tmp_path))
    assert (seen.ok, seen.detail["server"]) == (True, "127.0.0.1")


def test_chronys_and_timesyncds_files_are_understood(tmp_path: Path) -> None:
    def put(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    put(
        "etc/chrony/chrony.conf", "# server no.example\nconfdir /etc/chrony/conf.d\npool 2.debian.pool.ntp.org iburst\n"
    )
    put("etc/chrony/sources.d/city.sources", "Server ntp.serangkota.go.id iburst prefer\nserver\n")
    put("run/chrony-dhcp/eth0.sources", "server 10.20.3.1 iburst\n")
    put("etc/systemd/timesyncd.conf", "[Time]\n#NTP=a.example\nNTP=10.20.3.1 2001:db8::1\n FallbackNTP = b.example\n")
    put("usr/lib/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=$(evil) ../x b.example\n")
    assert named_servers(tmp_path) == (
        "2.debian.pool.ntp.org",
        "ntp.serangkota.go.id",
        "10.20.3.1",
        "2001:db8::1",
        "b.example",
    )
    assert named_servers(tmp_path / "nothing") == ()


def test_files_of_any_content_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "etc/chrony").mkdir(parents=True)
    (tmp_path / "etc/chrony/chrony.conf").write_bytes(b"\xff\xfe server \x00\nserver " + b"a" * 300 + b"\n" * 100_000)
    (tmp_path / "etc/chrony.conf").mkdir()
    assert named_servers(tmp_path) == ()


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"timeout_s": 0.0}, "above 0"),
        ({"interval_s": 1.0}, "that long"),
        ({"servers": tuple(f"10.0.0.{number}" for number in range(6))}, "at most 5"),
        ({"port": 0}, "65535"),
    ],
)
def test_an_impossible_config_is_refused_with_a_sentence(config: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        NtpConfig(**config)  # type: ignore[arg-type]


def test_a_real_chrony_agrees_with_the_clock_it_reads(tmp_path: Path) -> None:
    program = shutil.which("chronyd") or shutil.which("chronyd", path="/usr/sbin")
    if program is None:
        pytest.skip("needs chronyd (apt install chrony)")
    port = free_port()
    (tmp_path / "chrony.conf").write_text(
        f"local stratum 5\nallow all\nport {port}\ncmdport 0\nbindaddress 127.0.0.1\n"
        f"pidfile {tmp_path}/pid\nbindcmdaddress /\n"
    )
    chrony = subprocess.Popen((program, "-x", "-d", "-f", str(tmp_path / "chrony.conf"), "-u", "root"))
    try:
        deadline = time.monotonic() + 60
        while True:
            seen = asyncio.run(observe_here("ntp", {"servers": ("127.0.0.1",), "port": port}))
            if (seen.ok and is_off_by(seen, 0.0, 1)) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    finally:
        chrony.terminate()
        chrony.wait(60)
    assert (seen.ok, seen.detail["stratum"]) == (True, 5)
    assert is_off_by(seen, 0.0, 1)
