"""Every screen for every eye and hand: axe-core, sizes of what is touched, contrast, all of it within low reach."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.kiosk_screen import Visitor
from tests.support.small_intake import SmallIntake

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.timeout(600)]
Stand = Callable[..., Visitor]
BAD = {"serious", "critical"}
SIZES = [(1280, 800), (1024, 600), (1080, 1920)]
MEASURE = """(low) => {
  const faults = [];
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = number(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length;
  for (const element of document.querySelectorAll("main *, nav *, .banner")) {
    const words = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
    if (!words.length || !shown(element)) continue;
    const a = light(number(getComputedStyle(element).color)), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 7) faults.push(`contrast ${ratio.toFixed(1)}: ${element.textContent.trim().slice(0, 30)}`);
  }
  let touched = 0;
  for (const element of document.querySelectorAll("button, input:not([type=hidden]), textarea")) {
    if (!shown(element) || element.disabled) continue;
    const box = element.getBoundingClientRect(), name = element.textContent.trim().slice(0, 20) || element.name;
    touched += 1;
    if (box.width < 64 || box.height < 64) faults.push(`${Math.round(box.width)}x${Math.round(box.height)}: ${name}`);
    const field = element.classList.contains("field");
    const out = box.bottom > innerHeight + 0.5 || box.right > innerWidth + 0.5 || box.left < 0 || box.top < 0;
    if (out) faults.push(`outside: ${name}`);
    if (low && !field && box.top < innerHeight / 2 - 0.5) faults.push(`too high (${Math.round(box.top)}): ${name}`);
    if (element.scrollWidth > element.clientWidth + 1) faults.push(`cut off: ${name}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  return [touched, faults];
}"""


def every_screen(visitor: Visitor, intake: SmallIntake) -> Iterator[str]:
    """Go through all of them once; the name of each while it is shown."""
    yield "idle"
    yield from up_to_the_words(visitor)
    yield from up_to_the_review(visitor)
    yield from over_the_receipt_to_the_thanks(visitor, intake)
    yield from back_for_the_answer(visitor, intake)


def up_to_the_words(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.click('[name=lang][value="id"]')
    visitor.wait("emergency")
    yield "emergency"
    for value, then in (
        ("yes", "call"),
        ("go_on", "kind"),
        ("aduan", "subject"),
        ("jalan", "area"),
        ("367303", "area_in"),
    ):
        visitor.choose(value, then)
        yield then
    page.click('.choice[data-number="1"]')
    visitor.wait("rt_rw")
    yield "rt_rw"
    visitor.go_on("text")
    yield "text"


def up_to_the_review(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.keyboard.type("Kebakaran di pasar lama dekat jembatan, asap tebal sejak tadi pagi")
    visitor.go_on("urgent")
    yield "urgent"
    visitor.choose("go_on", "photo")
    yield "photo"
    visitor.go_on("identity")
    yield "identity"
    visitor.choose("contact", "contact")
    yield "contact"
    visitor.go_on("contact")
    page.wait_for_selector(".error")
    yield "contact with an error"
    visitor.type("0812345678")
    visitor.go_on("name")
    yield "name"
    visitor.go_on("review")
    yield "review"
    page.click('[data-key="exit"]')
    visitor.wait("exit")
    yield "exit"
    visitor.choose("no", "review")


def over_the_receipt_to_the_thanks(visitor: Visitor, intake: SmallIntake) -> Iterator[str]:
    """The agent is away when Send is pressed, and comes back."""
    intake.stop()
    visitor.go_on("waiting")
    yield "waiting"
    intake.start()
    visitor.wait("receipt")
    yield "receipt"
    visitor.choose("survey", "survey1")
    yield "survey1"
    for number in range(1, 10):
        visitor.choose("2", f"survey{number + 1}" if number < 9 else "thanks")
    yield "thanks"
    visitor.choose("done", "idle")
    visitor.wait_anew()


def back_for_the_answer(visitor: Visitor, intake: SmallIntake) -> Iterator[str]:
    """With the ticket that was handed out before, in English; then to the request that needs staff."""
    page = visitor.page
    code, pin = intake.ticket()
    intake.replies = [{"status": "answered", "step": "", "text": "Sudah padam. " * 30, "at_ms": 1_795_000_000_000}]
    page.click('[name=lang][value="en"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("status", "code")
    yield "code"
    visitor.type(code)
    visitor.go_on("pin")
    yield "pin"
    visitor.type(pin)
    visitor.go_on("answer")
    yield "answer"
    page.click('[data-key="back"]')
    visitor.wait("kind")
    visitor.choose("ppid", "staff")
    yield "staff"


def faults_of(page: Any, *, low: bool) -> list[str]:
    touched, faults = page.evaluate(MEASURE, low)
    assert touched, "nothing was measured"
    return list(faults)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_screen_keeps_anybody_out(
    width: int, height: int, screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visitor = stand_before(screen, width, height)
    found: dict[str, list[str]] = {}
    seen = []
    axe = Axe()
    for name in every_screen(visitor, intake):
        seen.append(name)
        faults = faults_of(visitor.page, low=False)
        if (width, height) == SIZES[0]:
            response = axe.run(visitor.page).response
            assert response["passes"], "axe-core judged nothing"
            faults += [
                f"{fault['impact']} {fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
                for fault in response["violations"]
                if fault["impact"] in BAD
            ]
        if faults:
            found[name] = faults
    assert found == {}
    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize(("width", "height"), [SIZES[0], SIZES[2]])
def test_in_low_reach_everything_that_is_touched_is_in_the_lower_half(
    width: int, height: int, screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    visitor = stand_before(screen, width, height)
    found: dict[str, list[str]] = {}
    for name in every_screen(visitor, intake):
        if visitor.page.get_attribute("body", "data-reach") == "full":
            if name == "idle":  # its buttons are low by themselves
                assert [fault for fault in faults_of(visitor.page, low=True) if "too high" in fault] == []
                continue
            visitor.page.click('[data-key="reach"]')
            visitor.page.wait_for_selector('body[data-reach="low"]')
        faults = faults_of(visitor.page, low=True)
        if faults:
            found[name] = faults
    assert found == {}


def test_the_judges_see_what_is_wrong(screen: str, stand_before: Stand) -> None:
    visitor = stand_before(screen)
    visitor.page.evaluate(
        """() => { const made = document.createElement("button"); made.textContent = "kecil";
        made.style.cssText = "position:fixed;top:0;left:0;width:20px;height:20px;color:#999;background:#fff";
        document.querySelector("main").appendChild(made); }"""
    )
    faults = faults_of(visitor.page, low=True)
    assert {fault.split()[0].split(":")[0] for fault in faults} >= {"contrast", "20x20", "too"}
