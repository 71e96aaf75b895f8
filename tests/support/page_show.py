"""Screenshots of the pages for the documentation: python -m tests.support.page_show docs/img [NAME ...]

The evening of `page_city`, seen by whoever the page is for: on a desk (1366 x 768 and as long as the page is, up to a
bound) or on a telephone (360 wide). Needs Chromium.
"""

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.support import page_city, wall_city, web_process
from tests.support.center import center_database
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS

DESK, PHONE = (1366, 768), (360, 740)
LONGEST = 1500
PAGES: dict[str, tuple[str, str, tuple[int, int]]] = {
    "kota": ("leadership", "/city/", DESK),
    "insiden-daftar": ("operator", "/incidents/", DESK),
    "insiden": ("operator", "/incidents/{incident_id}/", DESK),
    "insiden-telepon": ("operator", "/incidents/{incident_id}/", PHONE),
    "pekerjaan": ("operator", "/works/", DESK),
    "serah-terima": ("operator", "/handover/", DESK),
    "node-daftar": ("operator", "/nodes/", DESK),
    "node": ("technician", "/nodes/{node_id}/", DESK),
    "node-telepon": ("technician", "/nodes/{node_id}/", PHONE),
    "lokasi-daftar": ("technician", "/sites/", DESK),
    "lokasi": ("technician", "/sites/{code}/", DESK),
    "lokasi-ubah": ("technician", "/registry/sites/edit/{code}", DESK),
    "lokasi-orang": ("technician", "/sites/{code}/people", DESK),
    "hulu-daftar": ("technician", "/upstreams/", DESK),
    "hulu": ("technician", "/upstreams/line-utara/", DESK),
    "penyedia": ("technician", "/providers/", DESK),
    "riwayat-lokasi": ("technician", "/registry/history", DESK),
    "impor": ("technician", "/registry/import", DESK),
    "jarak-jauh": ("technician", "/operations/", DESK),
    "jarak-jauh-telepon": ("technician", "/operations/", PHONE),
    "jarak-jauh-pilih": ("technician", "/operations/new/", DESK),
    "jarak-jauh-baru": ("technician", "/operations/new/?command=restart-agent&how=all", DESK),
    "jarak-jauh-baru-telepon": ("technician", "/operations/new/?command=ping&node={node_id}", PHONE),
    "jarak-jauh-satu": ("technician", "/operations/{diagnosed_id}/", DESK),
    "jarak-jauh-satu-telepon": ("technician", "/operations/{diagnosed_id}/", PHONE),
    "jarak-jauh-gulir": ("technician", "/operations/{operation_id}/", DESK),
    "jarak-jauh-setuju-telepon": ("admin", "/operations/{waiting_id}/", PHONE),
    "jarak-jauh-gambar": ("operator", "/operations/{pictured_id}/", DESK),
    "kotak": ("technician", "/fleet/", DESK),
    "kotak-telepon": ("technician", "/fleet/", PHONE),
    "rilis": ("technician", "/fleet/releases/", DESK),
    "rilis-telepon": ("technician", "/fleet/releases/", PHONE),
    "kamera-daftar": ("operator", "/cameras/", DESK),
    "kamera": ("operator", "/cameras/{node_id}/{camera}/", DESK),
    "kamera-telepon": ("lurah", "/cameras/{node_id}/{camera}/", PHONE),
    "kamera-penyimpanan": ("technician", "/cameras/storage/", DESK),
    "situs-publik": ("operator", "/public-sites/", DESK),
    "laporan-daftar": ("admin", "/reports/", DESK),
    "laporan-bulan": ("leadership", "/reports/{month}/", DESK),
    "laporan-hari": ("leadership", "/reports/day/{day}/", DESK),
    "pengaduan-daftar": ("operator", "/complaints/", DESK),
    "pengaduan": ("operator", "/complaints/{request_id}/", DESK),
    "pengaduan-telepon": ("agency", "/complaints/{photo_id}/", PHONE),
    "pengaduan-daftar-telepon": ("agency", "/complaints/", PHONE),
    "pengaduan-jumlah": ("viewer", "/complaints/", PHONE),
    "pengaduan-baru": ("operator", "/complaints/new", DESK),
    "pengaduan-kelas": ("operator", "/complaints/classes/", DESK),
    "pengaduan-dilihat": ("admin", "/complaints/looks/", DESK),
    "pengaduan-hapus": ("admin", "/complaints/{confidential_id}/erase", PHONE),
    "alarm": ("admin", "/alerts/", DESK),
    "alarm-saluran": ("admin", "/alerts/channels/{channel}/", DESK),
    "alarm-rute": ("admin", "/alerts/routes/{route_id}/", DESK),
    "pengumuman": ("operator", "/notices/", DESK),
    "pendaftaran": ("operator", "/enrolment/", DESK),
    "sertifikat": ("technician", "/enrolment/certificates/", DESK),
    "layar": ("admin", "/displays/", DESK),
    "audit": ("admin", "/audit/", DESK),
    "akun": ("admin", "/account/", DESK),
    "akun-telepon": ("operator", "/account/", PHONE),
    "salah-alamat": ("operator", "/nodes/tidak-ada/", DESK),
    "dilarang": ("viewer", "/audit/", DESK),
    "masuk": ("", "/login/", PHONE),
    "layar-masuk": ("", "/wall/enter", DESK),
}


def main(target: Path, only: list[str]) -> None:
    """Fill a passing centre, and photograph its pages."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, center_database(Path(folder) / "center") as data:
        names = page_city.fill(data)
        wall_city.give_sites("lurah", page_city.LOST)
        wall_city.give_sites("agency", "opd-dlh")
        port = web_process.free_port()
        with web_process.web_server(data, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            seen: dict[tuple[str, int], Any] = {}
            for name, (role, path, size) in PAGES.items():
                if only and name not in only:
                    continue
                key = role, size[0]
                if key not in seen:
                    seen[key] = _signed_in(browser, f"http://127.0.0.1:{port}", role, size)
                _photograph(seen[key], f"http://127.0.0.1:{port}" + path.format(**names), target / f"{name}.png")
            browser.close()


def _signed_in(browser: Any, base: str, role: str, size: tuple[int, int]) -> Any:
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce").new_page()
    if role:
        page.goto(f"{base}/login/")
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", wall_city.PASSWORD)
        page.click("main button[type=submit]")
    return page


def _photograph(page: Any, address: str, file: Path) -> None:
    from PIL import Image

    wall_city.keep_alive()
    page.goto(address)
    page.wait_for_load_state("load")
    page.evaluate("""Promise.all([...document.images].map((image) => {
        image.loading = "eager"; return image.decode().catch(() => 0); }))""")
    page.wait_for_timeout(700)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > page.viewport_size["width"]:
        print(f"{file.stem}: {wide} px wide")
    image = Image.open(BytesIO(page.screenshot(full_page=True)))
    image = image.crop((0, 0, image.width, min(image.height, LONGEST)))
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
