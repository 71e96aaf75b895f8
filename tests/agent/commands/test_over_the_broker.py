"""The running agent under a real broker: a signed command comes home, a stranger's does not, a kill ends it once."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.test_cli import sandi
from tests.support.agent_box import NODE, UNHURRIED, WITH_TIME, AgentBox, stop
from tests.support.broker import running_broker
from tests.support.command_box import Signing
from tests.support.processes import wait_until
from tests.support.small_center import SmallCenter
from wire.codec import encode
from wire.keys import key_line

pytestmark = pytest.mark.broker
SOON = ("-c", f"{WITH_TIME}import agent.selfcheck\nagent.selfcheck.TICK_S = 0.5\nagent.cli.main()")
"""All the time for first and last words, and self-warnings at once."""
FOR_LONG = 2**50
"""An expiry in the year 35,000: these tests are not about it."""


class Centre:
    """A centre that signs, and reads what comes back."""

    def __init__(self, small: SmallCenter) -> None:
        self.small = small
        self.key = Signing()

    @property
    def nonce(self) -> str:
        """Of the node's newest birth."""
        return next((state.nonce for state in reversed(self.small.states) if state.status == "online"), "")

    def births(self) -> set[str]:
        return {state.nonce for state in self.small.states if state.status == "online"}

    def ask(self, ident: str, name: str, nonce: str = "", **arguments: Any) -> bytes:
        """Send a signed command; the payload, for whoever wants to send it again."""
        signed = self.key.command(ident, name, nonce=nonce or self.nonce, expires_ms=FOR_LONG, arguments=arguments)
        payload = encode(signed)
        self.small.send(NODE, "command", payload)
        return payload

    def told(self, kind: str, ident: str) -> list[dict[str, Any]]:
        rows = [json.loads(row[3]) for row in self.small.rows("event") if row[2] == kind]
        return [row for row in rows if row["id"] == ident]

    def states(self, ident: str) -> list[str]:
        return [notice["state"] for notice in self.told("command", ident)]

    def ends(self, ident: str) -> list[tuple[str, str]]:
        notices = self.told("command", ident)
        return [(n["state"], n.get("code", "")) for n in notices if n["state"] not in ("accepted", "running")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[AgentBox, Centre]]:
    with running_broker(tmp_path) as broker:
        credentials = broker.issue_node(NODE)
        tls = broker.tls_context(broker.issue_center())
        with SmallCenter(broker.port, tls, tmp_path / "center.db") as small:
            centre = Centre(small)
            (credentials / "command.pub").write_text(key_line(centre.key.public))
            yield AgentBox(tmp_path, port=broker.port, credentials=credentials), centre


def test_a_signed_command_comes_home_and_a_strangers_changes_nothing(world: tuple[AgentBox, Centre]) -> None:
    box, centre = world
    with box.running(*SOON) as agent:
        wait_until(lambda: centre.nonce, "the birth", detail=lambda: agent.output)
        stranger = Signing(b"s" * 32).command("c-1", "dns", nonce=centre.nonce, expires_ms=FOR_LONG)
        centre.small.send(NODE, "command", stranger)
        centre.small.send(NODE, "command", encode(stranger)[:-9])
        payload = centre.ask("c-1", "site", url="http://127.0.0.1:9/")
        wait_until(lambda: centre.ends("c-1"), "an end", detail=lambda: agent.output)
        assert centre.states("c-1") == ["accepted", "running", "done"], centre.told("command", "c-1")
        assert "127.0.0.1" in "".join(part["text"] for part in centre.told("output", "c-1"))
        assert [receipt["outcome"] for receipt in centre.told("receipt", "c-1")] == ["accepted"]
        centre.small.send(NODE, "command", payload)
        wait_until(lambda: len(centre.told("receipt", "c-1")) == 2, "the answer to the copy")
        centre.ask("c-2", "show-config")
        wait_until(lambda: centre.ends("c-2"), "its end", detail=lambda: agent.output)
        assert centre.ends("c-2") == [("done", "")]
        assert NODE in "".join(part["text"] for part in centre.told("output", "c-2"))
        wait_until(lambda: "command_forged" in {w["code"] for w in box.status()["warnings"]}, "the warning")
        assert (box.status()["commands"]["keys"], centre.ends("c-1")) == (1, [("done", "")])
        shown = sandi("commands", "-c", str(box.config), "--lang", "en").stdout
        assert "site" in shown and "done" in shown
        assert (
            "Commands   taken from the centre (1 keys)" in sandi("status", "-c", str(box.config), "--lang", "en").stdout
        )
        stop(agent)


def test_a_node_that_is_killed_in_the_middle_tells_one_end_after_its_start(world: tuple[AgentBox, Centre]) -> None:
    box, centre = world
    with box.running() as agent:
        wait_until(lambda: centre.nonce, "the birth", detail=lambda: agent.output)
        payload = centre.ask("c-2", "ping", host="127.0.0.1", count=50)
        wait_until(lambda: "running" in centre.states("c-2"), "its begin", detail=lambda: agent.output)
        stop(agent, signal.SIGKILL)
    before = centre.births()
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: centre.births() - before, "another birth", detail=lambda: agent.output)
        wait_until(lambda: centre.ends("c-2"), "an end", detail=lambda: agent.output)
        centre.small.send(NODE, "command", payload)  # the copy of before
        centre.ask("c-2", "ping", host="127.0.0.1", count=50)  # and the same, signed again
        wait_until(lambda: len(centre.told("receipt", "c-2")) >= 3, "the answers", detail=lambda: agent.output)
        [(state, code)] = centre.ends("c-2")
        assert (state, code) in (("failed", "interrupted"), ("done", ""), ("failed", "not_measurable"))
        stop(agent)


def test_a_restart_of_the_agent_is_done_when_the_next_one_says_so(world: tuple[AgentBox, Centre]) -> None:
    box, centre = world
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: centre.nonce, "the birth", detail=lambda: agent.output)
        centre.ask("c-3", "restart-agent")
        assert agent.wait() == 0, agent.output
    assert centre.ends("c-3") == []
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: centre.ends("c-3"), "an end", detail=lambda: agent.output)
        assert centre.ends("c-3") == [("done", "")]
        stop(agent)
