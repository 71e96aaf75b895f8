"""The line to a panel: a plug pulled inside a frame, a panel that reads nothing, a burst of frames, lines of text."""

import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.core.panel_words import Press, Scan, Taken
from agent.kiosk.serial.port import PortError
from tests.agent.kiosk_serial.conftest import beside, in_time, until
from tests.agent.kiosk_serial.rig import PRESS, Rig, texts
from tests.support.small_intake import SmallIntake


def test_a_plug_pulled_inside_a_frame_and_put_back_loses_nothing(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            panel = rig.box()
            async with beside(panel.run()):
                async with rig.line() as terminal:
                    rig.soft.say(PRESS)
                    await rig.talk(terminal)
                    rig.soft.say(Press("aduan", "lampu", "padam"))
                    half = rig.soft.due(1e6)
                    await terminal.port.write(half[: len(half) // 2])
                await until(lambda: panel.keeper.trouble)
                async with rig.line() as terminal:
                    await rig.talk(terminal)
            assert texts(intake) == [PRESS.text, "padam"]
            assert panel.keeper.opened >= 2

    in_time(story())


def test_a_panel_that_reads_nothing_is_dropped_and_the_loop_lives(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its terminal fills up, writes time out, the line is opened anew: nothing waits for ever."""

    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            panel = rig.box()
            open_it = panel.keeper._open

            def open_hastily(path: Path):  # type: ignore[no-untyped-def]
                port = open_it(path)
                port._write_timeout_s = 0.2  # type: ignore[attr-defined]
                return port

            panel.keeper._open = open_hastily
            async with rig.line() as terminal, beside(panel.run()):
                with contextlib.suppress(PortError):
                    while panel.keeper.opened < 2:
                        # Every hello is answered with three frames, which nobody reads.
                        rig.soft._hello_again_s = 0.0
                        await terminal.port.write(rig.soft.due(1.0))
                        await asyncio.sleep(0)
                await until(lambda: panel.keeper.opened >= 2)
            lost = [str(vars(record)["detail"]) for record in caplog.records if record.message == "device-lost"]
            assert lost and "stuck" in lost[0]

    in_time(story())


def test_many_frames_in_a_burst_are_all_answered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand scans, said without waiting for answers, each is handed on and acknowledged. The box's clock stands
    still: a machine that stops inside a frame is no panel that gave it up."""
    monkeypatch.setattr("agent.kiosk.serial.panel.time", SimpleNamespace(monotonic=lambda: 0.0))

    async def story() -> None:
        from agent.core.framing import Frame, encode
        from agent.core.panel_codec import put

        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            panel = rig.box()
            async with rig.line() as terminal, beside(panel.run()):
                rig.soft.say(Scan(0, "first"))
                await rig.talk(terminal)
                frames = []
                for number in range(1000):
                    kind, flags, payload = put(Scan(0, f"scan {number}"))
                    frames.append(encode(Frame(kind, flags, rig.soft.boot, 1000 + number, payload)))
                acked = 0

                async def hear() -> None:
                    nonlocal acked
                    while acked < 1000:
                        heard = rig.soft.receive(await terminal.port.read(), 0.0)
                        acked += sum(isinstance(one, Taken) for one in heard)

                await asyncio.gather(terminal.port.write(b"".join(frames)), hear())
            assert rig.scanned == ["first", *(f"scan {number}" for number in range(1000))]

    in_time(story())


def test_a_panel_in_text_mode_hands_in_and_looks_up(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            rig = Rig(folder, intake.path)
            panel = rig.box(mode="lines")
            async with rig.line() as terminal, beside(panel.run()):
                await until(lambda: not panel.keeper.trouble)  # what waits on a line is discarded when it is opened

                async def said(line: bytes, answer: bytes) -> bytes:
                    """The whole line with this answer."""
                    heard = b""
                    await terminal.port.write(line)
                    while True:
                        heard += await terminal.port.read()
                        found = [one for one in heard.split(b"\r\n")[:-1] if answer in one]
                        if found:
                            return found[0]

                ok = await said(b"HELLO p1 1f3a9c02\n#1 ADUAN jalan lubang\n", b"#1 OK ")
                _, _, code, pin, where = ok.split()[:5]
                assert where == b"ONLINE"
                assert await said(b"#2 CEK %s %s\n" % (code, pin), b"#2 INFO 1 ") != b""
                assert (await said(b"#2 CEK %s 9999\n" % code, b"#2 ")).startswith(b"#2 ")
            assert texts(intake) == ["lubang"]

    in_time(story())
