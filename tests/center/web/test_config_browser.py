"""Pushing a configuration in a browser: by hand and on a phone; the change is read before it goes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.center.web.test_axe import findings
from tests.support import configs, wall_city, web_process
from tests.support.commander_alone import Phones, commander

pytestmark = pytest.mark.browser
NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
DESK, PHONE = (1366, 768), (360, 740)
TOML = (
    '# lampu mati di malam hari\n[health]\ninterval_s = 45\n\n[[probes.target]]\nname = "dns-isp"\nhost = "10.0.0.53"\n'
)


@pytest.fixture(scope="module")
def phones(shared_data: Path) -> Iterator[Phones]:
    wall_city.add_people()
    wall_city.add_sites()
    for node in NODES:
        wall_city.add_node(node)
    wall_city.keep_alive()
    first = configs.add_push(dict.fromkeys(NODES, "done"), note="awal")
    second = configs.add_push({NODES[0]: "failed", NODES[1]: "done"}, "[health]\ninterval_s = 30\n", note="lebih rapat")
    configs.runs(NODES[0], first, "reverted", tried=second, code="disk", detail="120 MB of 2000 free")
    configs.runs(NODES[1], second, overrides=["health.interval_s", "uplink.host"])
    configs.runs(NODES[2], first)
    with commander(shared_data, "technician") as found:
        yield found


@pytest.fixture(scope="module")
def base(shared_data: Path, phones: Phones) -> Iterator[str]:
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_written_looked_at_and_sent(
    base: str, phones: Phones, visit: Callable[..., Any], size: tuple[int, int]
) -> None:
    page = visit(base, "/fleet/config/", "technician", *size)
    assert page.locator("text=Kotak yang menyimpang").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0] and findings(page) == []
    page.click("text=Kirim setelan")
    page.fill("textarea[name=toml]", TOML.replace("[[probes.target]]", "[[probes.target"))
    page.check(f"input[name=node][value={NODES[1]}]")
    page.click("button:has-text('Lanjut')")
    assert page.locator(".errorlist:has-text('bukan TOML')").is_visible()
    page.fill("textarea[name=toml]", "[health]\ninterval_s = 45\n")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0] and findings(page) == []
    page.click("button:has-text('Lanjut')")
    assert page.inner_text("pre.diff").split("\n")[:3] == [" [health]", "-interval_s = 30", "+interval_s = 45"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0] and findings(page) == []
    page.fill("#otp", phones.code("technician"))
    page.click("button:has-text('Kirim ke 1 kotak')")
    page.wait_for_url("**/operations/*/")
    assert page.faults == []
