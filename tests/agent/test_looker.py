"""A deeper look runs in a process of its own, and whatever that process does is bounded."""

import asyncio
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from agent import looker
from agent.looker import Looker, LookError
from tests.support.lab import Lab

CONFIG = """
[node]
id = "kel-3673011001"
[uplink]
host = "{host}"
"""


def made(tmp_path: Path, host: str = "127.0.0.1") -> Looker:
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG.format(host=host))
    return Looker(path, lambda: False, lambda: "")


def test_a_look_brings_evidence_of_the_probes_it_was_asked_for(tmp_path: Path) -> None:
    found = asyncio.run(made(tmp_path).look(["link", "route"]))
    assert {item.seen.probe for item in found} == {"link", "route"}
    assert all(item.seen.mono_ms > 0 for item in found)


def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    broken = Looker(tmp_path / "none.toml", lambda: False, lambda: "")
    with pytest.raises(LookError, match="ended with 2"):
        asyncio.run(broken.look(["link"]))


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("print('[1, 2]')", "no evidence"),
        ("print('nonsense')", "no evidence"),
        ("import os; os._exit(3)", "ended with 3"),
        ("import time; time.sleep(60)", "took more than"),
        ("print('[' + '1,' * 1_000_000 + '1]')", "does not end"),
    ],
)
def test_a_look_that_misbehaves_is_an_error_and_leaves_no_process(
    program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!{sys.executable}\n{textwrap.dedent(program)}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    monkeypatch.setattr(looker, "DEADLINE_S", 3.0 if "sleep" in program else 60.0)  # to start may take long as well
    before = set(psutil.Process().children())
    with pytest.raises(LookError, match=words):
        asyncio.run(made(tmp_path).look(["link"]))
    assert set(psutil.Process().children()) <= before


@pytest.mark.netns
def test_a_box_without_a_network_is_seen_as_one(lab: Lab, tmp_path: Path) -> None:
    from tests.support.namespaces import run_inside

    alone = lab.box("alone")
    there = made(tmp_path, "192.0.2.9")
    found = run_inside(alone, lambda: asyncio.run(there.look(["route", "address"])))
    assert {(item.seen.probe, item.seen.ok) for item in found} == {("route", False), ("address", False)}


@pytest.mark.netns
def test_silence_is_asked_twice_and_a_refusal_for_its_place_of_birth(lab: Lab, tmp_path: Path) -> None:
    from tests.support.namespaces import run_inside

    node, near, far = lab.box("node"), lab.box("near", router=True), lab.box("far", router=True)
    centre = lab.box("centre")
    lab.cable((node, "eth0", "10.9.0.2/24"), (near, "lan", "10.9.0.1/24"))
    lab.cable((near, "wan", "10.9.1.1/24"), (far, "lan", "10.9.1.2/24"))
    lab.cable((far, "wan", "10.9.2.1/24"), (centre, "eth0", "10.9.2.2/24"))
    for box, gateway in ((node, "10.9.0.1"), (near, "10.9.1.2"), (far, "10.9.1.1"), (centre, "10.9.2.1")):
        box.ip("route", "add", "default", "via", gateway)
    near.nft("passing tcp dport 8883 reject with tcp reset")
    there = made(tmp_path, "10.9.2.2")
    found = run_inside(node, lambda: asyncio.run(there.look(["trace", "refusal", "internet"])))
    told = {item.seen.probe: item for item in found}
    assert (told["trace"].seen.ok, told["refusal"].seen.reason) == (True, "prohibited")
    assert (told["internet"].seen.ok, told["internet"].failed_runs) == (False, 2)
