"""Releases from afar that are no good, on really booted boxes: each is taken back by itself. A good one stays.

Four boxes at one centre: a release that works, without which the others would prove nothing; one that fails when it is
imported; one that starts and hangs; one that works in all but never reaches the centre. Each is signed, fetched, built
in the other slot and tried by the box's own guard; all at the same time.
"""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.afar import Afar, afar
from tests.support.afar_bundles import release_pub
from tests.support.afar_releases import Release, release

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(1200)]
GOOD, CRASHES, HANGS, DEAF = NODES = tuple(f"kel-367301100{number}" for number in range(1, 5))
VERSION = "0.2.0"
RELEASES = {GOOD: "ok", CRASHES: "crashes", HANGS: "hangs", DEAF: "deaf"}
STEADY_S = 5
DEADLINES_S = {GOOD: 300, CRASHES: 300, HANGS: 40, DEAF: 40}
"""The guard's own options, instead of one minute and ten; who is waited for to the end waits no longer than he must."""
PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Afar]]:
    """By node: each has told a complaint."""
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with afar(tmp_path_factory.mktemp("undo"), *NODES) as made:
        for each in made:
            each.box.takes_releases(release_pub(), deadline_s=DEADLINES_S[each.node], steady_s=STEADY_S)
            each.begins()
            each.box.complains(f"Lampu jalan mati di {each.node}.")
        yield {each.node: each for each in made}


@pytest.fixture(scope="module")
def ordered(boxes: dict[str, Afar]) -> dict[str, str]:
    """Node -> operation, all on their way; ordered by one person and approved by another."""
    return {node: boxes[node].centre.push_update(node, wanted(node)) for node in NODES}


@pytest.fixture(scope="module")
def slots(boxes: dict[str, Afar]) -> dict[str, str]:
    """Node -> the slot it was installed with."""
    return {node: each.box.slot() for node, each in boxes.items()}


def test_a_good_release_stays(slots: dict[str, str], boxes: dict[str, Afar], ordered: dict[str, str]) -> None:
    afar_of = boxes[GOOD]
    assert afar_of.ends(ordered[GOOD], PATIENCE_S)["state"] == "done"
    told = afar_of.told_release("confirmed")
    assert (told["version"], told["running"], told["digest"]) == (VERSION, VERSION, wanted(GOOD).digest)
    assert afar_of.box.slot() != slots[GOOD]
    assert VERSION in str(afar_of.box.status())
    assert states(afar_of)[-1] == "confirmed"
    afar_of.data_intact()


@pytest.mark.parametrize(
    ("node", "code"), [(CRASHES, "crashes"), (HANGS, "silent"), (DEAF, "uplink")], ids=["crashes", "hangs", "deaf"]
)
def test_a_bad_one_is_taken_back_and_the_centre_hears_why(
    slots: dict[str, str], boxes: dict[str, Afar], ordered: dict[str, str], node: str, code: str
) -> None:
    afar_of = boxes[node]
    end = afar_of.ends(ordered[node], PATIENCE_S)
    assert (end["state"], end["code"]) == ("failed", "rolled_back")
    told = afar_of.told_release("rolled_back")
    assert told["code"] == code and str(end["detail"]).startswith(code)
    assert (told["version"], told["running"]) == (VERSION, "0.1.0")
    assert afar_of.box.slot() == slots[node]
    assert list(afar_of.centre.finals(node).values()) == [["failed"]]
    afar_of.box.complains("Masih ada yang mendengar?")
    afar_of.data_intact()


def test_an_older_release_is_refused_unless_it_is_forced(boxes: dict[str, Afar], ordered: dict[str, str]) -> None:
    afar_of = boxes[GOOD]
    afar_of.ends(ordered[GOOD], PATIENCE_S)
    slot, older = afar_of.box.slot(), release("0.1.5")
    afar_of.box.has_bundle(older)
    end = afar_of.ends(afar_of.centre.push_update(GOOD, older), PATIENCE_S)
    assert (end["state"], end["code"]) == ("failed", "refused")
    assert str(end["detail"]).startswith("downgrade")
    assert afar_of.told_release("refused")["code"] == "downgrade"
    assert afar_of.box.slot() == slot


def wanted(node: str) -> Release:
    return release(VERSION, RELEASES[node])  # type: ignore[arg-type]


def states(afar_of: Afar) -> list[str]:
    """Of its update, as it told them, without how far the fetching was."""
    return [each["state"] for each in afar_of.centre.notices("release", afar_of.node) if each["state"] != "fetching"]
