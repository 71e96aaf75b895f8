"""Somebody goes away: the screen asks, waits, and then nothing is left of them, here or at the server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.kiosk.web.sessions import GRACE_S, MOST, Sessions
from tests.support.kiosk_screen import Visitor, kiosk_screen
from tests.support.small_intake import SmallIntake

if TYPE_CHECKING:
    from playwright.sync_api import Page

Stand = Callable[..., Visitor]
SECRET = "Pakdhe Wirasaba menitip 081298765432"
LEFT = """async () => {
  const found = [];
  const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value);
  const text = document.documentElement.outerHTML + fields.join();
  if (text.includes("Wirasaba") || text.includes("0812")) found.push("document");
  if (localStorage.length || sessionStorage.length || document.cookie) found.push("storage");
  if ((await indexedDB.databases()).length) found.push("databases");
  if ((await caches.keys()).length) found.push("caches");
  if ((await navigator.serviceWorker.getRegistrations()).length) found.push("workers");
  if (history.state !== null || location.href !== location.origin + "/") found.push("history");
  return found;
}"""


def until_typed(visitor: Visitor) -> None:
    visitor.page.click('[name=lang][value="id"]')
    visitor.wait("emergency")
    for value, then in (("no", "kind"), ("aduan", "subject"), ("jalan", "area"), ("own", "rt_rw")):
        visitor.choose(value, then)
    visitor.go_on("text")
    visitor.page.keyboard.type(SECRET)
    visitor.go_on("photo")
    visitor.go_on("identity")
    visitor.choose("contact", "contact")
    visitor.page.keyboard.type("081298765432")


IDLE_S, WARN_S = 600, 300


@pytest.fixture
def patient(in_memory: Path, intake: SmallIntake) -> Iterator[str]:
    """A screen that asks and waits as long as the configuration lets it. The page's clock is put forward: a machine
    that stops in the middle of a visit is nobody who went away."""
    with kiosk_screen(in_memory, intake.path.parent, f"idle_s = {IDLE_S}\nwarn_s = {WARN_S}") as base:
        yield base


def left(page: "Page") -> list[str]:
    """What is left of the visit; asked of the page loaded anew where this one went away meanwhile."""
    from playwright.sync_api import Error

    for _ in range(3):
        try:
            return list(page.evaluate(LEFT))
        except Error as error:
            if "context was destroyed" not in str(error) and "navigation" not in str(error):
                raise
    return list(page.evaluate(LEFT))


def nobody_touches(page: "Page", for_s: int) -> None:
    page.clock.fast_forward(1000 * for_s)


@pytest.mark.browser
@pytest.mark.full
def test_who_goes_away_leaves_nothing_and_who_answers_stays(
    patient: str, intake: SmallIntake, stand_before: Stand, in_memory: Path
) -> None:
    visitor = stand_before(patient, own_clock=True)
    page = visitor.page
    entries = page.evaluate("history.length")
    until_typed(visitor)
    nobody_touches(page, IDLE_S)
    page.wait_for_selector("#still[open]", timeout=60_000)
    assert "detik" in page.inner_text("#still p")
    page.keyboard.press("Numpad5")
    page.wait_for_selector("#still:not([open])", state="attached")
    assert page.input_value(".field") == "081298765432"  # the key was the answer, and wrote nothing
    session = page.get_attribute("body", "data-session")
    nobody_touches(page, IDLE_S)
    page.wait_for_selector("#still[open]", timeout=60_000)
    nobody_touches(page, WARN_S)
    visitor.wait("idle")
    assert left(page) == []
    page.wait_for_selector(
        "main .wiped", state="detached", timeout=60_000
    )  # loaded anew: the script's memory is gone too
    assert left(page) == []
    assert page.evaluate("history.length") == entries
    again = page.evaluate(
        """async (name) => {
          const body = new URLSearchParams({s: name, at: 'contact', go: 'stay'});
          return await (await fetch('/', {method: 'POST', body})).text();
        }""",
        session,
    )
    assert "Wirasaba" not in again and 'data-screen="idle"' in again
    page.go_back()
    assert "Wirasaba" not in page.content()
    page.go_forward()
    visitor.wait("idle")
    assert left(page) == []
    assert intake.handed_in == []
    assert "Wirasaba" not in (in_memory / "screen.log").read_text()


@pytest.mark.browser
@pytest.mark.full
def test_who_goes_away_while_the_agent_does_not_answer_leaves_nothing_either(
    patient: str, intake: SmallIntake, stand_before: Stand
) -> None:
    """The waiting screen tries again by itself, and that is nobody's touch."""
    visitor = stand_before(patient, own_clock=True)
    page = visitor.page
    until_typed(visitor)
    visitor.go_on("name")
    visitor.go_on("review")
    intake.stop()
    visitor.go_on("waiting")
    tries_again_untouched(page)
    page.click("#stay")
    page.wait_for_selector("#still:not([open])", state="attached")
    tries_again_untouched(page)
    nobody_touches(page, WARN_S)
    visitor.wait("idle")
    assert left(page) == []
    intake.start()
    page.wait_for_selector('[name=lang][value="id"]', timeout=60_000)
    assert intake.handed_in == []


def tries_again_untouched(page: "Page") -> None:
    """The page tries twice by itself in the time after which it asks whether anybody is there, and asks in time."""
    for _ in range(2):
        with page.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith("/"), timeout=60_000
        ):
            nobody_touches(page, IDLE_S // 3)
        page.wait_for_selector("body:not([aria-busy])")
    assert page.query_selector("#still[open]") is None
    nobody_touches(page, IDLE_S // 3)
    page.wait_for_selector("#still[open]", timeout=60_000)


@pytest.mark.browser
@pytest.mark.full
def test_leaving_asks_first_where_something_would_be_lost(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    visitor = stand_before(screen)
    page = visitor.page
    until_typed(visitor)
    page.click('[data-key="exit"]')
    visitor.wait("exit")
    visitor.choose("no", "contact")
    page.click('[data-key="back"]')
    visitor.wait("identity")
    page.click('[data-key="exit"]')
    visitor.wait("exit")
    visitor.choose("yes", "idle")
    assert left(page) == []
    assert intake.handed_in == []
    visitor.wait_anew()
    page.click('[name=lang][value="id"]')
    visitor.wait("emergency")
    page.click('[data-key="exit"]')
    visitor.wait("idle")  # nothing was said: nothing is asked


@pytest.mark.browser
@pytest.mark.full
def test_a_page_loaded_anew_begins_at_the_beginning(screen: str, stand_before: Stand) -> None:
    visitor = stand_before(screen)
    until_typed(visitor)
    visitor.page.reload()
    visitor.wait("idle")
    assert left(visitor.page) == []


def test_a_visit_nobody_touches_is_forgotten_and_one_that_is_touched_is_kept() -> None:
    now = [0.0]
    sessions = Sessions(90.0, lambda: now[0])
    kept, left = sessions.begin("id", False), sessions.begin("en", False)
    left.answers["text"] = SECRET
    for _ in range(10):
        now[0] += 20.0
        assert sessions.find(kept.name) is kept
    assert sessions.find(left.name) is None
    assert (left.answers, left.ended, len(sessions)) == ({}, True, 1)
    now[0] += 90.0 + GRACE_S
    assert sessions.find(kept.name, touch=False) is kept
    now[0] += 0.1
    assert sessions.find(kept.name) is None


def test_a_page_s_sign_of_life_alone_keeps_no_visit() -> None:
    now = [0.0]
    sessions = Sessions(10.0, lambda: now[0])
    held = sessions.begin("id", False)
    for _ in range(10):
        now[0] += 5.0
        sessions.find(held.name, touch=False)
    assert len(sessions) == 0


def test_there_are_never_more_visits_than_a_few() -> None:
    now = [0.0]
    sessions = Sessions(90.0, lambda: now[0])
    names = []
    for _ in range(3 * MOST):
        now[0] += 0.1
        names.append(sessions.begin("id", False).name)
    assert len(sessions) == MOST
    assert len(set(names)) == 3 * MOST
    assert sessions.find(names[-1]) is not None and sessions.find(names[0]) is None


def test_nothing_that_was_said_is_in_what_an_error_would_print() -> None:
    session = Sessions(90.0, lambda: 0.0).begin("id", False)
    session.answers["text"] = SECRET
    assert "Wirasaba" not in repr(session)
