"""Every page against axe-core's rules of accessibility: no serious or critical finding, on a desk and on a phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.center.web.test_permissions import RULES
from tests.support import page_city, public_show, wall_city, web_process
from tests.support.torture import WHOLE

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(600)]
# Not pages for people: the interface, and files.
NO_PAGES = re.compile(
    r"^(api/.*|open311/.*|metrics|healthz|events|.*pictures/.*|.*\.(csv|json|jpg|pdf|zip|geojson)|.*/now|.*/file\..*)$"
)
SCENES = ("map", "incidents", "pictures", "services")
TABLES = {"sites": "{code}", "people": "{code}/1", "providers": "astinet", "upstreams": "line-utara"}
ALSO = (
    *(f"wall/?scene={scene}" for scene in SCENES), "incidents/?show=over", "registry/import/{upload}", "nowhere",
    *(f"registry/{table}/{act}/{key}" for table, key in TABLES.items() for act in ("edit", "remove")),
)  # fmt: skip
"""Beside the addresses of RULES: the wall's scenes, a preview, a page that is not there, and forms of every table."""
BAD = {"serious", "critical"}
DESK, PHONE = (1366, 768), (360, 740)
COLOURS = "color-contrast"
"""Judging them is most of the work, and on a phone they are the same (below)."""
NEVER_BAD = (
    "aria-allowed-role", "duplicate-id", "empty-heading", "empty-table-header", "heading-order",
    "identical-links-same-purpose", "image-redundant-alt", "landmark-banner-is-top-level",
    "landmark-complementary-is-top-level", "landmark-contentinfo-is-top-level", "landmark-main-is-top-level",
    "landmark-no-duplicate-banner", "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main",
    "landmark-one-main", "landmark-unique", "page-has-heading-one", "presentation-role-conflict", "region",
    "scope-attr-valid", "skip-link", "table-duplicate-name",
)  # fmt: skip
"""Rules of axe-core whose findings are moderate or minor, whatever they find: a quarter of its work."""
MANY = {} if WHOLE else {"exclude": [["tbody tr:nth-child(n+31)"]]}
"""Of a table with a hundred rows of one kind the first thirty."""
STYLES = Path(__file__).resolve().parents[3] / "center" / "static"


@pytest.fixture(scope="module")
def names(shared_data: Path) -> dict[str, Any]:
    from center.sites.models import Upload

    found = page_city.fill(shared_data)
    content = "code,name\nkel-3673011002,Cipare Baru\n"
    upload = Upload.objects.create(
        at_ms=wall_city.now_ms(), by="admin", table="sites", name="lokasi.csv", content=content
    )
    public_show.fill(shared_data)  # tables and bars with something in them
    own = {"upload": upload.pk, "table": "sites", "key": found["code"], "provider": "astinet", "period": "2026-q4"}
    return {**found, **own}


@pytest.fixture(scope="module")
def base(shared_data: Path, names: dict[str, Any]) -> Iterator[str]:
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def pages(names: dict[str, Any]) -> list[str]:
    """Addresses of the pages an administrator sees; a placeholder the city cannot fill is a KeyError."""
    found = []
    for address, statuses in RULES.items():
        if statuses[4] == 200 and not NO_PAGES.match(address):
            values = {**names, "code": "line-utara"} if address.startswith("upstreams/") else names
            found.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match, of=values: str(of[match[1]]), address))
    return found + ["/" + address.format(**names) for address in ALSO]


def findings(page: Any, *without: str) -> list[str]:
    """What axe-core holds against the page as it stands: rule, weight, and the first elements it means."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {rule: {"enabled": False} for rule in (*NEVER_BAD, *without)}
    context = {"include": [["html"]], **MANY}
    response = Axe().run(page, context, {"resultTypes": ["violations"], "rules": rules}).response
    assert response["passes"], "axe-core judged nothing"
    return [
        f"{found['impact']} {found['id']}: {[node['html'][:120] for node in found['nodes'][:3]]}"
        for found in response["violations"]
        if found["impact"] in BAD
    ]


def test_no_page_keeps_anybody_out(base: str, names: dict[str, Any], visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{page_city.LOST}/", "admin", *DESK)
    all_pages = pages(names)
    assert len(all_pages) >= 45
    found: dict[str, Any] = {}
    for path in all_pages:
        on_a_phone = judged(page, base + path, *PHONE, *(() if WHOLE else (COLOURS,)))
        if faults := judged(page, base + path, *DESK) + on_a_phone:
            found[path] = faults
    assert found == {}


def judged(page: Any, address: str, width: int, height: int, *without: str) -> list[str]:
    """What axe-core finds on the page as a screen of this size opens it, and whether it is wider than that."""
    wall_city.keep_alive()
    page.set_viewport_size({"width": width, "height": height})
    answer = page.goto(address)
    assert answer.status == (404 if address.endswith("/nowhere") else 200), address
    page.wait_for_load_state("load")
    if "/wall/?" in address:
        page.wait_for_selector("#stage:not([data-loading])")
    wide = page.evaluate("document.documentElement.scrollWidth")
    return findings(page, *without) + ([f"{wide} px wide"] if wide > width else [])


def test_no_style_gives_a_narrow_screen_other_colours() -> None:
    blocks = [block for sheet in STYLES.rglob("*.css") for block in narrow_only(sheet.read_text())]
    assert len(blocks) >= 5
    assert [block for block in blocks if re.search(r"(?:^|[^-])(?:color|background)\b", block)] == []


def narrow_only(sheet: str) -> Iterator[str]:
    """What stands within @media queries about the width."""
    for found in re.finditer(r"@media[^{]*-width[^{]*\{", sheet):
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[at], 0)
            at += 1
        yield sheet[found.end() : at]


MORE = {"admin", "operator", "viewer", "agency"}
"""Who may see so much that some of it stands in a menu of its own."""


@pytest.mark.parametrize(("width", "height"), [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", ["admin", "operator", "viewer", "agency", "leadership"])
def test_the_menu_is_short_and_opens_by_keyboard(
    role: str, width: int, height: int, base: str, visit: Callable[..., Any]
) -> None:
    page = visit(base, "/account/", role, width, height)
    assert page.locator("header.top").bounding_box()["height"] < (64 if width > 1000 else 140)
    more = page.locator("nav .more summary")
    assert more.count() == (role in MORE)
    if more.count():
        more.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Kamera"
        assert findings(page) == []
        last = page.locator("nav .more a").last.bounding_box()
        assert last["x"] >= 0 and last["x"] + last["width"] <= width


def test_the_refusal_and_the_pages_before_the_door_keep_nobody_out(
    base: str, browser: Any, visit: Callable[..., Any]
) -> None:
    refused = visit(base, "/audit/", "viewer", 360, 740)
    assert refused.inner_text("h1") == "Tidak diizinkan"
    assert findings(refused) == []
    page = browser.new_context().new_page()
    for path in ("/login/", "/wall/enter"):
        page.goto(base + path)
        assert findings(page) == [], path
    page.fill("input[name=token]", "AAAA-BBBB")
    with page.expect_navigation():
        page.click("main button[type=submit]")
    assert findings(page) == []
    page.context.close()


def test_the_judge_sees_a_button_without_a_name(base: str, browser: Any) -> None:
    page = browser.new_context().new_page()
    page.goto(base + "/login/")
    page.evaluate("document.querySelector('main').appendChild(document.createElement('button'))")
    assert any("button-name" in fault for fault in findings(page))
    page.context.close()
