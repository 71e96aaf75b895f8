"""The alerts watch themselves: channels that fail, a process that died, signs of life."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.alerts import Receiver, add_channel, add_route, drain, incident, states

Make = Callable[[], Any]
MIN = 60_000


def now() -> int:
    return time.time_ns() // 1_000_000


def test_a_channel_that_cannot_work_is_an_incident_told_by_the_others_and_ends_when_it_works(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.models import Channel, Delivery
    from center.alerts.testing import queue_test
    from center.operations.models import Incident, IncidentEntry

    process = service()
    add_channel("rusak", "telegram", {"chat": "1"})  # and no token
    add_route("rusak")
    incident()
    drain(process, until=lambda: len(receiver.seen) == 2 and process.idle())
    own = Incident.objects.get(kind="channel")
    assert (own.subject, own.severity, own.party) == ("rusak", "critical", "center")
    assert receiver.bodies[1]["text"].startswith(
        "[KRITIS] Saluran alarm rusak tidak berfungsi: rahasia saluran belum ada"
    )
    assert not Delivery.objects.filter(channel="rusak", incident=own.pk).exists(), "it could not say so itself"
    Channel.objects.filter(name="rusak").update(kind="file", settings='{"name": "x"}')
    queue_test("rusak", "operator")
    process._pauses.clear()
    drain(process)
    assert not Delivery.objects.exclude(state="sent").exists(), "what waited for the channel went out with the test"
    own.refresh_from_db()
    assert own.resolved_ms is not None
    assert receiver.bodies[-1]["text"].startswith("[PULIH] Saluran alarm rusak berfungsi lagi")
    assert list(IncidentEntry.objects.filter(incident=own).values_list("kind", flat=True)) == ["opened", "resolved"]


def test_a_hiccup_of_a_channel_is_no_incident_five_minutes_are(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.models import Channel, Delivery
    from center.operations.models import Incident

    process = service()
    receiver.status = 503
    incident()
    drain(process, until=lambda: states() == {"opened": "failed"})
    assert not Incident.objects.filter(kind="channel").exists()
    Channel.objects.update(failing_since_ms=now() - 6 * MIN)
    Delivery.objects.update(due_ms=0)
    process._pauses.clear()
    drain(process, until=lambda: Incident.objects.filter(kind="channel").exists())


def test_a_failing_channel_is_left_alone_for_a_while(
    hooked: Path, receiver: Receiver, service: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.alerts import service as module

    monkeypatch.setattr(module, "_FIRST_PAUSE_MS", module._LONGEST_PAUSE_MS)  # no machine stands still for so long
    process = service()
    receiver.status = 503
    for number in range(4):
        incident(subject=f"kel-{number}")
    drain(process, until=lambda: receiver.seen and process.idle())
    for _ in range(5):
        process.round()
    assert len(receiver.seen) == 1


def test_signs_of_life_come_once_per_slot_however_many_processes_run(
    center_data: Path, receiver: Receiver, service: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.alerts import service as module
    from center.alerts.deadman import sign_of_life

    began_ms = now()  # a slot of a day begins at 07:00 in Serang, perhaps between two of the processes
    monkeypatch.setattr(module, "sign_of_life", lambda _at_ms: sign_of_life(began_ms))
    add_channel("hidup", "webhook", {"url": receiver.url}, alive_every_min=1440)
    drain(service(), service())
    again = service()
    drain(again)
    assert [body["what"] for body in receiver.bodies] == ["alive"]
    assert "Bila kabar ini tidak datang lagi dalam 1 hari, periksa server pusat." in receiver.bodies[0]["text"]


def test_an_old_sign_of_life_that_never_got_out_is_not_told_as_if_it_were_new(center_data: Path) -> None:
    from center.alerts.deadman import sign_of_life
    from center.alerts.models import Delivery

    add_channel("hidup", "file", {"name": "x"}, alive_every_min=10)
    sign_of_life(now())
    sign_of_life(now() + 10 * MIN)
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["muted", "waiting"]


def test_a_process_that_was_dead_says_for_how_long_and_what_waited(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.deadman import dead_since_ms
    from center.alerts.models import Beat

    assert dead_since_ms(now()) == 0
    died = now() - 137 * MIN
    Beat.objects.create(owner="gone.1.x", since_ms=died - MIN, alive_ms=died)
    assert dead_since_ms(now()) == died
    incident()
    drain(service())
    assert dead_since_ms(now()) is None
    (told,) = [body for body in receiver.bodies if body["what"] == "alive"]
    assert "(2 jam 17 menit).\n1 kabar tertahan dan dikirim sekarang." in told["text"]
    drain(service())
    assert len(receiver.seen) == 2, "told once"


def test_the_lock_of_a_process_tells_its_life_from_its_death(center_data: Path) -> None:
    from center.alerts.owner import LEASE_MS, Owner

    one, other = Owner(center_data), Owner(center_data)
    with one.alive():
        with other.alive():
            assert not one.is_dead(other.name, 0, now()) and not one.is_dead(one.name, 0, now())
        assert one.is_dead(other.name, now(), now())
        assert not one.is_dead("elsewhere.1.x", now(), now())
        assert one.is_dead("elsewhere.1.x", now() - LEASE_MS - 1, now())


def test_a_process_killed_leaves_a_lock_that_says_so(center_data: Path) -> None:
    from center.alerts.owner import Owner

    code = (
        "import os, sys; from pathlib import Path; from center.alerts.owner import Owner\n"
        "o = Owner(Path(sys.argv[1]))\n"
        "with o.alive(): print(o.name, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(center_data)], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    me = Owner(center_data)
    assert me.is_dead(done.stdout.strip(), now(), now())
    with me.alive():
        assert not (center_data / "run" / "alerts" / done.stdout.strip()).exists(), "swept"


@pytest.mark.parametrize("words", [["list"], ["log"], ["test", "nowhere"], ["secret", "nowhere"]])
def test_commands_answer_in_a_sentence(hooked: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from center.cli import main

    incident()
    code = main(["--lang", "en", "alert", *words, "--data", str(hooked)])
    said = capsys.readouterr()
    assert code == (2 if "nowhere" in words else 0)
    assert "piket" in said.out or "there is no channel nowhere" in said.err
    assert "dead" in said.out.lower() or words != ["list"]


def test_the_worker_and_the_operators_live_with_a_channels_incident(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    from center.alerts.trouble import channel_failed, channel_worked
    from center.operations.desk import acknowledge
    from center.operations.incidents import known
    from center.operations.models import Incident

    add_channel("rusak", "file", {"name": "x"})
    channel_failed("rusak", now(), "cannot write the file", permanent=True)
    own = Incident.objects.get(kind="channel")
    assert known(0, 2**60) == [], "what the worker cannot judge is not put before it"
    acknowledge(own.pk, "operator", now())
    channel_worked("rusak", now())
    own.refresh_from_db()
    assert own.resolved_ms is not None and own.acknowledged_by == "operator"
