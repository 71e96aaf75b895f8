"""From a citizen to the desk and back to the same kiosk, the line cut twice on the way. All parts are real."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.city import Agent, City, Program, running_city, wait_until
from tests.support.kiosk_screen import serves
from tests.support.ports import free_port
from tests.support.tcp_proxy import TcpProxy
from tests.support.voice_journey import Citizen, DeskOfficer, Picture

COMPLAINT = "Lampu jalan di depan balai warga RT 03 mati sejak hari Minggu, jalannya gelap."
ANSWER = "Lampu sudah diganti hari ini oleh petugas Dinas Perhubungan. Terima kasih atas laporan Anda."


@dataclass
class Kiosk:
    """A box with its agent and its screen, behind a line that can be cut."""

    agent: Agent
    screen: Program
    line: TcpProxy
    base: str

    def cut(self) -> None:
        """No line from here on; returns when the box knows."""
        self.line.set(refuse=True)
        self.line.cut()
        wait_until(lambda: not self.agent.ask("intake", op="ready")["online"], "the box to notice")

    def heal(self) -> None:
        """The line is back."""
        self.line.set(refuse=False)


@contextlib.contextmanager
def kiosk_of(city: City) -> Iterator[Kiosk]:
    """A kiosk of the city, started; gone at the end."""
    line, port = TcpProxy(city.mqtt_port), free_port()
    line.start()
    agent = city.agent()
    config = agent.config.read_text().replace(f"port = {city.mqtt_port}", f"port = {line.port}")
    config = config.replace(
        "[uplink]\n", "[uplink]\nreconnect_min_s = 0.2\nreconnect_max_s = 2\nkeepalive_s = 5\ntaken_over_s = 2\n"
    )
    agent.config.write_text(f"{config}[kiosk.web]\nport = {port}\n")
    screen = Program(city.directory / "screen.log", "agent.cli", "kiosk", "--config", str(agent.config))
    try:
        agent.start()
        wait_until(agent.ready, f"the intake:\n{agent.tail()}")
        screen.start()
        base = f"http://127.0.0.1:{port}"
        wait_until(lambda: serves(base), f"the screen:\n{screen.tail()}")
        yield Kiosk(agent, screen, line, base)
    finally:
        with contextlib.suppress(AssertionError):
            screen.stop()
        line.close()


def there_and_back(folder: Path, chromium: Any, picture: Picture) -> None:
    """The whole trip; `picture` is called with a name and a page where there is something to see.

    AssertionError at the first thing that is not as it should be.
    """
    with running_city(folder) as city, kiosk_of(city) as kiosk:
        citizen = Citizen(chromium, kiosk.base)
        kiosk.cut()
        code, pin = citizen.hand_in(COMPLAINT)
        receipt = citizen.page.inner_text("main")
        assert "belum terkirim" in receipt.lower() or "jaringan" in receipt.lower(), receipt
        picture("kios-perjalanan-tanda-terima", citizen.page)
        citizen.leave()
        assert city.query("SELECT count(*) FROM complaints_complaint") == [(0,)], "there is no line"

        kiosk.heal()
        row = "SELECT service_request_id, subject, code FROM complaints_complaint"
        wait_until(lambda: city.query(row), f"the complaint at the desk\n{kiosk.agent.tail()}", 120)
        ((request_id, subject, number),) = city.query(row)
        assert subject == "lampu" and number != code, "the desk is told no code"

        kiosk.cut()
        officer = DeskOfficer(chromium, city)
        assert COMPLAINT in officer.open(str(request_id))
        picture("kios-perjalanan-meja", officer.page)
        officer.answer(ANSWER)
        waits = "SELECT count(*) FROM operations_downlink WHERE leaf = 'reply' AND receipt_at_ms IS NULL"
        wait_until(lambda: city.query(waits) == [(1,)], "the answer to wait for the line")
        assert ANSWER not in citizen.look_up(code, pin), "the answer is not here yet"

        kiosk.heal()
        wait_until(lambda: city.query(waits) == [(0,)], f"the receipt of the answer\n{kiosk.agent.tail()}", 120)
        shown = citizen.look_up(code, pin)
        assert ANSWER in shown, shown
        picture("kios-perjalanan-jawaban", citizen.page)
        assert ANSWER not in citizen.look_up(code, f"{(int(pin) + 1) % 10_000:04d}"), "only with the PIN"
        delivered = "SELECT count(*) FROM complaints_event WHERE complaint_id = ? AND kind = 'delivered'"
        wait_until(lambda: city.query(delivered, request_id) == [(1,)], "the desk to know that it is there")
