"""`sandi complain` as a person or a program uses it: real command, real socket, real intake."""

import asyncio
import contextlib
import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.control import ControlSocket
from agent.kiosk.terminal import printable, spaced, when
from agent.messages import LANGUAGES, Messages
from agent.operations import KioskDoor
from tests.support.full_disk import fill_disk
from tests.support.kiosk_box import NODE, TEXT, Kiosk

EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, EXIT_NOT_RUNNING = 0, 1, 2, 3


class Box:
    """A running intake socket and a configuration that points at it."""

    def __init__(self, directory: Path) -> None:
        self.kiosk = Kiosk(directory)
        self.kiosk.intake.store.close()  # the door opens its own
        run_dir = directory / "run"
        run_dir.mkdir()
        self.config = directory / "agent.toml"
        self.config.write_text(
            f'[node]\nid = "{NODE}"\ndata_dir = "{directory}"\nrun_dir = "{run_dir}"\n'
            f'[uplink]\nhost = "127.0.0.1"\ncredentials = "{directory}"\n'
        )
        self._socket = run_dir / "intake.sock"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        kiosk = self.kiosk
        door = KioskDoor(NODE, kiosk.writer, kiosk.clock, kiosk.directory, kiosk.seal_path)
        socket = ControlSocket(self._socket, door.operations(), "nogroup")

        async def both() -> None:
            self.door = door
            async with asyncio.TaskGroup() as group:
                self._tasks = [group.create_task(door.run()), group.create_task(socket.run())]

        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(both())

    def start(self) -> None:
        self._thread.start()
        deadline_s = time.monotonic() + 120
        while not self._socket.exists() or self.door._intake is None:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def stop(self) -> None:
        for task in self._tasks:
            self._loop.call_soon_threadsafe(task.cancel)
        self._thread.join(30)
        self._loop.close()
        self.kiosk.abandon()

    def replied(self, ticket: dict[str, object]) -> str:
        work = self.door.take_reply(self.kiosk.reply(ticket))
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def sandi(self, *options: str, said: str = "", lang: str = "id") -> "subprocess.CompletedProcess[str]":
        command = [
            sys.executable,
            "-m",
            "agent.cli",
            "complain",
            "--config",
            str(self.config),
            "--lang",
            lang,
            *options,
        ]
        return subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    made.start()
    yield made
    made.stop()


def test_a_program_hands_in_by_json_and_gets_the_ticket_as_json(box: Box) -> None:
    fields = {"category": "laporan", "text": TEXT, "name": "Siti", "client_id": "k" * 20}
    first = box.sandi("--input", "-", "--json", said=json.dumps(fields))
    again = box.sandi("--input", "-", "--json", said=json.dumps(fields))
    assert (first.returncode, again.returncode) == (EXIT_OK, EXIT_OK), first.stderr
    ticket = json.loads(first.stdout)
    assert json.loads(again.stdout) == {**ticket, "duplicate": True}
    (complaint,) = box.kiosk.complaints()
    assert box.kiosk.opened(complaint) == {"text": TEXT, "name": "Siti", "code": ticket["code"], "pin": ticket["pin"]}


def test_a_text_from_a_file_gets_a_ticket_a_person_can_copy(box: Box, tmp_path: Path) -> None:
    (tmp_path / "isi.txt").write_text("\ufeffGot depan sekolah mampet", encoding="utf-8")
    done = box.sandi("--category", "aduan", "--text-file", str(tmp_path / "isi.txt"))
    (complaint,) = box.kiosk.complaints()
    assert done.returncode == EXIT_OK and box.kiosk.opened(complaint)["text"] == "Got depan sekolah mampet"
    opened = box.kiosk.opened(complaint)
    assert spaced(opened["code"]) in done.stdout and spaced(opened["pin"]) in done.stdout
    assert "Tersimpan di sini" in done.stdout and f"--status {opened['code']}" in done.stdout.replace("\n", " ")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_an_emergency_is_told_of_112_first(box: Box) -> None:
    done = box.sandi("--category", "laporan", "--text-file", "-", said="Ada kebakaran di pasar")
    assert done.stdout.startswith("KEADAAN DARURAT? Hubungi 112")


def test_the_answer_is_read_with_the_pin(box: Box) -> None:
    made = box.sandi("--category", "aduan", "--text-file", "-", "--json", said=TEXT)
    ticket = json.loads(made.stdout)
    before = box.sandi("--status", ticket["code"], said=f"{ticket['pin']}\n")
    assert "Masih di kotak ini" in before.stdout
    assert box.replied(ticket) == "stored"
    after = box.sandi("--status", ticket["code"].lower(), said=f"{ticket['pin']}\n")
    assert after.returncode == EXIT_OK and "sudah dijawab" in after.stdout and "Sudah diganti." in after.stdout
    assert "15 Jan 2027 15.00 WIB" in after.stdout
    as_json = box.sandi("--status", ticket["code"], "--json", said=f"{ticket['pin']}\n")
    assert json.loads(as_json.stdout)["replies"][0]["text"] == "Sudah diganti."


@pytest.mark.parametrize(
    ("options", "said", "exit_code", "message"),
    [
        (("--text-file", "-"), "isi", EXIT_USAGE, "--category"),
        ((), "isi", EXIT_USAGE, "--text-file"),
        (("--input", "-"), "[]", EXIT_USAGE, "JSON"),
        (("--input", "-"), '{"nik": "1"}', EXIT_USAGE, "category"),
        (("--category", "aduan", "--text-file", "/nowhere/x"), "", EXIT_USAGE, "/nowhere/x"),
        (("--category", "aduan", "--text-file", "-"), "x" * 70_000, EXIT_USAGE, "64 KiB"),
        (("--category", "aduan", "--text-file", "-"), "   ", EXIT_PROBLEM, "Tulis dahulu"),
        (("--category", "aduan", "--text-file", "-"), "x" * 5000, EXIT_PROBLEM, "paling banyak 4000"),
        (("--status", "AAAA"), "1234\n", EXIT_PROBLEM, "10 huruf dan angka"),
        (("--status", "0000000000"), "1234\n", EXIT_PROBLEM, "tidak cocok"),
        (("--text", "rahasia"), "", EXIT_USAGE, "--text"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    box: Box, options: tuple[str, ...], said: str, exit_code: int, message: str
) -> None:
    done = box.sandi(*options, said=said)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert message in done.stderr


def test_a_problem_as_json_is_json(box: Box) -> None:
    done = box.sandi("--status", "0000000000", "--json", said="1234\n", lang="en")
    assert done.returncode == EXIT_PROBLEM and json.loads(done.stdout)["error"]["code"] == "not_found"


def test_with_the_agent_stopped_the_command_says_so(tmp_path: Path) -> None:
    box = Box(tmp_path)
    done = box.sandi("--category", "aduan", "--text-file", "-", said=TEXT)
    box.kiosk.abandon()
    box._loop.close()
    assert done.returncode == EXIT_NOT_RUNNING and "systemctl start sandi-agent" in done.stderr


def test_a_full_disk_is_told_before_the_first_question(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(box.kiosk.outbox, monkeypatch)
    dialogue = Dialogue(box, "complain")
    assert dialogue.ended() == EXIT_PROBLEM
    assert "formulir kertas" in dialogue.seen and "Pilih angka" not in dialogue.seen


def test_a_person_is_led_through_the_questions(box: Box) -> None:
    dialogue = Dialogue(box, "complain")
    dialogue.answer("Pilih angka", "2")
    dialogue.answer("baris kosong", "Tiang listrik miring\ndi depan masjid\n")
    dialogue.answer("Nama", "Budi")
    dialogue.answer("surel", "")
    assert dialogue.ended() == EXIT_OK
    (complaint,) = box.kiosk.complaints()
    opened = box.kiosk.opened(complaint)
    assert (complaint.category, opened["text"], opened["name"]) == (
        "laporan",
        "Tiang listrik miring\ndi depan masjid",
        "Budi",
    )
    assert "contact" not in opened and spaced(opened["code"]) in dialogue.seen


def test_nothing_a_person_says_stands_in_the_process_list(box: Box) -> None:
    dialogue = Dialogue(box, "complain")
    dialogue.answer("Pilih angka", "1")
    dialogue.answer("baris kosong", "Kalimat rahasia\n")
    dialogue.wait_for("Nama")
    assert "rahasia" not in Path(f"/proc/{dialogue.pid}/cmdline").read_text()
    dialogue.hang_up()
    assert "--text " not in box.sandi("--help").stdout


class Dialogue:
    """`sandi ...` on a terminal of its own."""

    def __init__(self, box: Box, *words: str) -> None:
        self.seen = ""
        command = [sys.executable, "-m", "agent.cli", *words, "--config", str(box.config), "--lang", "id"]
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, command)

    def _read(self) -> bool:
        try:
            piece = os.read(self._terminal, 4096)
        except OSError:  # how a terminal says that the other end is gone
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)

    def wait_for(self, words: str) -> None:
        while words not in self.seen:
            assert self._read(), f"ended before {words!r}: {self.seen}"

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        os.write(self._terminal, f"{text}\n".encode())

    def ended(self) -> int:
        while self._read():
            pass
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def hang_up(self) -> None:
        """Walk away from the terminal: the command ends, and nothing was handed in."""
        os.close(self._terminal)
        os.waitpid(self.pid, 0)


def test_texts_from_the_network_cannot_command_the_terminal() -> None:
    assert printable("a\x1b]0;x\x07b\u202ec\nd") == "a ]0;x b c\nd"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_times_are_in_wib_and_impossible_ones_are_a_dash(lang: str) -> None:
    messages = Messages(lang)
    assert when(messages, 1_800_000_000_000) == "15 Jan 2027 15.00 WIB"
    assert when(messages, 10**18) == when(messages, "x") == "-"
