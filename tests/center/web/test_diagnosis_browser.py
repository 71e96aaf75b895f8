"""The diagnosis on the node page in a real browser: charts on one axis, bands, bars, hatching; a phone; no scripts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import node_told, wall_city, web_process
from tests.support.page_weight import Weight
from wire.verdicts import VERDICTS

pytestmark = pytest.mark.browser
NODE = "kel-3673011001"
BUDGET_BYTES = 150_000
# How many pixels of a chart have this colour, from one opacity to below another.
COUNT = """([chart, red, green, blue, from, below]) => {
  const canvas = document.querySelector(`[data-chart="${chart}"] canvas`);
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    const away = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
    if (away < 40 && data[at + 3] >= from && data[at + 3] < below) found++;
  }
  return found; }"""
SOLID = (200, 256)
PALE = (40, 120)
BLUE = (0x00, 0x72, 0xB2)
PINK = (0xCC, 0x79, 0xA7)


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    from center.connectivity.models import Report

    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    wall_city.add_reports(NODE, 360, gap=(150, 190))
    for row in Report.objects.filter(seq__gte=60, seq__lt=90):
        body = json.loads(row.json)
        for window in body["probes"]:
            window["suspect"] = window["sent"]
        Report.objects.filter(pk=row.pk).update(json=json.dumps(body))
    wall_city.add_picture(shared_data, NODE)
    node_told.add_verdict(NODE, "OK", 170, 1)
    node_told.add_verdict(NODE, "L5b", 5, 2, also=["N1", "I2"])
    for seq in range(3, 13):
        node_told.add_outage(NODE, f"out-{seq}", 90 * seq, 12, seq)
    node_told.add_path(NODE, 120, 20)
    node_told.add_path(NODE, 60, 21, "180.252.9.77")
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_pings_are_a_line_with_a_band_and_loss_is_bars_with_suspect_spans_hatched(
    base: str, visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 1366, 900)
    for chart in ("rtt", "loss", "services", "system"):
        page.wait_for_selector(f'[data-chart="{chart}"] canvas')
    line, band = (page.evaluate(COUNT, ["rtt", *BLUE, *opacity]) for opacity in (SOLID, PALE))
    assert line > 300
    assert band > 5 * line
    assert page.evaluate(COUNT, ["loss", *BLUE, *SOLID]) > 100
    assert page.evaluate(COUNT, ["loss", *PINK, 40, 256]) > 100
    assert page.evaluate(COUNT, ["services", *PINK, 40, 256]) == 0
    assert page.faults == []


def test_all_charts_share_one_time_axis_and_one_cursor(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 1366, 900)
    page.wait_for_selector('[data-chart="system"] canvas')
    page.click("button[data-hours='168']")
    page.wait_for_function("() => document.querySelector(\"button[data-hours='168']\").ariaPressed === 'true'")
    over = page.locator('[data-chart="rtt"] .u-over')
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 60)
    told = """() => [...document.querySelectorAll('[data-chart] .u-legend tr:first-child .u-value')]
                 .map(node => node.textContent)"""
    page.wait_for_function(f"() => ({told})().every(text => text.endsWith('WIB'))")
    moments = page.evaluate(told)
    assert len(moments) == 4
    assert len(set(moments)) == 1


def test_a_phone_sees_the_next_action_at_once_and_loads_less_than_150_kilobytes(
    base: str, browser: Any, visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 390, 844)
    page.wait_for_selector('[data-chart="rtt"] canvas')
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Each asked in one breath: the page renews these parts by itself, and what was just taken away has no place.
    assert page.evaluate("document.querySelector('.state .action').getBoundingClientRect().bottom") < 844
    assert page.evaluate("document.querySelector('#ladder .named .evidence').getBoundingClientRect().top") < 844
    context = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=page.context.storage_state())
    fresh = context.new_page()
    weight = Weight(fresh)
    fresh.goto(f"{base}/nodes/{NODE}/")
    fresh.wait_for_selector('[data-chart="system"] canvas')
    fresh.wait_for_function("() => document.querySelector('figure img').complete")
    weight.wait_for("uPlot", "series", "pictures")
    assert sum(weight.sizes.values()) < BUDGET_BYTES, weight.sizes
    context.close()


def test_without_scripts_all_facts_are_there(base: str, browser: Any, visit: Callable[..., Any]) -> None:
    signed_in = visit(base, f"/nodes/{NODE}/", "technician")
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page = context.new_page()
    page.goto(f"{base}/nodes/{NODE}/")
    text = page.inner_text("main")
    assert VERDICTS["L5b"].action_id in text
    assert "0 dari 20 ping ke pusat 103.28.12.9 dijawab" in text
    assert "12 menit" in text
    assert "180.252.9.77" in text
    assert page.locator("#history svg rect").count() >= 4
    page.click("#outages details summary >> nth=0")
    assert page.locator("#outages .steps li").first.is_visible()
    context.close()


def test_a_change_of_the_verdict_reaches_the_open_page(base: str, visit: Callable[..., Any]) -> None:
    from django.db import transaction

    from center.connectivity.models import NodeState, VerdictChange
    from center.ingest.changes import record_change

    page = visit(base, f"/nodes/{NODE}/", "technician", 1366, 900)
    page.wait_for_selector("#ladder .named")
    page.evaluate("document.querySelector('#outage-out-10 summary').click()")  # in one breath: this part renews itself
    with transaction.atomic():
        node_told.add_verdict(NODE, "L4", 0, 30)
        NodeState.objects.filter(pk=NODE).update(verdict="L4")
        record_change("node", NODE)
    page.wait_for_function("() => document.querySelector('#ladder .named').innerText.includes('Gateway diam')")
    assert VERDICTS["L4"].action_id in page.inner_text(".state .action")
    assert page.locator("#outages details[open]").count() == 1  # what somebody reads stays open
    assert page.locator("#outage-out-10 .steps li").first.is_visible()
    VerdictChange.objects.filter(seq=30).delete()
    NodeState.objects.filter(pk=NODE).update(verdict="L5b")
