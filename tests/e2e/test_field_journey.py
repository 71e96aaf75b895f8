"""A card made at the centre, a box, a cable, power: it enrols itself and is on the wall. So does its successor.

Real parts: the centre's processes behind mutual TLS, the wall in a browser, a booted systemd that runs the card's first
run as a Raspberry Pi does and starts again by itself. Nobody types anything on a box.
"""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support import field_journey as journey
from tests.support.field_box import FieldBox
from tests.support.field_town import Town, standing, town

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.browser, pytest.mark.timeout(600)]
NODE, OFFICE = "kel-3673011001", "opd-diskominfo"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with town(tmp_path_factory.mktemp("town")) as made:
        yield made
        print(*(f"{step:<40} {seconds:6.1f} s" for step, seconds in made.steps), sep="\n")


@pytest.fixture(scope="module")
def kiosk(place: Town) -> FieldBox:
    """A kiosk's box as it comes out of its first run, its cable not in yet."""
    return journey.made_card_starts(place, NODE, "first box", cable=False)


def test_a_box_without_a_network_says_so_and_waits(place: Town, kiosk: FieldBox) -> None:
    kiosk.follow("the state", lambda: journey.is_in(kiosk, "no_network"), 60)
    assert kiosk.starts == 2


def test_with_its_cable_in_a_kiosk_waits_for_the_operator_and_is_green_once_he_confirms(
    place: Town, kiosk: FieldBox
) -> None:
    fingerprint = journey.shows_its_fingerprint(place, kiosk, "first box")
    assert not place.wall.is_green(NODE)
    journey.gets_green(place, kiosk, NODE, "first box", fingerprint)
    assert journey.is_in(kiosk, "enrolled")
    assert standing(kiosk)["node"] == NODE
