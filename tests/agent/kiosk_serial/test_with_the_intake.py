"""A panel, the real intake with its outbox, store and sealing: told accepted = stored, once, sealed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.control import ControlSocket
from agent.core.panel_words import Answer, LookUp, Nak, Press, Refusal, Ticket
from agent.kiosk.serial.soft_panel import Faults
from agent.operations import KioskDoor
from tests.agent.kiosk_serial.conftest import beside, in_time, until
from tests.agent.kiosk_serial.rig import Rig
from tests.support.kiosk_box import NODE, Kiosk


@contextlib.asynccontextmanager
async def agent(kiosk: Kiosk, path: Path) -> AsyncIterator[None]:
    """The agent's door and its socket."""
    kiosk.outbox.close()
    kiosk.intake.store.close()
    kiosk._open()
    door = KioskDoor(NODE, kiosk.writer, kiosk.clock, kiosk.directory, kiosk.seal_path)
    kiosk.intake.store.close()  # the door opens its own
    socket = ControlSocket(path, door.operations(), "no-such-group")
    listening = asyncio.Event()
    async with beside(door.run(), socket.run(listening.set)):
        await listening.wait()
        yield


@pytest.mark.full
def test_presses_over_a_bad_line_and_through_restarts_of_everything_are_stored_once_each(tmp_path: Path) -> None:
    async def story() -> None:
        kiosk = Kiosk(tmp_path)
        path = tmp_path / "intake.sock"
        rig = Rig(tmp_path, path, seq=65_533, faults=Faults(lost_answers=0.3, damaged=0.1))
        said = [Press("aduan", "jalan", f"lubang nomor {number} di depan pasar") for number in range(12)]
        async with rig.line() as terminal:
            for number, press in enumerate(said):
                rig.soft.say(press)
                if number % 4 == 3:  # the box, its panel process and the agent begin anew
                    async with agent(kiosk, path), beside(rig.box().run()):
                        await rig.talk(terminal, hurry=100)
        told = [outcome.answer for outcome in rig.soft.outcomes]
        assert all(isinstance(one, Ticket) for one in told)
        held = kiosk.complaints()
        assert sorted(kiosk.opened(one)["text"] for one in held) == sorted(press.text for press in said)
        assert {kiosk.opened(one)["code"] for one in held} == {one.code for one in told if isinstance(one, Ticket)}
        assert {(one.channel, one.subject, one.identity) for one in held} == {("serial", "jalan", "anonymous")}
        raw = kiosk.raw_bytes()
        assert not any(press.text.encode() in raw for press in said)

    in_time(story())


def test_the_answer_is_read_at_the_panel_with_code_and_pin_alone(tmp_path: Path) -> None:
    async def story() -> None:
        kiosk = Kiosk(tmp_path)
        path = tmp_path / "intake.sock"
        rig = Rig(tmp_path, path)
        async with rig.line() as terminal, agent(kiosk, path), beside(rig.box().run()):
            rig.soft.say(Press("aduan", "lampu", "Lampu jalan padam sejak Minggu kemarin"))
            await rig.talk(terminal)
            [ticket] = [outcome.answer for outcome in rig.soft.outcomes]
            assert isinstance(ticket, Ticket)
            wrong = f"{(int(ticket.pin) + 1) % 10_000:04d}"
            for pin in (wrong, ticket.pin):
                rig.soft.say(LookUp(ticket.code, pin))
                await rig.talk(terminal)
        first, second = [outcome.answer for outcome in rig.soft.outcomes[1:]]
        assert isinstance(first, Answer)
        assert isinstance(second, Answer)
        assert (first.found, first.status) == (False, "not_found")
        assert second.found
        assert second.text

    in_time(story())


def test_a_press_with_nothing_to_seal_it_with_waits_until_there_is_a_key(tmp_path: Path) -> None:
    async def story() -> None:
        kiosk = Kiosk(tmp_path)
        path = tmp_path / "intake.sock"
        key = kiosk.seal_path.read_bytes()
        kiosk.seal_path.unlink()
        rig = Rig(tmp_path, path)
        refusals: list[Nak] = []
        receive = rig.soft.receive

        def listening(data: bytes, now_s: float) -> list[object]:
            heard = receive(data, now_s)
            refusals.extend(one for one in heard if isinstance(one, Nak))
            return list(heard)

        rig.soft.receive = listening  # type: ignore[method-assign, assignment]
        async with rig.line() as terminal, agent(kiosk, path), beside(rig.box().run()):
            rig.soft.say(Press("aduan", "lampu", "padam"))
            talking = asyncio.ensure_future(rig.talk(terminal, hurry=300))
            await until(lambda: any(one.code == Refusal.BUSY for one in refusals))
            assert kiosk.complaints() == []
            kiosk.seal_path.write_bytes(key)
            await talking
        assert len(kiosk.complaints()) == 1

    in_time(story())
