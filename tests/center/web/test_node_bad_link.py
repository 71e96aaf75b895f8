"""The node page on a phone with a bad link: what is read first, what it weighs, and that typing survives renewal."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import node_told, wall_city, web_process
from tests.support.own_time import lost_s
from tests.support.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.full]
NODE = "kel-3673011001"
BUDGET_BYTES = 150_000
PARTS = ("uPlot", "series", "node.js", "pages.css")
# What browsers call slow 3G: 400 kbit/s both ways, 400 ms there and back.
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
FIRST_READ_MS = 5_000
"""State and next action are on the screen: a promise to people, not counting what the machine had no processor for."""
# What the page was like the first time its next action was there to be read, by its own account.
NOTE_FIRST = """(() => {
  const part = (name) => document.querySelector(`.state .${name}`);
  const bottom = (name) => part(name).getBoundingClientRect().bottom;
  const look = () => {
    if (!part('action') || !part('call')) { requestAnimationFrame(look); return; }
    const charts = document.querySelectorAll('[data-chart]').length;
    window.first = { action: bottom('action'), call: bottom('call'), charts };
  };
  look(); })()"""


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    from center.availability.models import Outage
    from center.operations.models import Maintenance
    from center.sites.models import Link, Provider, Site, Upstream

    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    wall_city.add_reports(NODE, 360, gap=(150, 190))
    wall_city.add_picture(shared_data, NODE)
    node_told.add_verdict(NODE, "L5b", 5, 1, also=["N1", "I2"])
    for seq in range(3, 13):
        node_told.add_outage(NODE, f"out-{seq}", 90 * seq, 12, seq)
        at_ms = wall_city.now_ms() - 90 * 60_000 * seq
        Outage.objects.create(node=NODE, start_lo_ms=at_ms, start_hi_ms=at_ms, end_lo_ms=at_ms + 720_000, cause="L5b",
                              end_hi_ms=at_ms + 720_000, party="isp", opened_ms=at_ms, changed_ms=at_ms)  # fmt: skip
    provider = Provider.objects.create(code="isp-a", name="Penyedia Uji", phone="0254 123")
    Upstream.objects.create(code="line-a", name="Jalur Uji", kind="line", provider=provider)
    Link.objects.create(site_id=NODE, upstream_id="line-a", circuit="SRG-0412")
    Site.objects.filter(pk=NODE).update(office_hours="Mon-Fri 07:30-16:00; Sat 08:00-12:00")
    Maintenance.objects.create(
        node=NODE, epoch="e", seq=1, boot="b", mono_ms=1, wall_ms=0, at_ms=wall_city.now_ms() - 60_000,
        at_quality="ntp", received_ms=0, active=True, lasts_ms=3_600_000,
    )  # fmt: skip
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_on_slow_3g_state_and_next_action_are_read_first_and_charts_come_after(
    base: str, browser: Any, visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 360, 740)
    context = browser.new_context(viewport={"width": 360, "height": 740}, storage_state=page.context.storage_state())
    fresh = context.new_page()
    wire = context.new_cdp_session(fresh)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW_3G)
    weights: dict[str, int] = {}
    addresses: dict[str, str] = {}
    wire.on("Network.responseReceived", lambda told: addresses.update({told["requestId"]: told["response"]["url"]}))
    wire.on("Network.loadingFinished", lambda told: weights.update({told["requestId"]: told["encodedDataLength"]}))
    fresh.add_init_script(NOTE_FIRST)
    lost_before_s = lost_s() or 0.0
    fresh.goto(f"{base}/nodes/{NODE}/", wait_until="commit")
    fresh.wait_for_selector(".state .action")
    # Paints happen in the page's own time: it notes when the first one with content was.
    painted_ms = fresh.evaluate(
        """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].startTime))
             .observe({ type: "paint", buffered: true }))"""
    )
    lost_ms = 1000 * ((lost_s() or 0.0) - lost_before_s)
    fresh.wait_for_function("() => window.first")
    first = fresh.evaluate("first")
    assert first["action"] < 740 and first["call"] < 740 and first["charts"] == 0
    assert painted_ms - lost_ms < FIRST_READ_MS, (painted_ms, lost_ms)
    fresh.wait_for_selector('[data-chart="system"] canvas')

    def weighed() -> dict[str, int]:
        known = {addresses[one]: size for one, size in weights.items() if one in addresses}
        return {address: size for address, size in known.items() if "/pictures/" not in address}

    deadline = time.monotonic() + 60
    while missing := [part for part in PARTS if not any(part in address for address in weighed())]:
        assert time.monotonic() < deadline, missing  # the browser tells of it later than it uses it
        fresh.wait_for_timeout(20)
    known = weighed()
    assert sum(known.values()) < BUDGET_BYTES, known
    assert known[f"{base}/nodes/{NODE}/"] < 20_000, known  # the page comes packed
    context.close()


def test_with_scripts_blocked_state_and_next_action_need_no_scrolling(
    base: str, browser: Any, visit: Callable[..., Any]
) -> None:
    signed_in = visit(base, f"/nodes/{NODE}/", "technician", 360, 740)
    state = signed_in.context.storage_state()
    context = browser.new_context(viewport={"width": 360, "height": 740}, storage_state=state)
    page = context.new_page()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{base}/nodes/{NODE}/")
    for part in (".state .word", ".state .action", ".state .call"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] < 740, part
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert "SRG-0412" in page.inner_text("#box")
    context.close()


def test_what_is_being_typed_survives_the_renewal_of_the_page(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{NODE}/", "operator", 1366, 900)
    page.wait_for_selector('[data-chart="rtt"] canvas')
    page.evaluate("document.querySelector('.outages details summary').click()")  # in one breath: this renews itself
    page.fill("input[name=ticket] >> nth=0", "T-1")
    page.click("#end-reason")
    page.keyboard.type("teknisi plang")
    for _ in "lang":
        page.keyboard.press("ArrowLeft")
    page.evaluate("document.querySelector('.state').dataset.old = '1'")
    wall_city.set_state(NODE, "DEGRADED", cause="verdict", verdict="L6a")
    page.wait_for_selector(".state:not([data-old])", timeout=60_000)
    page.keyboard.type("u")
    assert page.input_value("#end-reason") == "teknisi pulang"
    assert page.input_value("input[name=ticket] >> nth=0") == "T-1"
    assert page.locator("input[name=ticket] >> nth=0").is_visible()
    assert page.faults == []
    assert page.inner_text(".stay button") == "Akhiri: node ini dinilai lagi"
    page.evaluate("document.querySelector('.stay button').click()")
    page.wait_for_selector("text=teknisi pulang >> nth=0", state="detached")
    from center.operations.models import StayEnded

    wait_until(StayEnded.objects.filter(node=NODE).exists, "the end of the stay")
    assert StayEnded.objects.filter(node=NODE).count() == 1
    wall_city.set_state(NODE, "DEGRADED", cause="verdict", verdict="L5b")
