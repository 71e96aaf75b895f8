"""The leadership's one page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import concluded, wall_city

KEL = [f"kel-367301100{number}" for number in range(1, 7)]


def headline(client: Any, lang: str = "id") -> str:
    page = client.get(f"/city/?lang={lang}").content.decode()
    match = re.search(r'class="headline">(.*?)</p>', page, re.DOTALL)
    assert match
    return match[1].replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("states", "parties", "indonesian", "english"),
    [
        ("", (), "Belum ada kotak yang terpasang.", ""),
        ("UU", (), "Hari ini semua 2 tempat tersambung.", "Today all 2 places are connected."),
        ("UUDD", ("isp", "isp"), "Hari ini 2 dari 4 tempat tersambung; 2 putus, keduanya menunggu ISP.",
         "Today 2 of 4 places are connected; 2 down, both waiting for the ISP."),
        ("UDDD", ("isp", "isp", "isp"), "Hari ini 1 dari 4 tempat tersambung; 3 putus, semuanya menunggu ISP.", ""),
        ("UD", ("pln",), "Hari ini 1 dari 2 tempat tersambung; 1 putus, menunggu PLN.", ""),
        ("UD", ("",), "Hari ini 1 dari 2 tempat tersambung; 1 putus, sebabnya belum diketahui.", ""),
        ("UDDD", ("isp", "site", ""),
         "Hari ini 1 dari 4 tempat tersambung; 3 putus, 1 menunggu ISP, 1 menunggu orang di lokasi, "
         "1 belum diketahui sebabnya.", ""),
        ("U?M", (), "Hari ini 1 dari 2 tempat tersambung; 1 tidak diketahui. 1 sedang dalam pekerjaan terencana.", ""),
    ],
)  # fmt: skip
def test_one_sentence_says_how_the_city_is(
    states: str, parties: tuple[str, ...], indonesian: str, english: str, client_as: Callable[[str], Any], city: Path
) -> None:
    words = {"U": "UP", "D": "DOWN", "?": "UNKNOWN", "M": "MAINT"}
    waiting = iter(parties)
    for code, state in zip(KEL, states, strict=False):
        wall_city.add_node(code, words[state], cause="lost" if state == "D" else "")
        if state == "D" and (party := next(waiting)):
            concluded.add_outage(code, lasted_min=None, party=party)
    client = client_as("leadership")
    assert headline(client) == indonesian
    if english:
        assert headline(client, "en") == english


def test_the_month_is_held_against_the_promise_and_the_worst_five_come_first(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.web.city import month_now

    first, last = month_now()
    concluded.add_line("line-a", "telkom", KEL[:3], promised_pct=99.5)
    concluded.add_line("line-b", "lain", KEL[3:5], promised_pct=80.0)
    for number, code in enumerate(KEL):
        wall_city.add_node(code)
        concluded.add_days(code, (last,), down_s=number * 3600, isp_down_s=number * 3600)
    page = client_as("leadership").get("/city/").content.decode()
    rows = [re.sub(r"<[^>]*>|\s+", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    said = [" ".join(row) for row in rows]
    assert said[1].split("%")[:2] == ["Telkom tidak terpenuhi 99,50 ", " 95,83 "] and said[1].endswith(" 3")
    assert said[2].split("%")[:2] == ["Lain terpenuhi 80,00 ", " 85,41 "]
    worst = [row for row in said if "jam 0 menit" in row]
    assert len(worst) == 5
    assert [re.findall(r"\d jam", row)[0] for row in worst] == ["5 jam", "4 jam", "3 jam", "2 jam", "1 jam"]
    assert 'href="/nodes/' not in page  # the leadership has no such page
    assert first <= last


def test_too_little_data_gives_no_verdict(client_as: Callable[[str], Any], city: Path) -> None:
    from center.web.city import month_now

    wall_city.add_node(KEL[0])
    concluded.add_line("line-a", "telkom", KEL[:1])
    concluded.add_days(KEL[0], (month_now()[1],), unknown_s=40_000, isp_unknown_s=40_000)
    page = client_as("leadership").get("/city/").content.decode()
    assert page.count("data tidak cukup") >= 2
    assert "terpenuhi" not in page


def test_complaints_are_counted_by_whether_they_were_answered_in_time(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.complaints.models import Event
    from center.web.city import ANSWER_DAYS, DAY_MS, answers

    start = wall_city.now_ms() - 20 * DAY_MS
    cases = {"in time": 1, "late": ANSWER_DAYS + 1, "forgotten": None}
    for after_days in cases.values():
        answered_ms = None if after_days is None else start + after_days * DAY_MS
        key = wall_city.add_complaint(KEL[0], received_ms=start, first_answer_ms=answered_ms)
        if after_days is not None:
            for extra in (0, 3):  # what came after the first answer changes nothing
                Event.objects.create(
                    complaint_id=key, at_ms=start + (after_days + extra) * DAY_MS, kind="answered", actor="operator",
                    status="answered",
                )  # fmt: skip
    wall_city.add_complaint(KEL[0])
    found = answers(20260101, wall_city.now_ms())
    assert (found.received, found.in_time, found.late, found.waiting) == (4, 1, 2, 1)
    assert round(found.pct or 0) == 33


def test_a_centre_that_hears_nobody_says_so_first(client_as: Callable[[str], Any], city: Path) -> None:
    client = client_as("leadership")
    assert "tidak mendengar siapa pun" in client.get("/city/").content.decode()
    wall_city.keep_alive(ahead_s=60)
    assert "tidak mendengar siapa pun" not in client.get("/city/").content.decode()


def test_a_figure_is_cut_and_never_rounded_up() -> None:
    from center.web.templatetags.figures import hours_word, percent

    assert percent(99.4999).replace("\N{NO-BREAK SPACE}", " ").replace(".", ",") == "99,49 %"
    assert percent(100.0).replace("\N{NO-BREAK SPACE}", " ").replace(".", ",") == "100,00 %"
    assert percent(99.999).replace("\N{NO-BREAK SPACE}", " ").replace(".", ",") == "99,99 %"
    assert percent(None) == "–"
    assert [hours_word(seconds)[:4] for seconds in (59, 60)] == ["59 d", "1 me"]
