"""Whole visits in a real Chromium: by touch in Indonesian, by keypad alone in English, and what may be in the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent.kiosk.web.board import FRESH_S
from tests.agent.kiosk_web.conftest import STATUS_URL
from tests.support.kiosk_screen import Visitor
from tests.support.processes import wait_until
from tests.support.small_intake import SmallIntake

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Stand = Callable[..., Visitor]


def test_a_complaint_is_made_by_touch_from_the_language_to_the_receipt(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    intake.online = False
    visitor = stand_before(screen)
    page = visitor.page
    say_what_burns(visitor)
    take_a_photo(visitor)
    visitor.go_on("identity")
    visitor.choose("contact", "contact")
    visitor.type("0812")
    visitor.go_on("name")
    page.keyboard.type("Siti")
    visitor.go_on("review")
    wait_until(lambda: intake.prepared == 1, "what Send needs to be started while the citizen reads")
    assert [row.inner_text() for row in page.query_selector_all(".rows dd")] == [
        "Aduan", "Jalan", "Kasemen, RT/RW 03/05", "Ada kebakaran.", "1", "Boleh dihubungi: Siti, 0812",
    ]  # fmt: skip
    visitor.go_on("receipt")
    (handed,) = intake.handed_in
    (photo,) = handed.pop("photos")
    assert intake.photos[photo].startswith(b"\xff\xd8")
    handed.pop("client_id")
    assert handed == {
        "category": "aduan", "subject": "jalan", "area": "3673021001", "rt_rw": "03/05", "text": "Ada kebakaran.",
        "identity": "contact", "name": "Siti", "contact": "0812", "channel": "web", "lang": "id",
    }  # fmt: skip
    text = page.inner_text("main")
    assert "1001" in text
    assert "Tersimpan di sini. Akan terkirim sendiri saat jaringan pulih." in text
    assert "Kota memeriksa dalam 3 hari kerja" in text
    assert page.query_selector("svg.qr") is not None
    visitor.choose("survey", "survey1")
    for number in range(1, 10):
        visitor.choose("3" if number % 2 else "4", f"survey{number + 1}" if number < 9 else "thanks")
    visitor.choose("done", "idle")
    assert [survey["answers"] for survey in intake.surveys] == [[3, 4, 3, 4, 3, 4, 3, 4, 3]]
    assert {"code", "pin"} & intake.surveys[0].keys() == set()


def say_what_burns(visitor: Visitor) -> None:
    """From the idle screen, in Indonesian, about another kelurahan, past the great 112 screen to the photo."""
    page = visitor.page
    page.tap('[name=lang][value="id"]')
    visitor.wait("emergency")
    assert "112" in page.inner_text(".banner")
    visitor.choose("no", "kind")
    visitor.choose("aduan", "subject")
    assert page.inner_text(".progress").startswith("Langkah 1 dari 6")
    visitor.choose("jalan", "area")
    assert page.inner_text('.choice[value="own"] .label') == "Serang (di sini)"
    visitor.choose("367302", "area_in")
    visitor.choose("3673021001", "rt_rw")
    visitor.type("03/05")
    visitor.go_on("text")
    page.keyboard.type("Ada kebakaran")  # a keyboard that somebody plugged in
    visitor.type(".")  # and the one in the page write the same text
    visitor.go_on("urgent")
    assert "Telepon 112" in page.inner_text("h1")
    visitor.choose("go_on", "photo")


def take_a_photo(visitor: Visitor) -> None:
    """With the camera of the browser."""
    page = visitor.page
    page.tap("#take")
    page.wait_for_selector("#camera:not([hidden])")
    while not page.evaluate("document.getElementById('camera').videoWidth"):
        page.wait_for_timeout(50)
    page.tap("#take")
    page.wait_for_selector('[data-photo="0"][src^="blob:"]')


class Keypad:
    """Somebody with a keypad: digits, Enter, star. Nothing else is touched."""

    LETTERS = ("0", ".,?!-/1", "abc2", "def3", "ghi4", "jkl5", "mno6", "pqrs7", "tuv8", "wxyz9")

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    def press(self, digits: str, then: str = "") -> None:
        for digit in digits:
            self.page.keyboard.press(f"Numpad{digit}")
        if then:
            self.visitor.wait(then)

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """The page's clock stands still, further on than this machine may stop meanwhile: so taps on one key are
        within the second that makes one letter of them, whatever it does."""
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 25)
        yield
        self.page.clock.resume()

    def enter(self, then: str) -> None:
        self.page.keyboard.press("NumpadEnter")
        self.visitor.wait(then)

    def star(self, then: str = "") -> None:
        self.page.keyboard.press("NumpadMultiply")
        if then:
            self.visitor.wait(then)

    def write(self, word: str) -> None:
        """Letters by pressing again; no two that follow each other may lie on one key."""
        with self.unhurried():
            for letter in word:
                key = next(str(n) for n, letters in enumerate(self.LETTERS) if n > 1 and letter in letters)
                self.press(key * (self.LETTERS[int(key)].index(letter) + 1))

    def tap_code(self, code: str) -> None:
        """A ticket's code, whose letters lie on the keys otherwise than a text's."""
        keys = ("0", "1", "2ABC", "3DEF", "4GH", "5JK", "6MN", "7PQRS", "8TV", "9WXYZ")
        taps = {letter: (str(key), turn) for key, letters in enumerate(keys) for turn, letter in enumerate(letters)}
        last = ""
        with self.unhurried():
            for letter in code:
                key, turn = taps[letter]
                if key == last and key not in "01":
                    self.page.clock.fast_forward(1300)  # as on a telephone: the same key again, only after a pause
                self.press(key * (turn + 1))
                last = key


@pytest.mark.full
def test_a_complaint_is_made_and_its_answer_read_by_keypad_alone(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    visitor = stand_before(screen, own_clock=True)
    pad, page = Keypad(visitor), visitor.page
    say_it_by_keypad(pad)
    (handed,) = intake.handed_in
    assert (handed["subject"], handed["rt_rw"], handed["text"]) == ("jalan", "35", "Jalan rusak")
    assert (handed["identity"], handed["contact"], handed["lang"]) == ("confidential", "0812", "en")
    code = page.inner_text("[data-code]").replace(" ", "")
    pin = page.inner_text("[data-pin]")
    pad.press("1", "idle")
    visitor.wait_anew()
    intake.replies = [{"status": "answered", "step": "", "text": "It is mended.", "at_ms": 1_795_000_000_000}]
    pad.press("2", "emergency")
    pad.press("1", "kind")
    pad.press("6", "code")
    pad.tap_code(code)
    assert page.input_value(".field") == code
    pad.enter("pin")
    pad.press(pin)
    pad.enter("answer")
    assert "It is mended." in page.inner_text("main")
    pad.press("3", "survey1")
    for number in range(1, 10):
        pad.press("4", f"survey{number + 1}" if number < 9 else "thanks")
    assert (intake.surveys[0]["code"], intake.surveys[0]["pin"]) == (code, pin)
    pad.press("0", "idle")


def say_it_by_keypad(pad: Keypad) -> None:
    """From the idle screen to the receipt, in English, with some steps back."""
    pad.press("2", "emergency")
    pad.press("2", "call")
    pad.star("emergency")
    pad.press("1", "kind")
    pad.press("1", "subject")
    pad.star("kind")
    pad.press("1", "subject")
    pad.press("12", "area")
    pad.star("subject")
    pad.press("1")  # there are a 10, an 11 and a 12: Enter says that this was all
    pad.enter("area")
    pad.press("1", "rt_rw")
    pad.press("3")
    pad.star()
    assert pad.page.input_value(".field") == ""
    pad.press("35")
    pad.enter("text")
    pad.write("jalan")
    pad.press("0")
    pad.write("rusakx")
    pad.star()
    assert pad.page.input_value(".field") == "Jalan rusak"
    pad.enter("photo")
    pad.enter("identity")
    pad.press("2", "contact")
    pad.press("0812")
    pad.enter("name")
    pad.enter("review")
    pad.enter("receipt")


@pytest.mark.full
def test_a_keypad_may_send_the_digits_of_the_main_row_and_tab_and_enter_do_as_well(
    screen: str, stand_before: Stand
) -> None:
    visitor = stand_before(screen)
    page = visitor.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    visitor.wait("emergency")
    assert page.evaluate("document.documentElement.lang") == "id"
    page.keyboard.press("1")
    visitor.wait("kind")
    page.keyboard.press("Escape")
    visitor.wait("emergency")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    visitor.wait("kind")
    page.keyboard.press("0")
    visitor.wait("idle")


@pytest.mark.full
def test_information_is_asked_for_with_a_member_of_staff_beside(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    visitor = stand_before(screen)
    page = visitor.page
    page.tap('[name=lang][value="en"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("ppid", "staff")
    visitor.choose("here", "text")
    for words, then in (("Budget of 2025", "purpose"), ("Thesis", "name")):
        page.keyboard.type(words)
        visitor.go_on(then)
    visitor.go_on("name")  # the law wants one
    assert "fill this in" in page.inner_text(".error")
    for words, then in (("Siti", "contact"), ("siti@example.org", "way")):
        page.keyboard.type(words)
        visitor.go_on(then)
    visitor.choose("email", "review")
    visitor.go_on("receipt")
    (handed,) = intake.handed_in
    handed.pop("client_id")
    assert handed == {
        "category": "ppid", "text": "Budget of 2025", "purpose": "Thesis", "name": "Siti",
        "contact": "siti@example.org", "way": "email", "assisted": True, "channel": "web", "lang": "en",
    }  # fmt: skip
    assert "within 10 working days, 7 more" in page.inner_text("main").replace("; ", ", ")


@pytest.mark.full
def test_what_the_city_asks_for_is_added_to_the_ticket(screen: str, intake: SmallIntake, stand_before: Stand) -> None:
    first = intake._submit(
        {"op": "submit", "client_id": "x" * 16, "category": "saran", "text": "Taman", "subject": "air"}
    )
    intake.ask, intake.replies = True, [
        {"status": "in_progress", "step": "on_hold", "text": "Taman yang mana?", "at_ms": 1_795_000_000_000}
    ]  # fmt: skip
    visitor = stand_before(screen)
    page = visitor.page
    page.tap('[name=lang][value="id"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    visitor.choose("status", "code")
    visitor.type(first["code"])
    visitor.go_on("pin")
    visitor.type("0000")
    visitor.go_on("pin")
    page.wait_for_selector(".error")
    visitor.type(first["pin"])
    visitor.go_on("answer")
    text = page.inner_text("main")
    assert "Taman yang mana?" in text and "ditunda" in text and "Tambahkan keterangan" in text
    visitor.choose("add", "text")
    page.keyboard.type("Taman di Ciceri")
    visitor.go_on("photo")
    visitor.go_on("review")
    visitor.go_on("receipt")
    handed = intake.handed_in[-1]
    assert (handed["category"], handed["subject"], handed["text"]) == ("saran", "air", "Taman di Ciceri")
    assert (handed["follows_code"], handed["follows_pin"]) == (first["code"], first["pin"])


@pytest.mark.full
def test_an_agent_that_is_away_is_waited_for_and_nothing_is_handed_in_twice(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    visitor = stand_before(screen)
    page = visitor.page
    page.tap('[name=lang][value="id"]')
    visitor.wait("emergency")
    for value, then in (("no", "kind"), ("pendapat", "subject"), ("lainnya", "area"), ("own", "text")):
        visitor.choose(value, then)
    page.keyboard.type("Bagus")
    visitor.go_on("photo")
    visitor.go_on("identity")
    visitor.choose("anonymous", "review")
    intake.stop()
    visitor.go_on("waiting")
    assert "Sebentar" in page.inner_text("h1")
    intake.start()
    visitor.wait("receipt")  # by itself
    assert len(intake.handed_in) == 1
    visitor.choose("done", "idle")
    intake.stop()
    page.wait_for_selector("text=Kotak sedang bersiap", timeout=60_000)
    assert page.query_selector("[name=lang]") is None
    intake.start()
    page.wait_for_selector('[name=lang][value="id"]', timeout=60_000)


@pytest.mark.full
def test_a_sign_of_life_while_the_last_press_waits_for_the_agent_is_no_error_and_disturbs_nothing(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    """The visit is over by then, and its page still there: what a busy machine makes of any last press."""
    visitor = stand_before(screen, own_clock=True)
    page = visitor.page
    page.tap('[name=lang][value="en"]')
    visitor.wait("emergency")
    page.wait_for_timeout(1000 * FRESH_S)  # then the idle screen asks the agent again
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    intake.hang.add("ready")
    with page.expect_response(lambda answer: answer.url.endswith("/beat") and answer.status == 205, timeout=60_000):
        page.click('[data-key="exit"]')
    assert page.get_attribute("body", "data-screen") == "emergency"
    with Keypad(visitor).unhurried():
        intake.hang.clear()
        visitor.wait("idle")
        assert page.query_selector("main .wiped") is not None, "the answer to the press, not a page loaded anew"
        assert loads == []


@pytest.mark.full
@pytest.mark.parametrize(
    ("code", "word"), [("no_seal_key", "rahasia"), ("storage_full", "penuh"), ("storage", "bermasalah")]
)
def test_a_box_that_takes_nothing_says_so_before_anybody_types(
    code: str, word: str, screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    intake.refuse["ready"] = code
    visitor = stand_before(screen)
    page = visitor.page
    page.wait_for_selector(f"text={word}", timeout=60_000)
    assert "formulir kertas" in page.inner_text("main")
    page.tap('[name=lang][value="id"]')
    visitor.wait("emergency")
    visitor.choose("no", "kind")
    assert [found.get_attribute("value") for found in page.query_selector_all(".choice")] == ["status"]
    assert "formulir kertas" in page.inner_text(".hint")


@pytest.mark.full
def test_a_refusal_leaves_the_words_where_they_are(screen: str, intake: SmallIntake, stand_before: Stand) -> None:
    visitor = stand_before(screen)
    page = visitor.page
    page.tap('[name=lang][value="en"]')
    visitor.wait("emergency")
    for value, then in (("no", "kind"), ("saran", "subject"), ("lainnya", "area"), ("own", "text")):
        visitor.choose(value, then)
    page.keyboard.type("A bench here")
    visitor.go_on("photo")
    visitor.go_on("identity")
    visitor.choose("anonymous", "review")
    intake.refuse["submit"] = "storage_full"
    visitor.go_on()
    page.wait_for_selector(".error")
    assert "paper form" in page.inner_text(".error")
    assert intake.handed_in == []
    intake.refuse.clear()
    visitor.go_on("receipt")
    assert [handed["text"] for handed in intake.handed_in] == ["A bench here"]


@pytest.mark.full
def test_the_idle_screen_tells_the_news_and_the_code_s_address_has_no_pin(
    screen: str, intake: SmallIntake, stand_before: Stand
) -> None:
    intake.notices = [{"title": "Perekaman KTP", "text": "Rabu pukul 9", "until_ms": 1}]
    intake.answered = [{"subject": "jalan", "category": "aduan", "handed_in_ms": 0, "answered_ms": 3 * 86_400_000}]
    visitor = stand_before(screen)
    visitor.page.wait_for_selector("text=Perekaman KTP", timeout=60_000)
    assert "Jalan: dijawab dalam 3 hari" in visitor.page.inner_text("main")
    from agent.kiosk.web import icons

    code = intake._submit({"op": "submit", "client_id": "y" * 16, "category": "saran", "text": "x"})["code"]
    assert icons.qr(f"{STATUS_URL}#{code}") != icons.qr(f"{STATUS_URL}#{code}1")
