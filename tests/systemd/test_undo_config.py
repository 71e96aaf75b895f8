"""Configurations from afar that would take a box off the net, on really booted boxes: each is taken back by itself.

Five boxes at one centre, and to each its own: one that is good, without which the others would prove nothing; one that
cuts it off; one that sends it to another centre, and one to a centre that takes all and answers nothing; one that is
valid and fills the disk. All are pushed by the commander's own order and judged at the same time.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.afar import Afar, afar
from tests.support.afar_centre import CONFIRM_WITHIN_S
from tests.support.afar_strangers import deaf_centre, foreign_centre

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(900)]
GOOD, CUT, STRANGER, DEAF, FULL = NODES = tuple(f"kel-367301100{number}" for number in range(1, 6))
RESERVE_MB = 60_000
"""Within what may be set; the outbox takes half of the card for it, where there is so much."""
FREE_MIB = 600
"""On the card of the box whose configuration would take all of it."""


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Afar]]:
    """By node: each has told a complaint, and was given its configuration."""
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with afar(tmp_path_factory.mktemp("undo"), *NODES) as made:
        found = {each.node: each for each in made}
        found[FULL].box.has_only(FREE_MIB)
        for each in made:
            each.begins()
            each.box.complains(f"Lampu jalan mati di {each.node}.")
        yield found


@pytest.fixture(scope="module")
def pushed(boxes: dict[str, Afar], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Node -> operation, all on their way."""
    folder, centre = tmp_path_factory.mktemp("strangers"), boxes[GOOD].centre
    with foreign_centre(folder, centre) as foreign, deaf_centre(folder, centre) as deaf:
        given = {
            GOOD: "[health]\ninterval_s = 40\n",
            CUT: '[uplink]\nhost = "192.0.2.1"\n',  # RFC 5737: nobody is there
            STRANGER: f"[uplink]\nport = {foreign.port}\n",
            DEAF: f"[uplink]\nport = {deaf.port}\n",
            FULL: f"[outbox]\nreserve_mb = {RESERVE_MB}\n",
        }
        # Who fills a disk is caught in the act, and gets the time for it.
        within_s = {**dict.fromkeys(NODES, CONFIRM_WITHIN_S), FULL: 300}
        yield {node: centre.push_config(node, toml, within_s[node]) for node, toml in given.items()}


def test_a_good_configuration_stays(boxes: dict[str, Afar], pushed: dict[str, str]) -> None:
    afar_of = boxes[GOOD]
    assert afar_of.ends(pushed[GOOD])["state"] == "done"
    told = afar_of.centre.config_of(GOOD)
    assert (told["state"], told["revision"]) == ("confirmed", revision_of(afar_of, pushed[GOOD]))
    assert "health.interval_s 40" in shown(afar_of)
    afar_of.data_intact()


@pytest.mark.parametrize(
    ("node", "code"),
    [(CUT, "unconfirmed"), (STRANGER, "unconfirmed"), (DEAF, "unconfirmed"), (FULL, "disk")],
    ids=["cut off", "to a foreign centre", "to a deaf centre", "a full disk"],
)
def test_a_harmful_one_is_taken_back_and_the_centre_hears_why(
    boxes: dict[str, Afar], pushed: dict[str, str], node: str, code: str
) -> None:
    afar_of, operation = boxes[node], pushed[node]
    end = afar_of.ends(operation)
    assert (end["state"], end["code"]) == ("failed", "reverted")
    assert str(end["detail"]).startswith(code)
    told = afar_of.told_config("reverted")
    assert (told["tried"], told["revision"], told["code"]) == (revision_of(afar_of, operation), 0, code)
    assert states(afar_of) == ["card", "trying", "reverted"]
    assert afar_of.centre.finals(node)[target_of(afar_of, operation)] == ["failed"]
    afar_of.box.complains("Masih ada yang mendengar?")
    afar_of.data_intact()


def test_a_disk_that_was_full_is_free_again(boxes: dict[str, Afar], pushed: dict[str, str]) -> None:
    box = boxes[FULL].box
    boxes[FULL].ends(pushed[FULL])
    box.follow("room on its card", lambda: free_mib(box.system) > FREE_MIB // 2, 90)
    assert box.held_reserve_mib() < 200


def test_what_was_taken_back_stays_so_over_a_power_cut(boxes: dict[str, Afar], pushed: dict[str, str]) -> None:
    afar_of = boxes[CUT]
    afar_of.ends(pushed[CUT])
    afar_of.loses_power()
    afar_of.box.starts_up()
    afar_of.is_up()
    assert afar_of.before is not None and afar_of.before.faults == ()
    assert afar_of.told_config("reverted")["tried"] == revision_of(afar_of, pushed[CUT])
    assert states(afar_of) == ["card", "trying", "reverted"], "told once"


def states(afar_of: Afar) -> list[str]:
    """Of its configuration, as it told them."""
    return [notice["state"] for notice in afar_of.centre.notices("config", afar_of.node)]


def revision_of(afar_of: Afar, operation: str) -> object:
    ((revision,),) = afar_of.centre.query("SELECT revision FROM fleet_configpush WHERE operation = ?", operation)
    return revision


def target_of(afar_of: Afar, operation: str) -> str:
    sql = "SELECT id FROM operations_operationtarget WHERE operation_id = ?"
    return str(afar_of.centre.query(sql, operation)[0][0])


def shown(afar_of: Afar) -> str:
    """The configuration the box runs, as it says itself."""
    printed = afar_of.box.machine.run("sandi", "config", "show").stdout
    return " ".join(printed.split())


def free_mib(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize // 2**20
