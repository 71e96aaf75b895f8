"""Screenshots of every scene for the documentation: python -m tests.support.wall_show docs/img

A made-up evening in the city: one ISP's link is cut, a box has been silent for longer, two public sites are stale. The
pictures of cameras are the drawn samples of the demo. Needs Chromium.
"""

import os
import sys
import tempfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support import wall_city, wall_screens, web_process
from tests.support.center import center_database
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.one_day import today

MINUTE_MS = 60_000
SAMPLES = wall_city.ROOT / "agent" / "cameras" / "samples"
SITES = (
    ("Portal Kota Serang", "", 3), ("Diskominfo", "", 1), ("Dinas Kesehatan", "http_status", 40),
    ("Disdukcapil", "", 0),
    ("Dinas Pendidikan", "", 412), ("DPMPTSP", "", 21), ("PPID", "tls_expired", 96), ("Bappeda", "", 9),
    ("RABEG", "", 2), ("Kec. Walantaka", "", 730), ("Satpol PP", "", 60), ("Dinas Sosial", "", 6),
)  # fmt: skip
PAGES = {
    "wall-map": "/wall/?scene=map",
    "wall-incidents": "/wall/?scene=incidents",
    "wall-pictures": "/wall/?scene=pictures",
    "wall-services": "/wall/?scene=services",
    "videotron": "/wall/videotron/",
}


def main(target: Path) -> None:
    """Fill a passing centre, and photograph its pages."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, center_database(Path(folder) / "center") as data:
        fill(data)
        port = web_process.free_port()
        base = f"http://127.0.0.1:{port}"
        with web_process.web_server(data, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
            page.goto(f"{base}/login/?next=/wall/")
            page.fill("input[name=username]", "viewer")
            page.fill("input[name=password]", wall_city.PASSWORD)
            page.click("main button[type=submit]")
            for name, path in PAGES.items():
                _photograph(page, base + path, target / f"{name}.png")
            browser.close()


def _photograph(page: Any, address: str, file: Path) -> None:
    from PIL import Image

    wall_city.keep_alive()
    page.goto(address)
    page.wait_for_selector("#stage:not([data-loading])")
    page.wait_for_timeout(1500)
    image = Image.open(BytesIO(page.screenshot()))
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(file, optimize=True)


def ring(kelurahan: list[str]) -> list[str]:
    """The twelve kelurahan behind the line that is cut."""
    return [code for code in kelurahan if code.startswith(("kel-3673051", "kel-3673061"))][:12]


def fill(data: Path) -> None:
    """Accounts, sites, nodes and everything the scenes show."""
    wall_city.add_people()
    codes = wall_city.add_sites()
    kelurahan = [code for code in codes if code.startswith("kel-")]
    cut = ring(kelurahan)
    special: dict[str, tuple[str, float, dict[str, Any]]] = {
        **dict.fromkeys(cut, ("DOWN", 8, {"cause": "lost"})),
        "kel-3673011002": ("DOWN", 43, {"cause": "silent"}),
        "kel-3673011009": ("DEGRADED", 12, {"cause": "verdict", "verdict": "Q2"}),
        "opd-dinkes": ("UNKNOWN", 60, {"cause": "never_seen", "last_seen_ms": None}),
        "opd-setda": ("MAINT", 25, {}),
    }
    for code in codes:
        state, since, fields = special.get(code, ("UP", 90, {}))
        wall_city.add_node(code, state, since, **fields)
    _incidents(kelurahan, cut)
    _pictures(data, [code for code in kelurahan if code not in special][:12])
    for name, reason, days in SITES:
        newest = (today() - timedelta(days=days)).isoformat()
        for code in kelurahan[-2:]:
            wall_city.add_look(code, name, not reason, reason, fresh_date=newest, stale_after_days=90)
    for number in range(32):
        state = "answered" if number % 4 else "received"
        category = ("aduan", "laporan", "saran", "pendapat")[number // 4 % 4]
        wall_city.add_complaint(kelurahan[number], category=category, status=state, urgent=number == 8)
    wall_screens.add_notice(
        "Pelayanan KTP-el tutup Jumat siang",
        "Semua kantor kecamatan tutup pukul 11.30 sampai 13.00.\nLoket di Mal Pelayanan Publik tetap buka.",
    )
    wall_city.add_record()


def _incidents(kelurahan: list[str], below: list[str]) -> None:
    from center.operations.models import Alarm

    now = wall_city.now_ms()
    cut = {"cause": "line", "party": "isp"}
    wall_screens.add_incident("parent", wall_screens.add_line(), below, 8, **cut)
    seen = {"acknowledged_ms": now, "ticket": "SRG-0412"}
    wall_screens.add_incident("node", "kel-3673011002", ["kel-3673011002"], 43, **seen)
    record = {"severity": "info", "party": "city", "cause": "", "acknowledged_ms": now}
    wall_screens.add_incident("integrity", "kel-3673011005", ["kel-3673011005"], 190, **record)
    for code, ago, lasted in ((kelurahan[20], 300, 60), (kelurahan[33], 500, 12), ("opd-diskominfo", 700, 33)):
        ended = now - (ago - lasted) * MINUTE_MS
        wall_screens.add_incident("node", code, [code], ago, cause="N0", party="pln", resolved_ms=ended)
    for ago, count in ((112, 1), (95, 2), (71, 1), (43, 1), (8, 1)):
        Alarm.objects.bulk_create(Alarm(at_ms=now - ago * MINUTE_MS, severity="critical") for _ in range(count))


def _pictures(data: Path, codes: list[str]) -> None:
    from center.cctv.models import Snapshot

    samples = sorted(SAMPLES.glob("*.jpg"))
    for number, code in enumerate(codes):
        age_s = {4: 75.0, 9: 900.0}.get(number, 6.0 + number)
        verdict = {1: "covered", 4: "dark", 6: "blurred", 7: "frozen", 11: "moved"}.get(number, "ok")
        key = wall_city.add_picture(data, code, age_s=age_s, count=2, verdict=verdict)
        (data / Snapshot.objects.get(pk=key).path).write_bytes(samples[number % len(samples)].read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
