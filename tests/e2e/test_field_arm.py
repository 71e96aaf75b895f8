"""The agent built for 64-bit Arm against a real centre on this machine: every instruction is an Arm one."""

from pathlib import Path

import pytest

from tests.support.arm_box import ArmBox
from tests.support.city import NODE, running_city, wait_until
from tests.support.processes import program

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(300)]


def test_old_way(tmp_path: Path) -> None:
    import time

    t = time.time()
    box = ArmBox(tmp_path / "arm", Path("/dev/shm/field/bundle/arm"))
    print("install", time.time() - t)
    with running_city(tmp_path) as city:
        print("city", time.time() - t)
        box_dir = tmp_path / "b"
        box_dir.mkdir()
        config = box_dir / "agent.toml"
        config.write_text(
            f'[node]\nid = "{NODE}"\ndata_dir = "{box_dir}/data"\nrun_dir = "{box_dir}/run"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {city.mqtt_port}\ncredentials = "{city.credentials(NODE)}"\n'
        )
        with program(*box.command("run", "--config", str(config)), environment=box.environment) as agent:
            try:
                wait_until(lambda: city.query("SELECT 1 FROM connectivity_report"), "a report", 60)
                print("report", time.time() - t)
                wait_until(lambda: city.state() in ("UP", "DEGRADED"), "up", 60)
                print("up", time.time() - t)
                print(box.run("status", "--config", str(config), check=False).stdout)
                print("status", time.time() - t)
            finally:
                print(agent.output)
