"""On a booted box: a configuration with which the agent does not even start is taken back from outside of it, and what
was pushed is readable for each group through its own copy alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.afar import Afar, afar

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(900)]
NODE = "kel-3673011001"
DROP_IN = "/etc/systemd/system/sandi-agent.service.d/90-refuses.conf"
REFUSES = "[Service]\nExecStartPre=/bin/sh -c '! grep -qs 55 /var/lib/sandi/config/pushed.toml'\n"
"""Stands for any reason why the agent does not come up with a configuration: nothing of it runs at all."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afar]:
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")
    for name in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    with afar(tmp_path_factory.mktemp("guard"), NODE) as [made]:
        made.begins()
        yield made


def test_a_copy_for_each_group_and_the_guard_before_the_agent(box: Afar) -> None:
    run = box.box.machine.run
    assert box.ends(box.centre.push_config(NODE, "[health]\ninterval_s = 40\n"))["state"] == "done"
    copies = run("stat", "-c", "%n %G %a", "-L", "/run/sandi-config/technicians.json", "/run/sandi-config/kiosk.json",
                 "/run/sandi-config/camera.json").stdout.split("\n")  # fmt: skip
    assert [line.split()[1:] for line in copies if line] == [
        ["sandi-technician", "640"], ["sandi-kiosk", "640"], ["sandi-camera", "640"],
    ]  # fmt: skip
    kiosk = ("runuser", "-u", "sandi-kiosk", "--", "cat")
    assert '"interval_s":40' in run(*kiosk, "/run/sandi-config/kiosk.json").stdout
    for closed in ("/run/sandi-config/camera.json", "/var/lib/sandi/config/pushed.toml"):
        assert run(*kiosk, closed, check=False).returncode != 0

    run("mkdir", "-p", str(Path(DROP_IN).parent))
    run("sh", "-c", 'printf %s "$1" >"$2" && systemctl daemon-reload', "-", REFUSES, DROP_IN)
    end = box.ends(box.centre.push_config(NODE, "[health]\ninterval_s = 55\n"))
    assert (end["state"], end["code"]) == ("failed", "reverted") and str(end["detail"]).startswith("starts")
    told = box.told_config("reverted")
    assert (told["revision"], told["tried"], told["code"]) == (1, 2, "starts")
    assert "config-guard: the configuration on trial was taken back: starts" in box.box.machine.journal("sandi-agent")
    assert "interval_s = 40" in run("cat", "/var/lib/sandi/config/pushed.toml").stdout
