"""The technicians' page: ten steps and six, each with what is seen when it is right, and every picture is there."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "teknisi.md").read_text(encoding="utf-8")
SETTING_UP, SWAPPING = "## Dari kardus sampai hijau: 10 langkah", "## Mengganti kotak rusak: 6 langkah"
NARROWEST_PX = 12
"""A drawing is 360 wide, as a telephone is: smaller letters are for nobody's eyes."""


def chapter(title: str) -> str:
    return PAGE.partition(f"\n{title}\n")[2].partition("\n## ")[0]


def steps(title: str) -> list[str]:
    return re.split(r"^\*\*\d+\. ", chapter(title), flags=re.M)[1:]


def test_from_carton_to_green_are_ten_steps_each_with_its_picture_and_what_is_right() -> None:
    found = steps(SETTING_UP)
    assert re.findall(r"^\*\*(\d+)\. ", chapter(SETTING_UP), re.M) == [str(number) for number in range(1, 11)]
    assert [step for step in found if step.count("![") != 1 or step.count("Benar bila: ") != 1] == []


def test_a_swap_is_six_steps() -> None:
    assert re.findall(r"^\*\*(\d+)\. ", chapter(SWAPPING), re.M) == [str(number) for number in range(1, 7)]


def test_every_picture_and_every_page_it_names_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE)
    assert [link for link in links if not (DOCS / link).is_file()] == []


def test_every_drawing_can_be_read_on_a_telephone_and_is_used() -> None:
    for file in (DOCS / "img/teknisi").iterdir():
        assert f"img/teknisi/{file.name}" in PAGE, file.name
        if file.suffix == ".svg":
            root = ElementTree.parse(file).getroot()
            assert root.get("width") == "360" and root.find("{http://www.w3.org/2000/svg}title") is not None
            sizes = [float(each.get("font-size", "0")) for each in root.iter("{http://www.w3.org/2000/svg}text")]
            assert all(size >= NARROWEST_PX for size in sizes), file.name


def test_every_state_of_the_certificate_stands_there_in_the_words_of_the_screen() -> None:
    texts = json.loads((DOCS.parent / "agent/locale/id.json").read_text(encoding="utf-8"))
    states = [text for key, text in texts.items() if key.startswith("enrol.state.")]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", chapter("## Bila tidak seperti itu"), re.M)
    assert {_plain(re.sub(r"\{\w+\}", "...", text)) for text in states} <= {_plain(row[0]) for row in rows}


def _plain(sentence: str) -> str:
    return sentence.rstrip(". ")
