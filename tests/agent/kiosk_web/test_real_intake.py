"""The screen before the agent's own intake: what is said at the one is sealed in the outbox of the other."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.operations import KioskDoor
from tests.support.kiosk_box import Kiosk
from tests.support.kiosk_client import Client
from tests.support.kiosk_screen import kiosk_screen


class Agent:
    """The parts of the agent that a kiosk speaks to, in a loop of their own."""

    def __init__(self, folder: Path) -> None:
        self.box = Kiosk(folder)
        self.path = folder / "intake.sock"
        self._opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "Agent":
        self._thread.start()
        assert self._opened.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(60)

    async def _run(self) -> None:
        from agent.control import ControlSocket

        door = KioskDoor.__new__(KioskDoor)
        door._make = lambda: self.box.intake
        door._intake = None
        door._is_open = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(door.run()), asyncio.create_task(self.box.writer.run())]
        await door._is_open.wait()
        self._serving = asyncio.create_task(
            ControlSocket(self.path, door.operations(), "no-such-group").run(self._opened.set)
        )
        await asyncio.gather(self._serving, return_exceptions=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.box.outbox.close()

    def do(self, awaitable: object) -> object:
        return asyncio.run_coroutine_threadsafe(awaitable, self._loop).result(60)  # type: ignore[arg-type]


@pytest.fixture
def agent(in_memory: Path) -> Iterator[Agent]:
    with Agent(in_memory) as running:
        yield running


@pytest.fixture
def client(agent: Agent, in_memory: Path) -> Iterator[Client]:
    with kiosk_screen(in_memory, agent.path.parent, 'photos = "file"') as base:
        yield Client(base)


def photo() -> bytes:
    from io import BytesIO

    from PIL import Image

    made = BytesIO()
    Image.effect_noise((1800, 1200), 60).convert("RGB").save(made, "JPEG", quality=92)
    return made.getvalue()


def test_a_voice_with_a_photo_is_sealed_at_the_agent_and_its_answer_comes_back_to_the_screen(
    agent: Agent, client: Client
) -> None:
    client.until_text()
    assert "Kecamatan Kasemen" not in client.page
    assert client.press(field="Saluran mampet \x1b@ <b>sejak</b> Senin 😀") == "photo"
    taken = photo()
    assert len(taken) > 300_000  # several pieces
    assert client.ask("POST", "/photo", taken, X_Session=client.session)[0] == 200
    assert client.ask("POST", "/photo", b"\xff\xd8\xff" + b"x" * 1000, X_Session=client.session)[0] == 422
    for fields, then in (({"go": "next"}, "identity"), ({"choice": "confidential"}, "contact"), ({"field": ""}, "name"),
                         ({"field": "Siti Rahayu"}, "review"), ({}, "receipt")):  # fmt: skip
        assert client.press(**fields) == then
    assert "belum terkirim" in client.page or "Akan terkirim sendiri" in client.page
    code, pin = re.findall(r"data-(?:code|pin)>([^<]+)<", client.page)
    code = code.replace(" ", "")
    (complaint,) = agent.box.complaints()
    assert (complaint.subject, complaint.identity, complaint.channel) == ("jalan", "confidential", "web")
    assert complaint.photos == 1
    sealed = agent.box.opened(complaint)
    assert sealed["text"] == "Saluran mampet @ <b>sejak</b> Senin 😀"
    assert (sealed["name"], sealed["code"], sealed["pin"]) == ("Siti Rahayu", code, pin)
    ticket: dict[str, object] = {"code": code, "service_request_id": complaint.service_request_id}
    agent.do(agent.box.intake.on_reply(agent.box.sealed_reply(ticket, "Sudah dikeruk <i>")))
    client.press(choice="done")
    for fields in ({"lang": "id"}, {"choice": "no"}, {"choice": "status"}, {"field": code}):
        client.press(**fields)
    assert client.press(field=f"{(int(pin) + 1) % 10_000:04d}") == "pin"
    assert "tidak cocok" in client.page
    assert client.press(field=pin) == "answer"
    assert "Sudah dikeruk &lt;i&gt;" in client.page
    assert client.press(choice="add") == "text"
    assert client.press(field="Masih bau") == "photo"
    assert client.press(go="next") == "review"
    assert client.press() == "receipt"
    assert agent.box.complaints()[-1].follows == complaint.service_request_id
    assert client.press(choice="survey") == "survey1"
    for number in range(1, 10):
        assert client.press(choice="4") == (f"survey{number + 1}" if number < 9 else "thanks")


def test_a_request_for_information_and_the_places_are_the_agent_s(agent: Agent, client: Client) -> None:
    for fields in ({"lang": "en"}, {"choice": "no"}, {"choice": "saran"}, {"choice": "lainnya"}):
        client.press(**fields)
    assert "District Kasemen" in client.page and "Serang (here)" in client.page
    for fields in ({"go": "back"}, {"go": "back"}, {"choice": "ppid"}, {"choice": "none"}, {"field": "Budget"},
                   {"field": "Thesis"}, {"field": "Siti"}, {"field": "0812"}, {"choice": "copy"}):  # fmt: skip
        client.press(**fields)
    assert client.press() == "receipt"
    (held,) = agent.box.outbox.page("complaint", 0, 10_000_000)
    assert held.record.kind == "ppid"


def test_a_box_without_a_key_says_so(agent: Agent, client: Client) -> None:
    agent.box.seal_path.unlink()
    client.press(lang="id")
    client.press(choice="no")
    assert re.findall(r'name="choice" value="(\w+)"', client.page) == ["status"]
    assert "formulir kertas" in client.page
