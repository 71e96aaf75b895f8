"""The wall when all is well, when nothing is installed, and when it loses its server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

pytestmark = pytest.mark.browser
# By the page's own clock: how long it had not heard of the centre each time it said so.
NOTE_WHEN = """() => {
  const Plain = EventSource;
  window.EventSource = class extends Plain {
    constructor(url) {
      super(url);
      for (const name of ['state', 'change', 'beat'])
        this.addEventListener(name, () => { window.heardAt = performance.now(); });
    }
  };
  const lost = document.getElementById('lost');
  window.silences = [];
  new MutationObserver(() => { if (!lost.hidden && window.heardAt) silences.push(performance.now() - heardAt); })
    .observe(lost, { attributes: true, attributeFilter: ['hidden'] });
  SandiLive.resume(); }"""
SILENT_MS = 10_000


def test_an_empty_city_says_so_and_then_the_wall_says_that_all_is_well(city: Path, visit: Callable[..., Any]) -> None:
    port = web_process.free_port()
    with web_process.web_server(city, port):
        page = visit(f"http://127.0.0.1:{port}", "/wall/?scene=map")
        page.wait_for_selector("#stage:not([data-loading])")
        assert page.locator('.cell[data-fill="absent"]').count() == 100
        assert "Belum ada kotak yang terpasang." in page.inner_text("#problems")
        assert "Belum ada gambar" in page.inner_text("#picture")
        assert "tidak menerima" in page.inner_text("#center")
        from center.sites.models import Site

        for code in Site.objects.values_list("code", flat=True):
            wall_city.add_node(code)
        wall_city.keep_alive()
        page.wait_for_selector("#problems >> text=Semua 100 lokasi terhubung.")
        assert "Data tertua" in page.inner_text("#problems")
        assert page.locator('.cell[data-fill="up"]').count() == 100
        assert page.evaluate("['map', 'incidents', 'pictures', 'services'].filter(SandiWall.isEmpty)") == [
            "pictures",
            "services",
        ]


def test_a_killed_server_shows_as_terputus_and_the_wall_recovers_without_a_reload(
    city: Path, visit: Callable[..., Any]
) -> None:
    node = "kel-3673011001"
    wall_city.add_node(node)
    port = web_process.free_port()
    with web_process.web_server(city, port) as process:
        wall_city.keep_alive()
        page = visit(f"http://127.0.0.1:{port}", "/wall/?scene=map")
        page.wait_for_selector(f'.cell[data-site="{node}"][data-fill="up"]')
        page.evaluate("window.notReloaded = true")
        page.evaluate(NOTE_WHEN)
        page.wait_for_function("() => window.heardAt && document.getElementById('lost').hidden")
        process.kill()
        page.wait_for_selector("#lost", state="visible", timeout=60_000)
        assert min(page.evaluate("silences")) >= SILENT_MS
        assert "TERPUTUS" in page.inner_text("#lost")
    wall_city.set_state(node, "DOWN", cause="lost")
    with web_process.web_server(city, port):
        page.wait_for_selector("#lost", state="hidden", timeout=60_000)
        page.wait_for_selector(f'.cell[data-site="{node}"][data-fill="down"]', timeout=60_000)
    assert page.evaluate("window.notReloaded") is True


def test_an_ended_session_is_told_from_a_silent_server(city: Path, visit: Callable[..., Any]) -> None:
    port = web_process.free_port()
    with web_process.web_server(city, port):
        page = visit(f"http://127.0.0.1:{port}", "/wall/?scene=map")
        page.wait_for_selector("#stage:not([data-loading])")
        page.context.clear_cookies()
        page.evaluate("SandiLive.stop(); SandiLive.resume()")
        page.wait_for_selector("#lost >> text=Silakan masuk lagi", timeout=60_000)  # a slow answer is a silence first
        assert page.is_visible("#lost")
