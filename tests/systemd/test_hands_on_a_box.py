"""Orders that leave the agent's own hands, on a really booted box in the agent's real sandbox: what systemd has to do
for them, what the journal has to tell. Ordered from a real centre; each ends once, there and here."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.afar import Afar, afar

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(900)]
NODE = "kel-3673011001"
OUTPUT = """
SELECT o.text FROM operations_operationoutput o JOIN operations_operationtarget t ON t.id = o.target_id
WHERE t.operation_id = ? ORDER BY o.part
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afar]:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with afar(tmp_path_factory.mktemp("hands"), NODE) as (made,):
        made.begins()
        made.box.complains("Pohon tumbang di depan kantor.")
        yield made


def ordered(box: Afar, command: str, **arguments: object) -> tuple[dict[str, object], str]:
    """How it ended, and all it printed, which a box tells before the end."""
    operation = box.centre.order(command, NODE, arguments=arguments)
    end = box.ends(operation, 180)
    return end, "".join(str(row[0]) for row in box.centre.query(OUTPUT, operation))


def test_the_lines_of_a_unit_come_through_the_door_and_no_other_way(box: Afar) -> None:
    end, printed = ordered(box, "logs", unit="agent", lines=300)
    assert end["state"] == "done"
    assert "agent.service started" in printed
    assert box.box.machine.run("runuser", "-u", "sandi", "--", "groups").stdout.split() == ["sandi"]
    empty, nothing = ordered(box, "logs", unit="camera", lines=5)
    assert (empty["state"], nothing) == ("done", "")


def test_an_archive_is_made_in_the_sandbox_with_the_lines_of_the_door(box: Afar) -> None:
    end, printed = ordered(box, "bundle")
    assert end["state"] == "done"
    found = box.box.machine.run("sh", "-c", "ls /var/lib/sandi/bundles/").stdout
    assert found.startswith("sandi-bundle-")
    assert "== log.txt" in printed
    assert "agent.service started" in printed


def test_root_restarts_the_kiosk_when_the_agent_wishes_for_it(box: Afar) -> None:
    end, _ = ordered(box, "restart-kiosk")
    assert end["state"] == "done"
    box.box.follow("the helper's word", lambda: "want-taken: restart-kiosk" in _helper(box), 60)


def test_a_restart_of_the_agent_ends_in_the_next_one(box: Afar) -> None:
    before = box.box.agent_pid()
    end, _ = ordered(box, "restart-agent")
    assert end["state"] == "done"
    assert box.box.agent_pid() not in (0, before)


def test_a_restart_of_the_box_ends_in_its_next_boot(box: Afar) -> None:
    """Ordered by one person, approved by another; done by root without capabilities; told by the agent afterwards."""
    before = _boot(box)
    end, _ = ordered(box, "reboot")
    assert end["state"] == "done"
    assert _boot(box) != before
    box.data_intact()


def test_each_of_them_has_exactly_one_end(box: Afar) -> None:
    ends = box.centre.finals(NODE)
    assert len(ends) >= 6
    assert [found for found in ends.values() if len(found) != 1] == []


def _boot(box: Afar) -> str:
    return box.box.machine.run("cat", "/proc/sys/kernel/random/boot_id").stdout.strip()


def _helper(box: Afar) -> str:
    return box.box.machine.journal("sandi-want.service")
