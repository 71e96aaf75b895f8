"""Killed at any point, the alerts lose nothing, and repeat only what a crash left open, marked as what it is."""

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from center.pki import create_authority
from tests.support.alerts import Receiver, alerts_command, drain, incident, states
from tests.support.processes import program, wait_until

MESSAGES = 3
Make = Callable[[], Any]


def run_until_step(data: Path, dies_at: int) -> bool:
    """In a process of its own: drain the outbox, and die by kill -9 before the given step; whether it died.

    Steps are statements of the database and both ends of every handing over.
    """
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    try:
        _victim(data, dies_at)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing of this process may go on in the test's name
        os._exit(3)


def _victim(data: Path, dies_at: int) -> None:
    from django.db import connection

    from center.alerts import service as module
    from center.alerts.channel import Centre
    from center.alerts.owner import Owner

    lock, count = threading.Lock(), 0

    def step() -> None:
        nonlocal count
        with lock:
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    def counted(execute: Any, *arguments: Any) -> Any:
        step()
        return execute(*arguments)

    prepare = module.prepare

    def prepared(*arguments: Any) -> module.Prepared:
        made = prepare(*arguments)

        def send() -> None:
            step()
            made.send()
            step()

        return module.Prepared(made.channel, send, made.hidden)

    module.prepare = prepared
    owner = Owner(data)
    with owner.alive(), connection.execute_wrapper(counted):
        drain(module.Service(Centre(data), owner, threading.Event()))


def check_all_points(data: Path, receiver: Receiver, service: Make, stride: int) -> int:
    """Kill at every `stride`th step until a run survives; how many were killed."""
    from center.alerts.models import Delivery

    killed, at = 0, 0
    while True:
        receiver.seen.clear()
        Delivery.objects.all().delete()
        for number in range(MESSAGES):
            incident(subject=f"kel-{at}-{number}")
        died = run_until_step(data, at)
        receiver.settle()
        sending = set(Delivery.objects.filter(state="sending").values_list("key", flat=True))
        process = service()
        process._outbox.free_abandoned(1)
        Delivery.objects.update(due_ms=0)
        drain(process)
        seen = [(body["key"], body["repeat"]) for body in receiver.bodies]
        assert states() == {"opened": "sent"}, f"killed at {at}: {states()}"
        assert {key for key, _ in seen} == set(Delivery.objects.values_list("key", flat=True)), f"lost at {at}"
        twice = {key for key, _ in seen if sum(one == key for one, _ in seen) > 1}
        assert twice <= sending and len(twice) <= 1, f"killed at {at}: repeated without need"
        assert all(repeat for key, repeat in [*reversed(seen)][: len(twice)] if key in twice)
        marked = [key for key, repeat in seen if repeat]
        assert len(marked) <= 1 and set(marked) <= sending, f"killed at {at}: marked without need"
        for key in twice:
            assert [repeat for one, repeat in seen if one == key] == [False, True], f"killed at {at}"
        if not died:
            return killed
        killed += 1
        at += stride


def test_killed_at_many_points_nothing_is_lost_and_only_what_was_open_is_repeated(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    assert check_all_points(hooked, receiver, service, stride=7) >= 5


@pytest.mark.full
@pytest.mark.timeout(900)
def test_killed_at_every_point_nothing_is_lost_and_only_what_was_open_is_repeated(
    hooked: Path, receiver: Receiver, service: Make
) -> None:
    assert check_all_points(hooked, receiver, service, stride=1) >= 35


@pytest.mark.full
@pytest.mark.timeout(900)
def test_killed_while_a_digest_is_made_or_sent_no_news_is_lost(hooked: Path, receiver: Receiver, service: Make) -> None:
    from center.alerts.models import Channel, Delivery

    Channel.objects.update(per_minute=1)
    died, at = True, 0
    while died:
        receiver.seen.clear()
        Delivery.objects.all().delete()
        for number in range(MESSAGES):
            incident(subject=f"kel-{at}-{number}", text_id=f"Nomor {at}-{number}")
        died = run_until_step(hooked, at)
        receiver.settle()
        process = service()
        process._outbox.free_abandoned(1)
        Delivery.objects.filter(state="failed").update(due_ms=0)
        Channel.objects.update(per_minute=50)  # whatever was left over needs no second minute
        drain(process)
        Channel.objects.update(per_minute=1)
        assert set(Delivery.objects.values_list("state", flat=True)) <= {"sent", "joined"}, f"killed at {at}"
        told = "\n".join(body["text"] for body in receiver.bodies)
        assert all(f"Nomor {at}-{number}" in told for number in range(MESSAGES)), f"lost at {at}"
        keys = [body["key"] for body in receiver.bodies]
        again = [body["repeat"] for body in receiver.bodies if keys.count(body["key"]) > 1]
        assert again in ([], [False, True]), f"killed at {at}"
        at += 1
    assert at > 15


def test_the_real_process_killed_while_a_message_is_under_way_sends_it_again_marked(
    hooked: Path, receiver: Receiver
) -> None:
    from center.alerts.models import Beat, Delivery

    create_authority(hooked / "pki")
    receiver.hold.clear()
    incident()
    with program(*alerts_command(hooked)) as first:
        wait_until(lambda: len(receiver.seen) == 1, "the message", detail=lambda: first.output)
        first.send(signal.SIGKILL)
        first.wait()
    assert Delivery.objects.get().state == "sending"
    receiver.hold.set()
    incident(subject="kel-2")
    with program(*alerts_command(hooked)) as second:
        wait_until(lambda: len(receiver.seen) == 3, "both messages", detail=lambda: second.output)
        wait_until(lambda: states() == {"opened": "sent"}, "the outbox to be empty")
        second.send(signal.SIGTERM)
        assert second.wait() == 0, second.output
    repeats = sorted((body["key"], body["repeat"]) for body in receiver.bodies)
    assert [repeat for _, repeat in repeats] == [False, True, False]
    assert repeats[0][0] == repeats[1][0]
    assert Beat.objects.count() == 2
    assert "piket" not in first.output and json.loads(receiver.seen[0][2])["text"] not in second.output
