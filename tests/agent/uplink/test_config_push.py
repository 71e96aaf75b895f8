"""A signed configuration over a real broker: it stays with an answer; a wrong centre undoes itself and is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.agent.uplink.conftest import Rig
from tests.support.agent_box import NODE, AgentBox
from tests.support.command_box import Signing
from tests.support.ports import held_port, port_of
from tests.support.processes import Program, wait_until
from tests.support.small_center import SmallCenter
from wire.bodies import ConfigRevision
from wire.keys import key_line
from wire.messages import Downlink

pytestmark = [pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(600)]
WITHIN_S = 30


@contextmanager
def served(rig: Rig) -> Iterator[tuple[AgentBox, SmallCenter, Signing]]:
    """A box that pins a centre's command key, and that centre."""
    signing = Signing()
    (rig.config.credentials / "command.pub").write_text(key_line(signing.public))
    box = AgentBox(rig.tmp_path / "box", port=rig.broker.port, credentials=rig.config.credentials)
    with rig.center() as center:
        yield box, center, signing


def push(center: SmallCenter, signing: Signing, ident: str, revision: int, toml: str) -> None:
    """Signed for the session that stands."""
    body = msgspec.json.encode(ConfigRevision("g1", revision, toml, WITHIN_S))
    nonce, expires_ms = center.states[-1].nonce, int(time.time() * 1000) + 600_000
    plain = Downlink(1, ident, "g1", 1, msgspec.Raw(body), nonce=nonce, expires_ms=expires_ms)
    center.send(NODE, "config", signing.sign("config", plain))


def told(center: SmallCenter, kind: str, state: str) -> list[dict[str, Any]]:
    """Bodies of the events of this kind and state that the centre has."""
    rows = [msgspec.json.decode(body) for _, _, found, body in center.rows("event") if found == kind]
    return [row for row in rows if row["state"] == state]


def connected(box: AgentBox, agent: Program, center: SmallCenter, births: int) -> None:
    def there() -> bool:
        return len(center.states) > births and center.states[-1].status == "online" and bool(box.status())

    wait_until(there, "a session", detail=lambda: agent.output)


def test_it_stays_with_an_answer_and_a_wrong_centre_undoes_itself_and_is_told(rig: Rig) -> None:
    rig.tmp_path.joinpath("box").mkdir()
    with served(rig) as (box, center, signing):
        with box.running() as agent:
            connected(box, agent, center, 0)
            wait_until(lambda: told(center, "config", "card"), "what the card says")
            push(center, signing, "c-1", 1, "[health]\ninterval_s = 20\n")
            assert agent.wait() == 0, agent.output
        with box.running() as agent:
            wait_until(lambda: told(center, "config", "confirmed"), "the confirmation", detail=lambda: agent.output)
            wait_until(lambda: told(center, "command", "done"), "the end of the command")
            assert box.status()["configuration"]["revision"] == 1
            births = len(center.states)
            with held_port() as held:
                push(center, signing, "c-2", 2, f'[uplink]\nhost = "127.0.0.1"\nport = {port_of(held)}\n')
                assert agent.wait() == 0, agent.output
                with box.running() as lost:
                    assert box.status()["configuration"]["state"] == "trying"
                    assert lost.wait(180) == 0, lost.output
        assert not told(center, "config", "reverted")
        with box.running() as agent:
            connected(box, agent, center, births)
            wait_until(lambda: told(center, "command", "failed"), "the end of it", detail=lambda: agent.output)
            [reverted] = told(center, "config", "reverted")
            assert (reverted["revision"], reverted["tried"], reverted["code"]) == (1, 2, "unconfirmed")
            [failed] = told(center, "command", "failed")
            assert (failed["id"], failed["code"]) == ("c-2", "reverted")
            assert box.status()["configuration"]["state"] == "reverted"
    assert Path(box.data_dir / "config" / "pushed.toml").read_text() == "[health]\ninterval_s = 20\n"
