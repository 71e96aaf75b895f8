"""The commander's key changes while real boxes listen: each command is taken throughout, and the old key dies."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.command_box import NODE, CommandBox
from tests.support.commanding import Desk, born, desk
from wire.messages import Downlink


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, NODE) as made:
        made.person("sari")
        made.person("budi")
        yield made


@pytest.fixture
def box(tmp_path: Path, office: Desk) -> CommandBox:
    """A box with what the centre published on the day it was enrolled, in the session the centre knows."""
    made = CommandBox(tmp_path / "box")
    office.now_ms = made.clock.wall_ms()
    made.nonce = f"nonce-{NODE}"
    (made.credentials / "command.pub").write_bytes((office.data / "commander" / "command.pub").read_bytes())
    return made


def as_published(row: Any) -> Downlink:
    """As ingest puts a row onto the wire."""
    body = msgspec.Raw(row.body.encode())
    return Downlink(
        1, row.id, row.generation, row.created_ms, body, row.nonce, row.expires_ms, row.key_id, row.signature
    )


def carried_out(office: Desk, box: CommandBox, operation: str) -> str:
    """The box takes what was signed for it and goes to its end; "" when it takes nothing."""
    from center.operations.models import OperationTarget

    office.office.round()
    target = OperationTarget.objects.get(operation=operation)
    [row] = [row for row in office.downlinks() if row.id == target.id]

    async def taken() -> str:
        async with box.life() as life:
            if not await life.take(as_published(row)):
                return ""
            await life.settled()
            return life.finals(row.id)[0].state

    state = asyncio.run(taken())
    if state:
        OperationTarget.objects.filter(pk=target.pk).update(state=state, by_node=True)
    return state


def looks(office: Desk, box: CommandBox) -> str:
    made = office.order("ping", arguments={"host": "127.0.0.1", "count": 1})
    assert made.code == "", made
    return carried_out(office, box, made.operation)


def told_keys(office: Desk, box: CommandBox) -> str:
    """`commander keys push`, approved."""
    from center.commander.frames import Approve
    from center.commander.ordering import own_keys_argument

    made = office.order("keys", arguments={"keys": own_keys_argument(office.office.keys)}, otp=office.code("sari"))
    assert made.code == "", made
    assert office.office.answer(Approve(made.operation, "budi", office.code("budi"))).code == ""
    return carried_out(office, box, made.operation)


def knowing(office: Desk) -> tuple[Any, Any]:
    facts = office.office.facts()
    return facts["boxes_knowing_key"], facts["boxes_knowing_second_key"]


def test_a_box_takes_every_command_while_the_key_changes(office: Desk, box: CommandBox) -> None:
    ring = office.office.keys
    assert looks(office, box) == "done"
    old = dict(published_key(office))
    ring.prepare(office.now_ms)
    assert looks(office, box) == "done"
    assert knowing(office)[1] == 0
    assert told_keys(office, box) == "done"
    assert knowing(office)[1] == 1
    ring.switch()
    assert looks(office, box) == "done"
    ring.retire()
    assert told_keys(office, box) == "done"
    assert looks(office, box) == "done"
    assert knowing(office) == (1, 0)
    held = (box.data_dir / "command-keys" / "keys").read_text()
    assert all(public not in held for public in old.values())
    assert box.forged == []


def test_a_box_that_was_not_told_takes_nothing_from_a_key_it_does_not_know(office: Desk, box: CommandBox) -> None:
    """Switched by force: the box counts a forged command, and is well again once it renews its certificate."""
    office.office.keys.prepare(office.now_ms)
    office.office.keys.switch()
    assert looks(office, box) == ""
    assert box.forged == ["unknown_key"]
    (box.credentials / "command.pub").write_bytes((office.data / "commander" / "command.pub").read_bytes())
    assert looks(office, box) == "done"


def test_a_box_that_slept_through_two_changes_is_told_with_its_next_certificate(office: Desk, box: CommandBox) -> None:
    """What a command brought long ago does not stand in the way of what the authority vouches for now."""
    ring = office.office.keys
    ring.prepare(office.now_ms)
    assert told_keys(office, box) == "done"
    ring.switch()
    ring.retire()
    assert told_keys(office, box) == "done"
    ring.prepare(office.now_ms)
    ring.switch()
    ring.retire()
    assert looks(office, box) == ""
    (box.credentials / "command.pub").write_bytes((office.data / "commander" / "command.pub").read_bytes())
    assert looks(office, box) == "done"


def test_a_push_of_before_a_later_step_is_not_signed_any_more(office: Desk, box: CommandBox) -> None:
    """The box was away; the key that is gone by the time it is back must not become trusted again."""
    from center.commander.frames import Approve
    from center.commander.ordering import own_keys_argument

    ring = office.office.keys
    ring.prepare(office.now_ms)
    born(NODE, "", hint="offline")
    made = office.order("keys", arguments={"keys": own_keys_argument(ring)}, otp=office.code("sari"))
    assert office.office.answer(Approve(made.operation, "budi", office.code("budi"))).code == ""
    ring.switch()
    ring.retire()
    born(NODE, box.nonce, office.now_ms)
    assert office.office.round() == 0
    assert office.downlinks() == []


def published_key(office: Desk) -> dict[str, str]:
    return {held.id: held.public for held in office.office.keys.ring().keys}
