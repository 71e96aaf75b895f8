"""The page about dead lines has a row for every verdict, with the words and the party the program itself uses."""

import gettext
import re
from pathlib import Path

from wire.verdicts import VERDICTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "saluran-mati.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z][0-9A-Za-z]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
PARTIES = {
    "none": "–",
    "pln": "PLN",
    "site": "lokasi",
    "isp": "ISP",
    "city": "tim kota",
    "center": "pusat",
    "agency": "OPD",
}


def test_every_verdict_has_exactly_one_row_and_every_row_is_a_verdict() -> None:
    codes = [row[0] for row in ROW.findall(PAGE)]
    assert sorted(codes) == sorted(VERDICTS)


def test_a_row_calls_the_verdict_and_its_party_what_the_program_calls_them() -> None:
    rows = {row[0]: row for row in ROW.findall(PAGE)}
    said = {code: (row[1], row[4]) for code, row in rows.items()}
    assert said == {code: (verdict.label_id, PARTIES[verdict.party]) for code, verdict in VERDICTS.items()}


def test_every_row_says_what_it_means_and_what_was_seen() -> None:
    thin = {row[0] for row in ROW.findall(PAGE) if len(row[2]) < 15 or (len(row[5]) < 8 and row[0] != "U0")}
    assert thin == set()


def test_the_parties_are_called_what_the_pages_call_them() -> None:
    with (ROOT / "center/locale/id/LC_MESSAGES/django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    shown = {"pln": "PLN", "site": "on site", "isp": "ISP", "city": "city team", "center": "centre", "agency": "agency"}
    assert {"none": "–", **{party: catalogue.gettext(text) for party, text in shown.items()}} == PARTIES


def test_the_flow_begins_with_diagnose_and_names_the_commands_that_help() -> None:
    flow = PAGE.partition("## Membaca bukti")[0]
    commands = re.findall(r"sandi ([a-z]+)", flow)
    assert commands[0] == "diagnose"
    assert {"watch", "ping", "trace", "dns", "site", "throughput", "outages", "maintenance", "bundle"} <= set(commands)
