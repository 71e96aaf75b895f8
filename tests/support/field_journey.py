"""The steps of a box in the field, each timed: told apart for the tests, in a row for the benchmark."""

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support import fake_time
from tests.support.field_box import FieldBox
from tests.support.field_town import KIOSK, PATIENCE_S, Town, standing

UNSENT = "Jembatan kecil di RW 03 retak."
"""Typed at the kiosk while its line is dead."""


def is_in(box: FieldBox, state: str) -> bool:
    return standing(box).get("state") == state


def made_card_starts(town: Town, node: str, name: str, role: str = KIOSK, *, cable: bool = True) -> FieldBox:
    """A card is made, goes into a box, and the box gets power; it comes out of its first run as what it now is."""
    card = town.blank_card(f"card-{name}")
    with town.step(f"{name}: provision"):
        town.provision(node, role, card)
    box = town.box(name, card, cable=cable)
    _first_run(town, box, name)
    return box


def shows_its_fingerprint(town: Town, box: FieldBox, name: str) -> str:
    """It found the centre and waits for the operator; what it shows."""
    with town.step(f"{name}: network to fingerprint"):
        box.plug(True)
        box.follow("the fingerprint", lambda: is_in(box, "waiting"), PATIENCE_S)
    return str(standing(box)["fingerprint"])


def gets_green(town: Town, box: FieldBox, node: str, name: str, fingerprint: str = "") -> None:
    """The operator confirms, where one has to; this box is heard, and the wall is green."""
    heard = town.epochs(node)
    with town.step(f"{name}: to green on the wall"):
        if fingerprint:
            town.confirm(node, fingerprint)
        box.follow(
            "green on the wall", lambda: len(town.epochs(node)) > len(heard) and town.wall.is_green(node), PATIENCE_S
        )


def is_destroyed(box: FieldBox) -> None:
    """Its line dies, a citizen still hands something in, then the box is gone for good, card and all."""
    box.plug(False)
    typed = json.dumps({"category": "aduan", "text": UNSENT})
    box.machine.run("sh", "-c", f"printf %s {shlex.quote(typed)} | sandi complain --input -")
    box.lose_power()


def spare_goes_in(town: Town, node: str, name: str, prepare: Callable[[FieldBox], None] | None = None) -> FieldBox:
    """`replace` writes a card, which goes into any spare box at the same cable; `prepare` may meddle with it first."""
    card = town.blank_card(f"card-{name}")
    with town.step(f"{name}: replace"):
        town.replace(node, card)
    box = town.box(name, card)
    if prepare is not None:
        prepare(box)
    _first_run(town, box, name)
    return box


def has_the_slot_of(other: FieldBox, box: FieldBox) -> None:
    """What its package would make is there already: the same package made it on the other box."""
    place = box.system / "opt/sandi"
    place.mkdir(parents=True)
    subprocess.run(("cp", "--archive", str(other.system / "opt/sandi/releases"), str(place)), check=True)


def has_its_clock_in_1970(box: FieldBox) -> None:
    """Its certificate and its agent live in January 1970, as on a board without a battery before any time server."""
    library = fake_time.library()
    assert library is not None, "libfaketime was not built; the development packages bring it"
    shutil.copy(library, box.system / "usr/lib/libfaketime.so.1")
    (box.system / "etc/wall-clock").write_text(f"{-time.time():+.3f}\n")
    given = fake_time.environment(Path("/usr/lib/libfaketime.so.1"), Path("/etc/wall-clock"))
    lines = "".join(f"Environment={name}={value}\n" for name, value in given.items())
    for unit in ("sandi-enrol", "sandi-agent"):
        drop_in = box.system / f"etc/systemd/system/{unit}.service.d/clock.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(f"[Service]\n{lines}")


def _first_run(town: Town, box: FieldBox, name: str) -> None:
    with town.step(f"{name}: first run and start"):
        box.power_on()
        box.follow("the first run, then the system", lambda: box.starts == 2 and box.has_booted(), PATIENCE_S)
