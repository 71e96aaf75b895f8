"""A panel on a pseudo-terminal, its task in the box, and an intake: what was pressed becomes one ticket, whatever
happens to the line, to the panel, to the box."""

import asyncio
import logging
from pathlib import Path

import pytest

from agent.core.panel_words import Answer, LookUp, Nak, Press, Refusal, Scan, State, Taken, Ticket
from agent.kiosk.serial.soft_panel import Faults, wait_s
from tests.agent.kiosk_serial.conftest import beside, in_time, until
from tests.agent.kiosk_serial.rig import PRESS, Rig, texts
from tests.support.small_intake import SmallIntake


def presses(count: int) -> list[Press]:
    return [Press("aduan", "jalan", f"lubang ke-{number}") for number in range(count)]


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def tickets(rig: Rig) -> list[Ticket]:
    return [outcome.answer for outcome in rig.soft.outcomes if isinstance(outcome.answer, Ticket)]


def test_a_press_becomes_a_ticket_and_the_panel_is_told_its_code_and_pin(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            rig.soft.say(PRESS)
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box())
            [ticket] = tickets(rig)
            [request] = intake.handed_in
            assert request["text"] == PRESS.text
            assert (request["category"], request["subject"], request["channel"]) == ("aduan", "jalan", "serial")
            assert (request["identity"], request["lang"]) == ("anonymous", "id")
            assert ticket.pin == "1001"
            assert not ticket.offline
            assert "kode" in ticket.text.lower()
            [(job, receipt)] = rig.printed.items()
            assert (receipt.code, receipt.pin) == (ticket.code, ticket.pin)
            assert ticket.code not in job

    in_time(story())


def test_a_press_without_words_says_in_words_what_was_pressed(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            rig.soft.say(Press("laporan", "lampu"))
            rig.soft.say(Press("saran", "", "", "en"))
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box())
            first, second = texts(intake)
            assert first.startswith("Laporan, Lampu jalan:")
            assert second.startswith("Suggestion, no subject:")
            assert "subject" not in intake.handed_in[1]

    in_time(story())


def test_offline_is_said_without_alarm_and_shown_in_amber(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            intake.online = False
            rig = Rig(folder, intake.path)
            async with rig.line() as terminal, beside(rig.box().run()):
                status = await rig.shown(terminal, State.OFFLINE)
                assert "terkirim sendiri" in status.text
                rig.soft.say(PRESS)
                await rig.talk(terminal)
            [ticket] = tickets(rig)
            assert ticket.offline
            assert "Tersimpan di sini" in ticket.text

    in_time(story())


def test_an_urgent_press_shows_112(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            rig.soft.say(Press("laporan", "lainnya", "kebakaran di pasar"))
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box())
            [ticket] = tickets(rig)
            assert ticket.urgent
            assert "112" in ticket.text

    in_time(story())


def test_lost_answers_and_damaged_frames_give_each_press_one_ticket(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path, faults=Faults(lost_answers=0.3, damaged=0.2))
            said = presses(60)
            for press in said:
                rig.soft.say(press)
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box(), hurry=200)
            assert texts(intake) == [press.text for press in said]
            assert len({ticket.code for ticket in tickets(rig)}) == 60
            assert max(outcome.tries for outcome in rig.soft.outcomes) > 1, "nothing was lost: the test shows nothing"

    in_time(story())


def test_numbers_that_begin_again_give_each_press_one_ticket(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path, seq=65_530, faults=Faults(lost_answers=0.3))
            for _ in range(12):
                rig.soft.say(Press("aduan", "jalan"))  # the same each time: nothing but the number tells them apart
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box(), hurry=200)
            assert len(intake.handed_in) == 12
            assert len({ticket.code for ticket in tickets(rig)}) == 12

    in_time(story())


def test_numbers_that_come_again_in_the_same_boot_after_a_restart_of_the_box_are_new_presses(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            async with rig.line() as terminal:
                for seq in (0, 20_000, 40_000, 65_535, 0):  # far apart: a panel that has pressed all year
                    rig.soft.seq = seq
                    rig.soft.say(Press("aduan", "jalan"))
                    await rig.live(terminal, rig.box())
            assert len(intake.handed_in) == 5

    in_time(story())


def test_a_panel_that_reboots_says_hello_again_and_its_waiting_press_is_taken_once(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path, faults=Faults(reboot_every=3))
            said = presses(10)
            for press in said:
                rig.soft.say(press)
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box())
            assert texts(intake) == [press.text for press in said]

    in_time(story())


def test_a_box_that_restarts_between_the_commit_and_the_answer_gives_the_same_code_and_pin(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path, faults=Faults(lost_answers=1.0))
            rig.soft.say(PRESS)
            async with rig.line() as terminal, beside(rig.box().run()):
                talking = asyncio.ensure_future(rig.talk(terminal))
                await until(lambda: len(intake.handed_in) == 1)
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
            rig.soft._faults = Faults()
            async with rig.line() as terminal:  # an answer that the kernel still had for the panel went with the other
                await rig.live(terminal, rig.box())
            [ticket] = tickets(rig)
            assert len(intake.handed_in) == 1
            assert ticket.duplicate
            assert ticket.pin == "1001"

    in_time(story())


def test_an_agent_that_is_away_makes_the_panel_wait_and_its_press_is_taken_when_it_is_back(folder: Path) -> None:
    async def story() -> None:
        intake = SmallIntake(folder)
        rig = Rig(folder, intake.path)
        async with rig.line() as terminal, beside(rig.box().run()):
            await rig.shown(terminal, State.CLOSED)
            rig.soft.say(PRESS)
            talking = asyncio.ensure_future(rig.talk(terminal))
            await until(lambda: rig.soft._under is not None and rig.soft._under.tries >= 2)
            intake.start()
            await talking
            await rig.shown(terminal, State.ONLINE)
        intake.stop()
        assert len(intake.handed_in) == 1

    in_time(story())


@pytest.mark.parametrize(
    ("refused", "code", "over"),
    [
        ("storage_full", Refusal.STORAGE_FULL, False),
        ("storage", Refusal.BUSY, False),
        ("no_seal_key", Refusal.BUSY, False),
        ("internal", Refusal.BUSY, False),
        ("text_too_long", Refusal.PAYLOAD, True),
        ("bad_request", Refusal.PAYLOAD, True),
        ("client_id_reused", Refusal.PAYLOAD, True),
    ],
)
def test_what_the_intake_refuses_becomes_the_refusal_after_which_the_panel_does_right(
    folder: Path, refused: str, code: Refusal, over: bool
) -> None:
    """`over`: saying it again would never help; otherwise it is said again until it is taken."""

    async def story() -> None:
        with SmallIntake(folder) as intake:
            intake.refuse["submit"] = refused
            rig = Rig(folder, intake.path)
            rig.soft.say(PRESS)
            heard: list[object] = []
            rig.soft.receive = _listening(rig.soft.receive, heard)  # type: ignore[method-assign]
            async with rig.line() as terminal, beside(rig.box().run()):
                talking = asyncio.ensure_future(rig.talk(terminal, hurry=500))
                await until(lambda: any(isinstance(one, Nak) and one.code == code for one in heard))
                if not over:
                    intake.refuse.clear()
                await talking
            assert len(intake.handed_in) == (0 if over else 1)
            assert len(rig.printed) == len(intake.handed_in)

    in_time(story())


def _listening(receive, heard):  # type: ignore[no-untyped-def]
    def listen(data, now_s):  # type: ignore[no-untyped-def]
        found = receive(data, now_s)
        heard.extend(found)
        return found

    return listen


def test_how_a_ticket_stands_is_read_with_code_and_pin_and_a_wrong_pin_is_told(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            async with rig.line() as terminal:
                rig.soft.say(PRESS)
                await rig.live(terminal, rig.box())
                [ticket] = tickets(rig)
                intake.replies = [{"status": "answered", "text": "Sudah\x1b@ ditambal.\n", "at_ms": 1}]
                rig.soft.say(LookUp(ticket.code, ticket.pin))
                rig.soft.say(LookUp(ticket.code, "9999"))
                rig.soft.say(LookUp("AAAAAAAAAA", "9999"))
                await rig.live(terminal, rig.box())
            right, wrong, mistyped = [outcome.answer for outcome in rig.soft.outcomes[1:]]
            assert isinstance(right, Answer)
            assert (right.found, right.status) == (True, "answered")
            assert right.text.endswith("Sudah @ ditambal.")
            assert isinstance(wrong, Answer)
            assert isinstance(mistyped, Answer)
            assert (wrong.found, wrong.status) == (False, "not_found")
            assert (mistyped.found, mistyped.status) == (False, "bad_code")

    in_time(story())


def test_a_scan_of_the_panels_reader_is_handed_on_once(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path, faults=Faults(lost_answers=0.5))
            rig.soft.say(Scan(2, "K7F29QX31A"))
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box(), hurry=200)
            assert rig.scanned == ["K7F29QX31A"]
            assert [outcome.answer for outcome in rig.soft.outcomes] == [Taken()]

    in_time(story())


def test_nothing_that_was_said_or_is_secret_stands_in_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            rig.soft.say(PRESS)
            rig.soft.say(Scan(0, "3673011203850007"))
            async with rig.line() as terminal:
                await rig.live(terminal, rig.box())
            [ticket] = tickets(rig)
            written = caplog.text + str([vars(record) for record in caplog.records])
            for secret in (PRESS.text, ticket.code, rig.soft.nonce.hex(), "3673011203850007"):
                assert secret not in written
            assert ticket.code.encode() not in all_bytes(folder)

    in_time(story())


def test_a_panel_waits_as_long_as_is_written_and_never_gives_up() -> None:
    assert [wait_s(tries) for tries in range(1, 10)] == [1.5, 3.0, 6.0, 12.0, 24.0, 30.0, 60.0, 60.0, 60.0]
