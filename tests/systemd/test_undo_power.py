"""The power is cut at random points of updates, on really booted boxes: each ends once, and nothing is lost.

Whatever the cut hit (fetching, building, the switch, the trial), the box starts from a whole slot and comes to one end
that it and the centre name alike: the release runs and was confirmed, or the one before runs and the centre knows why.
What was not durable is gone with each cut (`LoopDisk`). SANDI_TORTURE=1 cuts fifty times.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.afar import Afar, afar
from tests.support.afar_bundles import release_pub
from tests.support.afar_cuts import cuts
from tests.support.torture import often

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(7200)]
NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
CUTS_EACH = often(2, 17)
DEADLINE_S, STEADY_S = 60, 5


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Afar]]:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with afar(tmp_path_factory.mktemp("undo"), *NODES) as made:
        for each in made:
            each.box.takes_releases(release_pub(), deadline_s=DEADLINE_S, steady_s=STEADY_S)
            each.begins()
        yield made


def test_an_update_cut_anywhere_ends_once_and_loses_nothing(boxes: list[Afar]) -> None:
    """The boxes one beside the other, each its own cuts one after the other."""
    with ThreadPoolExecutor(len(boxes)) as pool:
        running = [pool.submit(cuts, each, seed, CUTS_EACH) for seed, each in enumerate(boxes)]
        told = [line for each in running for line in each.result()]
    print(*told, sep="\n")
    assert len(told) == CUTS_EACH * len(boxes)
