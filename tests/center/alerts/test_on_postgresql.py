"""The door and the outbox on PostgreSQL, where processes really work at once."""

import json
import threading
import time
from pathlib import Path

import pytest

from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.support.alerts import add_channel, add_route, drain, incident, states

pytestmark = pytest.mark.full

INCIDENTS = 40
HEARD_FIRST = 8
"""Every so manieth incident ends only after people were told of it; the others may be over before anyone was."""


def lines(data: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (data / "alerts-out" / "piket.jsonl").read_text().splitlines()]


def wait_until_sent(number: int) -> None:
    """Until the opening of this incident has been handed over."""
    from center.alerts.models import Delivery

    deadline_s = time.monotonic() + 90
    while not Delivery.objects.filter(incident=number, what="opened", state="sent").exists():
        assert time.monotonic() < deadline_s, "nobody was told"
        time.sleep(0.01)


def test_processes_at_once_send_each_message_once_while_incidents_come_and_go(
    center_data: Path,  # noqa: F811
) -> None:
    from django.db import connection

    from center.alerts.channel import Centre
    from center.alerts.owner import Owner
    from center.alerts.service import Service

    add_channel("piket", "file", {"name": "piket"}, per_minute=1000)
    add_route("piket")
    trouble: list[BaseException] = []
    told = threading.Event()

    def work() -> None:
        try:
            owner = Owner(center_data)
            with owner.alive():
                service = Service(Centre(center_data), owner, threading.Event())
                while not told.is_set():
                    drain(service, until=lambda: True)
                drain(service)
        except BaseException as error:  # noqa: BLE001 - told below
            trouble.append(error)
        finally:
            connection.close()

    processes = [threading.Thread(target=work) for _ in range(3)]
    for one in processes:
        one.start()
    waited_for = []
    for number in range(INCIDENTS):
        made = incident(subject=f"kel-{number}")
        if number % HEARD_FIRST == 0:
            wait_until_sent(made)
            waited_for.append(made)
        incident("resolved", made, subject=f"kel-{number}")
    told.set()
    for one in processes:
        one.join(120)
    assert not trouble
    keys = [line["key"] for line in lines(center_data)]
    assert len(keys) == len(set(keys))
    heard = {(line["incident"], line["what"]) for line in lines(center_data)}
    assert {(number, "opened") for number in waited_for} <= heard
    assert all((number, "resolved") in heard for number, what in heard if what == "opened")


def test_digest_given_back_claims_signs_of_life_and_a_channels_own_incident(center_data: Path) -> None:  # noqa: F811
    from center.alerts.channel import Centre
    from center.alerts.models import Channel, Delivery
    from center.alerts.owner import Owner
    from center.alerts.service import Service
    from center.operations.models import Incident

    add_channel("piket", "file", {"name": "piket"}, per_minute=2, alive_every_min=60, language="en")
    add_channel("rusak", "webhook", {"url": "ftp://nowhere"})
    add_route("piket")
    add_route("rusak")
    for number in range(5):
        incident(subject=f"kel-{number}")
    Delivery.objects.filter(channel="piket").update(due_ms=1)
    abandoned = Delivery.objects.filter(channel="piket").earliest("id")
    Delivery.objects.filter(pk=abandoned.pk).update(state="sending", claimed_by="other.1.x", claimed_ms=1, attempts=1)
    owner = Owner(center_data)
    with owner.alive():
        service = Service(Centre(center_data), owner, threading.Event())
        drain(service, until=lambda: "digest" in states() and Incident.objects.filter(kind="channel").exists())
        drain(service, until=service.idle)
    assert Delivery.objects.filter(state="joined").count() >= 3
    assert Delivery.objects.get(what="digest").text.startswith("[CRITICAL] ")
    assert Incident.objects.get(kind="channel").subject == "rusak"
    assert Delivery.objects.filter(what="alive").exists()
    assert Channel.objects.get(name="rusak").failing_since_ms
