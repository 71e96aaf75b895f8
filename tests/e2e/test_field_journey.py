"""A card made at the centre, a box, a cable, power: it enrols itself and is on the wall. And the same for its successor.

Real parts: the centre's processes behind mutual TLS, the wall in a browser, a booted systemd that runs the card's first
run as a Raspberry Pi does and starts again by itself. Nobody types anything on a box.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.field_box import FieldBox
from tests.support.field_town import KIOSK, OFFICE, PATIENCE_S, Town, standing, town

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.browser, pytest.mark.timeout(600)]
NODE, OFFICE_NODE = "kel-3673011001", "opd-diskominfo"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with town(tmp_path_factory.mktemp("town")) as made:
        yield made
        for step, seconds in made.steps:
            print(f"{step:<40} {seconds:6.1f} s")


@pytest.fixture(scope="module")
def kiosk(place: Town) -> FieldBox:
    """A kiosk's box as it comes out of its first run, its cable not in yet."""
    card = place.blank_card("card-a")
    with place.step("provision"):
        place.provision(NODE, KIOSK, card)
    box = place.box("box-a", card, cable=False)
    with place.step("first run and start"):
        box.power_on()
        box.follow("the first run, then the usual system", lambda: box.starts == 2 and box.has_booted(), PATIENCE_S)
    return box


def is_in(box: FieldBox, state: str) -> bool:
    return standing(box).get("state") == state


def test_without_a_network_it_says_so_and_waits(place: Town, kiosk: FieldBox) -> None:
    kiosk.follow("the state", lambda: is_in(kiosk, "no_network"), PATIENCE_S)
    assert kiosk.starts == 2


def test_the_cable_comes_in_and_it_shows_the_fingerprint_an_operator_has_to_compare(
    place: Town, kiosk: FieldBox
) -> None:
    with place.step("cable in to waiting for the operator"):
        kiosk.plug(True)
        kiosk.follow("the fingerprint", lambda: is_in(kiosk, "waiting"), PATIENCE_S)
    assert place.wall.shows(NODE) not in ("up", "degraded")


def test_the_operator_confirms_and_it_is_green_on_the_wall(place: Town, kiosk: FieldBox) -> None:
    with place.step("confirmed to green on the wall"):
        place.confirm(NODE, str(standing(kiosk)["fingerprint"]))
        kiosk.follow("green", lambda: place.wall.is_green(NODE), PATIENCE_S)
    assert is_in(kiosk, "enrolled")
