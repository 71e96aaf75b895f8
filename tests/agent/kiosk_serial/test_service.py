"""The process of the serial devices as it runs on a box: its socket, its client, its configuration, its end."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import parse
from agent.configuration.problems import ConfigError
from agent.control import ControlError
from agent.control_client import NoDaemonError, ask
from agent.core.panel_words import Press
from agent.core.scanning import OtherScan, TicketScan
from agent.kiosk.serial.client import DEVICES_SOCKET, Scan, job_state, next_scan, print_receipt, printer_state
from agent.kiosk.serial.config import ScannerConfig
from agent.kiosk.serial.door import operations
from agent.kiosk.serial.scanbox import KEPT_S, ScanBox
from agent.kiosk.serial.scanner import Scanner
from agent.kiosk.serial.simulator import Terminal, open_terminal
from tests.agent.kiosk_serial.conftest import beside, in_time, until
from tests.agent.kiosk_serial.rig import Rig
from tests.support.small_intake import SmallIntake
from wire.tickets import make_code

ROOT = Path(__file__).parents[3]
CODE = make_code(b"sandi!")
TICKET = {"code": CODE, "pin": "4821", "category": "aduan", "created_ms": 1_795_000_000_000, "online": True}
SERIAL = """
[node]
id = "kel-3673011001"
run_dir = "{folder}"
data_dir = "{folder}"
[uplink]
host = "127.0.0.1"
[kiosk]
status_url = "https://aduan.serangkota.go.id/status"
[kiosk.serial]
run_dir = "{folder}/devices"
state_dir = "{folder}/state"
[[kiosk.serial.panel]]
device = "{folder}/panel"
[[kiosk.serial.scanner]]
device = "{folder}/scanner"
[[kiosk.serial.printer]]
device = "{folder}/printer"
"""


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`sandi kiosk serial` in a process of its own."""
    config = folder / "agent.toml"
    config.write_text(SERIAL.format(folder=folder))
    command = [sys.executable, "-m", "agent.cli", "kiosk", "serial", "--config", str(config)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()  # in order: what it has open is put away
        process.wait(60)


def states(folder: Path) -> dict[str, str]:
    """Of each device; of none while nobody listens yet, be the socket's file there already."""
    with suppress(NoDaemonError):
        rows = ask(folder / "devices" / DEVICES_SOCKET, {"op": "devices"}, timeout_s=60)["devices"]
        assert isinstance(rows, list)
        return {row["name"]: row["trouble"] for row in rows}
    return {}


async def scanned(folder: Path, scanner: Terminal) -> Scan:
    """A receipt held before the scanner while the screen asks, and again where the box was too slow for either."""
    while True:
        asking = asyncio.ensure_future(asyncio.to_thread(next_scan, folder / "devices", 20.0, "id"))
        await scanner.port.write(f"{CODE}\r".encode())
        found = await asking
        if found is not None:
            return found


def test_the_process_serves_its_devices_prints_scans_and_ends_in_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.kiosk.serial.client.TIMEOUT_S", 60.0)  # a screen goes on without paper sooner

    async def story(process: subprocess.Popen[bytes]) -> None:
        rig = Rig(folder, folder / "intake.sock")
        scanner = open_terminal(folder / "scanner")
        async with rig.line() as terminal:
            socket = folder / "devices" / DEVICES_SOCKET
            await until(socket.exists)
            await until(lambda: states(folder) == {"printer-1": "absent", "panel-1": "", "scanner-1": ""})
            rig.soft.say(Press("aduan", "jalan", "lubang"))
            await rig.talk(terminal)
            assert await asyncio.to_thread(print_receipt, folder / "devices", "w-1", TICKET, "id") == "waiting"
            assert await asyncio.to_thread(job_state, folder / "devices", "w-1") == "waiting"
            assert await asyncio.to_thread(printer_state, folder / "devices") == "offline"
            assert (await scanned(folder, scanner)).code == CODE
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 60) == 0
            await until(lambda: not socket.exists())
        scanner.port.close()

    with SmallIntake(folder) as intake, running(folder) as process:
        in_time(story(process))
        assert [request["text"] for request in intake.handed_in] == ["lubang"]
    log = (folder / "log").read_text()
    assert "panel-there" in log
    assert CODE not in log
    assert "4821" not in log
    assert not any(CODE.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_process_loads_nothing_of_the_agents_outbox_keys_or_uplink(folder: Path) -> None:
    script = (
        "import sys\nfrom agent.kiosk.serial import service, table\n"
        "from importlib import import_module\n"
        "[import_module(name.partition(':')[0]) for name in table.DEVICES.values()]\n"
        "print([name for name in sys.modules if name.startswith(('paho', 'nacl', 'sqlite3', 'agent.outbox',"
        " 'agent.uplink', 'escpos', 'PIL'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_configured_is_said_and_not_tried_again(folder: Path) -> None:
    config = folder / "agent.toml"
    config.write_text(SERIAL.format(folder=folder).partition("[kiosk]")[0])
    command = [sys.executable, "-m", "agent.cli", "kiosk", "serial", "--config", str(config)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "sandi kiosk devices" in done.stderr


def test_a_client_without_a_process_gets_none_and_no_error(tmp_path: Path) -> None:
    assert print_receipt(tmp_path, "w-1", TICKET, "id") == "none"
    assert printer_state(tmp_path) == "none"
    assert job_state(tmp_path, "w-1") == "none"
    assert next_scan(tmp_path, 0.0, "id") is None


def operation(name: str, request: dict[str, object], box: ScanBox | None = None) -> object:
    async def story() -> object:
        return await operations(None, box or ScanBox(), list)[name](request)

    return in_time(story())


@pytest.mark.parametrize("wait_s", ["1", True, -1, 26, None, [], float("nan")])
def test_an_impossible_wait_is_refused(wait_s: object) -> None:
    with pytest.raises(Exception, match="wait_s"):
        operation("scan", {"wait_s": wait_s})


FIELDS = ("job", "code", "pin", "category", "created_ms", "subject", "lang", "x")
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=30), st.lists(st.integers(), max_size=2))


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_request_to_print_is_a_job_or_a_typed_refusal_that_repeats_nothing(fields: dict[str, object]) -> None:
    async def story() -> None:
        printer = SimpleNamespace(put=lambda job: "waiting")
        try:
            answer = await operations(printer, ScanBox(), list)["print"]({"op": "print", **fields})  # type: ignore[arg-type]
        except ControlError as error:
            assert error.code == "bad_request"
            text = fields.get("pin")
            assert not isinstance(text, str) or len(text) < 5 or text not in error.message
        else:
            assert answer["job"] == fields["job"]

    asyncio.run(story())


def test_a_scan_is_given_out_once_and_forgotten_soon() -> None:
    async def story() -> None:
        box = ScanBox()
        box.put(CODE)
        assert await box.take(0) == TicketScan(CODE)
        assert await box.take(0) is None
        box.put("3673011203850007")
        assert await box.take(0) == OtherScan("nik")
        waiting = asyncio.ensure_future(box.take(30))
        await asyncio.sleep(0)
        box.put(CODE)
        assert await waiting == TicketScan(CODE)
        box.put(CODE)
        box._at_s -= KEPT_S
        assert await box.take(0) is None

    in_time(story())


def test_an_identity_number_is_refused_in_words_and_never_passed_on() -> None:
    async def story() -> object:
        box = ScanBox()
        box.put("3673011203850007")
        return await operations(None, box, list)["scan"]({"wait_s": 0, "lang": "id"})

    answer = in_time(story())
    assert answer["kind"] == "refused"  # type: ignore[index]
    assert answer["reason"] == "nik"  # type: ignore[index]
    assert "KTP" in answer["message"]  # type: ignore[index]
    assert "3673011203850007" not in json.dumps(answer)


@pytest.mark.parametrize(("framing", "sent"), [("cr", b"%s\r"), ("stx", b"\x02%s\x03")])
def test_a_scanner_on_its_line_is_read_in_either_framing_and_after_a_pulled_plug(
    folder: Path, framing: str, sent: bytes
) -> None:
    async def story() -> None:
        scans: list[str] = []
        settings = ScannerConfig(device=folder / "scanner", framing=framing)  # type: ignore[arg-type]
        scanner = Scanner("scanner-1", settings, scans.append)
        scanner.keeper._first_pause_s = 0.02
        async with beside(scanner.run()):
            for number in range(1, 3):
                terminal = open_terminal(folder / "scanner")
                await until(lambda: not scanner.keeper.trouble)
                await terminal.port.write(sent % CODE.encode())
                await until(lambda: len(scans) == number)  # noqa: B023
                terminal.port.close()
                await until(lambda: scanner.keeper.trouble)
        assert scans == [CODE, CODE]

    in_time(story())


def test_the_configuration_takes_devices_and_refuses_what_cannot_be(folder: Path) -> None:
    text = SERIAL.format(folder=folder)
    serial = parse(text, folder / "agent.toml", {}).kiosk.serial
    assert (len(serial.panel), len(serial.scanner), len(serial.printer)) == (1, 1, 1)
    assert serial.panel[0].device == folder / "panel"
    for wrong, says in (
        ('[[kiosk.serial.printer]]\ndevice = "/dev/usb/lp1"', "one printer"),
        (f'[[kiosk.serial.panel]]\ndevice = "{folder}/panel"', "twice"),
        ('[[kiosk.serial.panel]]\ndevice = "/dev/x"\nbaud = 12345', "baud"),
        ('[[kiosk.serial.scanner]]\nframing = "cr"', "device"),
        ('[[kiosk.serial.panel]]\ndevice = "/dev/x"\nmode = "text"', "mode"),
    ):
        with pytest.raises(ConfigError, match=says):
            parse(text + wrong + "\n", folder / "agent.toml", {})


def simulated(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", "kiosk", "panel-sim", "--link", str(folder / "panel"), *options]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


def test_the_software_panel_of_the_command_line_reports_what_the_box_says(folder: Path) -> None:
    """Two processes, as a technician would run them: the panel on a pseudo-terminal, the box serving it."""
    with SmallIntake(folder) as intake, running(folder):
        done = simulated(folder, "--say", "aduan jalan lubang", "--deadline", "120")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ACK " in done.stdout
        assert len(intake.handed_in) == 1


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_software_panel_gets_through_a_bad_line_at_its_own_pace(folder: Path) -> None:
    """Its dice are its own, and after each that falls badly it waits twice as long."""
    with SmallIntake(folder) as intake, running(folder):
        done = simulated(
            folder, "--say", "aduan jalan lubang", "--count", "5", "--damage", "20", "--lose", "20",
            "--reboot-every", "2", "--seq", "65534", "--deadline", "800",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(intake.handed_in) == 5


def test_the_software_panel_takes_no_pin_on_the_command_line(folder: Path) -> None:
    command = [sys.executable, "-m", "agent.cli", "kiosk", "panel-sim", "--say", f"cek {CODE} 4821"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "4821" not in done.stderr
