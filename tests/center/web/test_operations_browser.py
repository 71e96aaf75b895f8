"""Work from afar in a browser: one press, and what follows appears by itself; by keyboard, on a phone, no scripts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.center.web.test_axe import findings
from tests.support import wall_city, web_process
from tests.support.commander_alone import Phones, commander
from tests.support.operations import add_operation, tell

pytestmark = pytest.mark.browser
NODES = ("kel-3673011001", "kel-3673011002")
NODE = NODES[0]
DESK, PHONE = (1366, 768), (360, 740)


@pytest.fixture(scope="module")
def phones(shared_data: Path) -> Iterator[Phones]:
    wall_city.add_people()
    wall_city.add_sites()
    for node in NODES:
        wall_city.add_node(node)
    wall_city.keep_alive()
    with commander(shared_data, "technician", "admin") as found:
        yield found


@pytest.fixture(scope="module")
def base(shared_data: Path, phones: Phones) -> Iterator[str]:
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def test_one_press_on_the_node_page_and_the_answer_appears_by_itself(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, f"/nodes/{NODE}/", "operator", *PHONE)
    page.click("#remote >> text=Diagnosis saluran")
    page.wait_for_selector("[data-part=boxes] .stamp")
    operation = page.url.rstrip("/").rpartition("/")[2]
    loaded = page.evaluate("window.loadedOnce = 1")
    tell(operation, NODE, "running", "  listrik      baik\n", progress_pct=40)
    page.wait_for_selector("progress[value='40']")
    fold = "document.querySelector('.boxes details').open"
    page.evaluate(f"{fold} = false")  # it stays so when the page renews itself
    tell(operation, NODE, "running", "  kabel        baik\n", progress_pct=80)
    page.wait_for_selector("progress[value='80']")
    assert page.evaluate(fold) is False and not page.locator("pre.output").is_visible()
    page.evaluate(f"{fold} = true")
    tell(operation, NODE, "done", "Putusan  OK\n", result={"exit": 0, "ok": True})
    page.wait_for_selector("text=Tidak ada masalah yang ditemukan.")
    assert page.inner_text("pre.output").split() == ["listrik", "baik", "kabel", "baik", "Putusan", "OK"]
    assert page.evaluate("window.loadedOnce") == loaded == 1  # never loaded anew
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.faults == [] and findings(page) == []


def test_a_list_left_open_shows_what_others_begin(base: str, visit: Callable[..., Any]) -> None:
    from center.ingest.changes import record_change

    page = visit(base, "/operations/", "technician", *DESK)
    page.wait_for_load_state("load")
    begun = add_operation("throughput", {NODES[0]: "running", NODES[1]: "queued"}, note="dari orang lain")
    record_change("operation", begun)
    page.wait_for_selector("text=dari orang lain")
    tell(begun, NODES[0], "done")
    page.wait_for_selector("svg[aria-label='1 dari 2 berhasil, 0 gagal, 1 belum']")
    assert page.faults == []


def test_a_grave_order_by_keyboard_alone_and_another_persons_word(
    base: str, phones: Phones, visit: Callable[..., Any]
) -> None:
    from center.operations.models import Operation

    page = visit(base, "/operations/", "technician", *DESK)
    page.goto(f"{base}/operations/new/?command=reboot&node={NODE}")
    page.focus("input[name=note]")
    page.keyboard.type("Kios macet")
    page.keyboard.press("Enter")
    page.wait_for_selector("#otp")
    assert "Nyalakan ulang kotak di 1 kotak: Serang." in page.inner_text(".decision")
    assert findings(page) == []
    page.focus("#otp")
    page.keyboard.type(phones.code("technician"))
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Anda sendiri tidak dapat")
    second = visit(base, page.url.removeprefix(base), "admin", *PHONE)
    second.fill("#otp", phones.code("admin"))
    second.click("text=Setujui: 1 kotak")
    page.wait_for_selector("text=Disetujui oleh")  # the first one's page follows
    row = Operation.objects.get(command="reboot")
    assert (row.state, row.made_by, row.second_by) == ("running", "technician", "admin")
    assert page.faults == second.faults == []


@pytest.mark.full
def test_without_scripts_forms_work_and_the_page_asks_again_by_itself(base: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{base}/login/?next=/operations/new/?command=ping")
    page.fill("input[name=username]", "operator")
    page.fill("input[name=password]", wall_city.PASSWORD)
    page.click("main button[type=submit]")
    page.check(f"input[name=node][value={NODE}]")
    page.click("main button[type=submit]")
    page.wait_for_selector("[data-part=boxes]")
    operation = page.url.rstrip("/").rpartition("/")[2]
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    tell(operation, NODE, "done", "5 dikirim, 0 hilang\n", result={"exit": 0, "ok": True})
    page.wait_for_selector("text=5 dikirim, 0 hilang")  # loaded again by itself
    assert page.locator("meta[http-equiv=refresh]").count() in {0, 1}
    context.close()
