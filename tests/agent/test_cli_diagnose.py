"""`sandi diagnose` as a technician has it: without configuration, root or daemon, on any terminal."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import NOBODY, ROOT, Box, Lab
from tests.support.own_time import within

SERVE = (
    "import socket; s=socket.create_server(('0.0.0.0',8883)); print('ready',flush=True)\n"
    "while True: s.accept()[0].close()"
)
COMMAND = (sys.executable, "-m", "agent.cli", "diagnose")


@pytest.fixture
def site(lab: Lab) -> tuple[Box, Box, Box]:
    """A node, its router, and behind it a centre that takes connections on the broker's port and ends them."""
    node, router, centre = lab.box("node"), lab.box("router", router=True), lab.box("center")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (centre, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    centre.ip("route", "add", "default", "via", "10.9.1.1")
    service = centre.start(sys.executable, "-c", SERVE)
    assert service.stdout is not None
    assert service.stdout.readline() == "ready\n"
    return node, router, centre


def asked(box: Box, *options: str, user: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Exit code, output, errors of one `sandi diagnose` in the box; no configuration is found there."""
    environment = {**os.environ, "SANDI_CONFIG": "", "COLUMNS": "80"}
    done = subprocess.run(
        ("ip", "netns", "exec", box.name, *user, *COMMAND, *options),
        capture_output=True, text=True, check=False, timeout=120, cwd=ROOT, env=environment,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def document(box: Box, *options: str, user: tuple[str, ...] = ()) -> dict[str, Any]:
    _, output, errors = asked(box, "--json", *options, user=user)
    assert output, errors
    found: dict[str, Any] = json.loads(output)
    return found


def finding(wanted: set[str], diagnose: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a diagnosis found, and another, until it is one of these verdicts: where this machine stands still for some
    seconds, pings are late all by themselves."""
    for _ in range(5):
        found = diagnose()
        if found["verdict"]["code"] in wanted:
            break
    return found


@pytest.mark.netns
def test_a_dead_uplink_is_named_without_configuration_and_ends_with_1(site: tuple[Box, Box, Box]) -> None:
    node, router, _ = site
    router.ip("link", "set", "wan", "down")
    for _ in range(5):  # as in `finding`
        code, output, _ = asked(node, "--centre", "10.9.1.2")
        if "L5a" in output:
            break
    *_, before, last = output.rstrip().splitlines()
    assert code == 1
    assert "Putusan  L5a  Uplink router putus" in output
    assert "Lakukan" in f"{before}\n{last}"
    assert max(len(line) for line in output.splitlines()) <= 80


@pytest.mark.netns
def test_the_document_has_what_programs_rely_on(site: tuple[Box, Box, Box]) -> None:
    node, router, _ = site
    router.nft("passing reject with icmp type admin-prohibited")

    def diagnosed() -> dict[str, Any]:
        with within(14):  # the start of a program among them
            return document(node, "--centre", "10.9.1.2", "--lang", "en")

    found = finding({"L5c"}, diagnosed)
    verdict = found["verdict"]
    assert (verdict["code"], verdict["label"], verdict["party"]) == ("L5c", "Blocked by the router", "site")
    assert 0 < verdict["confidence"] <= 1
    assert verdict["evidence"]
    assert all(isinstance(line, str) for line in verdict["evidence"])
    assert verdict["next_action"].endswith(".")
    assert {rung["state"] for rung in found["rungs"]} <= {"ok", "failed", "note", "unknown", "unjudged"}
    assert isinstance(found["also"], list)
    assert found["duration_s"] > 0


@pytest.mark.netns
def test_neither_root_nor_permission_to_ping_is_needed(site: tuple[Box, Box, Box]) -> None:
    node, router, _ = site
    router.nft("passing tcp dport 8883 drop")
    for allowed in ("1 0", "0 2147483647"):
        node.sysctl("net.ipv4.ping_group_range", allowed)
        wanted = {"B2"} if allowed.startswith("0") else {"B2", "L5d", "U0"}  # without pings less can be known
        found = finding(wanted, lambda: document(node, "--centre", "10.9.1.2", user=NOBODY))
        assert found["verdict"]["code"] in wanted


@pytest.mark.netns
def test_a_box_without_a_cable_says_so_at_once(site: tuple[Box, Box, Box]) -> None:
    node, router, _ = site
    router.ip("link", "set", "lan", "down")

    def diagnosed() -> dict[str, Any]:
        with within(4):  # the start of a program among them
            return document(node, "--centre", "10.9.1.2")

    found = finding({"L1"}, diagnosed)
    assert found["verdict"]["code"] == "L1"


@pytest.mark.netns
def test_without_a_centre_it_says_what_is_missing_and_never_that_all_is_well(site: tuple[Box, Box, Box]) -> None:
    code, output, _ = asked(site[0])
    assert "--centre HOST" in output
    assert code == (3 if "Putusan  U0" in output else 1)  # this machine's resolvers may be silent from in there: D1
    assert "Putusan  OK" not in output


@pytest.mark.parametrize("bad", ["a b", "host:99999", "host:x", "[::1", ""])
def test_a_centre_that_is_no_host_is_a_wrong_usage(bad: str) -> None:
    done = subprocess.run(
        (*COMMAND, "--centre", bad), capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    assert done.returncode == 2
    assert "HOST" in done.stderr


def test_a_named_file_must_be_good(tmp_path: Path) -> None:
    done = subprocess.run(
        (*COMMAND, "--json", "--config", str(tmp_path / "none.toml")),
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "config"


@pytest.mark.netns
def test_on_a_terminal_the_rungs_come_while_they_are_judged(site: tuple[Box, Box, Box]) -> None:
    node, router, _ = site
    router.nft("passing drop")
    for _ in range(5):
        early, seen = on_terminal(node)
        if b"Putusan" not in early:
            break  # else it was this test that came late to look
    assert b"kabel" in early
    assert b"menguji" in early
    assert b"Putusan" not in early
    assert b"Putusan" in seen
    assert b"L5" in seen


def on_terminal(node: Box) -> tuple[bytes, bytes]:
    """What stood there when the first word of a test was seen, and in the end."""
    main, terminal = pty.openpty()
    environment = {**os.environ, "SANDI_CONFIG": "", "TERM": "linux", "COLUMNS": "80"}
    process = subprocess.Popen(
        ("ip", "netns", "exec", node.name, *COMMAND, "--centre", "10.9.1.2"),
        stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT, env=environment,
    )  # fmt: skip
    os.close(terminal)
    seen, early = b"", b""
    end = time.monotonic() + 120
    try:
        while time.monotonic() < end:
            ready, _, _ = select.select([main], [], [], 1.0)
            if ready:
                try:
                    chunk = os.read(main, 65_536)
                except OSError:
                    break  # the other end has closed
                seen += chunk
            elif process.poll() is not None:
                break
            if not early and b"menguji" in seen:
                early = seen
        assert process.wait(timeout=60) == 1
    finally:
        process.kill()
        process.wait()
        os.close(main)
    return early, seen


@pytest.mark.skipif(os.geteuid() != 0, reason="to go before others takes root, or its right")
@pytest.mark.parametrize(
    ("command", "through", "nice"),
    [
        ("diagnose", (), lambda _: -10),
        ("diagnose", ("nice", "-n", "-15"), lambda own: min(-10, own - 15)),
        ("diagnose", NOBODY, lambda own: own),
        ("status", (), lambda own: own),
    ],
)
def test_a_diagnosis_goes_before_other_programs_where_it_may(
    command: str, through: tuple[str, ...], nice: Callable[[int], int]
) -> None:
    told = (
        "import atexit, os, sys\n"
        "atexit.register(lambda: print('nice', os.getpriority(os.PRIO_PROCESS, 0)))\n"
        f"sys.argv = ['sandi', '{command}', '--help']\n"
        "from agent.cli import main\nmain()"
    )
    words = (*through, sys.executable, "-c", told)
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == f"nice {nice(os.getpriority(os.PRIO_PROCESS, 0))}", done.stderr
