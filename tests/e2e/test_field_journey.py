"""A card made at the centre, a box, a cable, power: it enrols itself and is on the wall. So does its successor.

Real parts: the centre's processes behind mutual TLS, the wall in a browser, a booted systemd that runs the card's first
run as a Raspberry Pi does and starts again by itself. Nobody types anything on a box.
"""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support import field_journey as journey
from tests.support.field_box import FieldBox
from tests.support.field_town import KIOSK, PATIENCE_S, Town, screen, standing, town
from wire.enrolment import fingerprint_text

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.browser, pytest.mark.timeout(900)]
NODE = "kel-3673011001"
YEAR_MS = 366 * 86_400_000


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
    """A kiosk's box as it comes out of its first run; its cable is not in yet."""
    return journey.made_card_starts(place, NODE, "first box", KIOSK, cable=False)


@pytest.fixture(scope="module")
def green(place: Town, kiosk: FieldBox) -> FieldBox:
    """The same once it is on the wall."""
    fingerprint = journey.shows_its_fingerprint(place, kiosk, "first box")
    assert not place.wall.is_green(NODE), "nobody has compared its key yet"
    kiosk.follow("the key on its own screen", lambda: fingerprint_text(fingerprint) in screen(kiosk), PATIENCE_S)
    journey.gets_green(place, kiosk, NODE, "first box", fingerprint)
    return kiosk


@pytest.fixture(scope="module")
def spare(place: Town, green: FieldBox) -> FieldBox:
    """Another board with the card of `sandi-center replace`, after the first box is gone; its clock stands in 1970."""

    def prepare(box: FieldBox) -> None:
        journey.has_the_slot_of(green, box)
        journey.has_its_clock_in_1970(box)

    journey.is_destroyed(green)
    box = journey.spare_goes_in(place, NODE, "spare box", prepare)
    fingerprint = journey.shows_its_fingerprint(place, box, "spare box")
    assert fingerprint != standing(green)["fingerprint"], "it made keys of its own"
    journey.gets_green(place, box, NODE, "spare box", fingerprint)
    return box


def test_without_a_network_a_box_says_so_and_waits(kiosk: FieldBox) -> None:
    kiosk.follow("the state", lambda: journey.is_in(kiosk, "no_network"), PATIENCE_S)
    said = kiosk.machine.run("sandi", "status", "--lang", "id", check=False).stdout
    assert "Belum ada jaringan." in said
    assert kiosk.starts == 2, "the first run, and the start after it"


def test_with_the_cable_in_and_its_key_compared_it_is_green_on_the_wall(place: Town, green: FieldBox) -> None:
    green.follow("green on the wall", lambda: place.wall.is_green(NODE), PATIENCE_S)
    assert journey.is_in(green, "enrolled") and standing(green)["node"] == NODE
    green.follow("the kiosk", lambda: is_active(green, "sandi-kiosk"), PATIENCE_S)
    green.follow("its screen to be the kiosk's", lambda: was_started(green, "sandi-kiosk-browser"), PATIENCE_S)
    assert [row[3] for row in place.epochs(NODE)] == ["first"]


def test_the_token_is_used_up_and_the_keys_are_the_boxs_own(place: Town, green: FieldBox) -> None:
    assert not (green.card / "sandi/token").exists()
    assert not (green.system / "etc/sandi/enrol/token").exists()
    key = (green.system / "etc/sandi/credentials/node.key").read_bytes()
    elsewhere = [*green.card.rglob("*"), *place.centre.data.rglob("*")]
    assert [file for file in elsewhere if file.is_file() and key.splitlines()[1] in file.read_bytes()] == []


def test_a_spare_box_takes_the_broken_ones_place_and_goes_on_where_it_stopped(place: Town, spare: FieldBox) -> None:
    first, second = place.epochs(NODE)
    spare.follow("green on the wall", lambda: place.wall.is_green(NODE), PATIENCE_S)
    assert (second[2], second[3]) == (first[0], "card_replaced")
    assert first[1] != second[1], "another board"


def test_what_only_the_lost_card_knew_is_said(place: Town, spare: FieldBox) -> None:
    assert "only the lost card knew" in place.centre.command("audit")


def test_a_box_whose_clock_stands_in_1970_enrols_and_is_believed_by_the_centres_clock(
    place: Town, spare: FieldBox
) -> None:
    epoch = place.epochs(NODE)[-1][0]
    rows = place.centre.query("SELECT wall_ms, received_ms FROM ingest_rawrecord WHERE epoch = ?", epoch)
    assert rows and all(int(str(wall_ms)) < YEAR_MS for wall_ms, _ in rows)


def test_the_old_box_that_comes_back_is_not_let_in(place: Town, spare: FieldBox, green: FieldBox) -> None:
    spare.plug(False)
    green.cable = True
    green.power_on()
    green.follow("its system", green.has_booted, PATIENCE_S)
    green.follow("its refusal", lambda: bool(uplink(green).get("last_error")), PATIENCE_S)
    green.follow("no session", lambda: uplink(green).get("connected") is False, PATIENCE_S)

    def told() -> bool:
        """Who stands before it is told that the centre refuses it."""
        return "B4" in green.machine.run("sandi", "diagnose", "--lang", "id", check=False).stdout

    green.follow("B4", told, PATIENCE_S)
    assert len(place.epochs(NODE)) == 2


def is_active(box: FieldBox, unit: str) -> bool:
    return box.machine.run("systemctl", "is-active", unit, check=False).stdout.strip() == "active"


def was_started(box: FieldBox, unit: str) -> bool:
    """Whether systemd found its conditions met. (There is no display here, so this one goes no further.)"""
    return box.machine.show(unit, "ConditionResult")["ConditionResult"] == "yes"


def uplink(box: FieldBox) -> dict[str, object]:
    """What the agent of a running box says of its way to the centre; empty while it does not answer."""
    asked = box.machine.run("sandi", "status", "--json", check=False).stdout
    return dict(json.loads(asked)["uplink"]) if asked else {}
