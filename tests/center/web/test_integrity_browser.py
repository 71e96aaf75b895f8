"""Missing records on the node page, on a desk and on a phone, and charts that say why they have holes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

pytestmark = pytest.mark.browser
NODE, WHOLE = "kel-3673011001", "kel-3673011002"


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    from center.connectivity.models import GapLedger, HeldStatement, Integrity
    from center.ingest.models import Quarantined, Restore, RestoredLane

    now = wall_city.now_ms()
    wall_city.add_people()
    wall_city.add_sites()
    for node in (NODE, WHOLE):
        wall_city.add_node(node)
        HeldStatement.objects.create(
            node=node, epoch="epoch-1", newest_seq=360, newest="{}", newest_ms=now - 9_000, asked_seq=360, asked="{}"
        )
    wall_city.add_reports(WHOLE, 360)
    wall_city.add_reports(NODE, 360, gap=(100, 140))
    thin_out(NODE, 200, 300, keep_every=10)
    gaps = [(101, 140, "disk"), *((first, first + 8, "thinned_5min") for first in range(202, 292, 10))]
    for seq, (first, last, reason) in enumerate(gaps, start=1):
        GapLedger.objects.create(
            node=NODE, epoch="epoch-1", of_epoch="epoch-1", seq=seq, stream="health", first=first, last=last,
            count=last - first + 1, reason=reason, received_ms=now - 60_000,
        )  # fmt: skip
    for stream, kind, ranges in (
        ("event", "fault", [[17, 19], [40, 40]]),
        ("snapshot", "checking", [[5, 6]]),
        ("complaint", "card", [[3, 3]]),
        ("health", "restore", [[1, 30]]),
    ):
        count = sum(last - first + 1 for first, last in ranges)
        Integrity.objects.create(
            node=NODE, epoch="epoch-1", stream=stream, kind=kind, count=count, ranges=json.dumps(ranges),
            since_ms=now - 600_000, changed_ms=now,
        )  # fmt: skip
    Restore.objects.create(generation="g", at_ms=now - 7_200_000, known_until_ms=now - 9_000_000)
    RestoredLane.objects.create(
        generation="g", node=NODE, epoch="epoch-1", stream="health", floor=1, known_last=0, bound=30
    )
    for code, size in (("bomb", 65_310), ("hash_mismatch", 812)):
        Quarantined.objects.create(
            node=NODE, topic="t", code=code, digest="0011223344556677", size_bytes=size, payload=b"secret payload",
            received_ms=now - 300_000,
        )  # fmt: skip
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def thin_out(node: str, first: int, last: int, keep_every: int) -> None:
    from center.connectivity.models import Report

    gone = [seq for seq in range(first, last) if seq % keep_every != 1]
    Report.objects.filter(node=node, seq__in=gone).delete()


def test_a_fault_is_said_first_explained_and_followed_by_what_to_do(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 1366, 900)
    page.wait_for_selector('[data-chart="rtt"] canvas')
    assert "4 catatan dari kotak ini hilang tanpa penjelasan" in page.inner_text("[data-part=now]")
    page.click("text=Apa artinya, dan apa yang harus dilakukan")
    told = page.inner_text("#integrity")
    for text in ("Ada catatan yang hilang tanpa penjelasan", "Lakukan:", "sandi-center audit --json", "17–19, 40",
                 "81 × laporan (202–290): diringkas 5 menit",
                 "sedang diperiksa", "mungkin hilang bersama kartu", "hilang saat pemulihan basis data",
                 "diringkas 5 menit", "2 pesan tidak dapat dipakai", "bomb", "0011223344556677"):  # fmt: skip
        assert text in told, text
    assert "secret payload" not in page.content()
    assert page.faults == []


def test_a_whole_node_says_so_in_one_word(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{WHOLE}/", "viewer", 1366, 900)
    assert page.inner_text("#integrity .verdict strong") == "Utuh"
    assert page.locator("#integrity table").count() == 0
    assert "hilang" not in page.inner_text("[data-part=now]")


def test_charts_hatch_what_has_a_reason_and_draw_thinned_history_as_points(
    base: str, visit: Callable[..., Any]
) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 1366, 900)
    page.wait_for_selector("#holes li")
    reasons = page.eval_on_selector_all("#holes li", "lines => lines.map(line => line.dataset.reason)")
    assert reasons == ["disk", "thinned_5min"]
    assert "diringkas 5 menit" in page.inner_text("#holes")
    assert "(40 laporan)" in page.inner_text("#holes li:first-child")
    # Within the thinned stretch each report stands alone: separate spots of colour with nothing between them.
    runs = page.evaluate(
        """() => { const canvas = document.querySelector('[data-chart="rtt"] canvas');
             const { width, height } = canvas, data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
             const spots = []; let run = 0;
             for (let x = Math.round(width * 0.06); x < width - 4; x++) { let hit = false;
               for (let y = 0; y < height * 0.8; y++) { const at = 4 * (y * width + x);
                 const rgb = data.slice(at, at + 3);
                 if (data[at + 3] > 200 && Math.max(...rgb) - Math.min(...rgb) > 80)
                   { hit = true; break; } }
               if (hit) run++; else if (run) { spots.push(run); run = 0; } }
             return spots; }"""
    )
    assert len([run for run in runs if run <= 10]) >= 7, runs
    assert page.faults == []


def test_on_a_phone_nothing_is_wider_than_the_screen(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{NODE}/", "technician", 390, 844)
    page.wait_for_selector("#holes li")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
