"""Evidence in words: every reason of every probe, both languages, whatever the detail holds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Reason
from wire.bodies import EvidenceItem
from wire.evidence import sentence
from wire.evidence_probes import SAID, SUBJECTS
from wire.evidence_reasons import GENERAL
from wire.evidence_text import MOST_CHARACTERS, Values, clean, fill, number

REASONS = [str(reason) for reason in Reason if reason]
PROBES = sorted(SUBJECTS)
TEMPLATES = [pair for table in (GENERAL, *SAID.values()) for pair in table.values()] + list(SUBJECTS.values())
GATEWAY = {"address": "10.20.3.1"}
BROKER = {"address": "10.1.1.1", "port": 8883}


@pytest.mark.parametrize(
    ("item", "indonesian", "english"),
    [
        (
            EvidenceItem("icmp", "gateway", False, "no_reply", 20, 20, None, GATEWAY),
            "0 dari 20 ping ke gateway 10.20.3.1 dijawab",
            "0 of 20 pings to gateway 10.20.3.1 answered",
        ),
        (
            EvidenceItem("icmp", "center", True, "", 20, 3, 11.44, {"address": "10.1.1.1"}),
            "17 dari 20 ping ke pusat 10.1.1.1 dijawab, tengah 11,4 ms",
            "17 of 20 pings to centre 10.1.1.1 answered, median 11.4 ms",
        ),
        (
            EvidenceItem("icmp", "center", False, "net_unreachable", 5, 5, None, {"offender": "10.20.3.1"}),
            "10.20.3.1 menjawab: jaringan tujuan tidak terjangkau; 0 dari 5 ping dijawab",
            "10.20.3.1 answered: network unreachable; 0 of 5 pings answered",
        ),
        (
            EvidenceItem(
                "icmp", "center", False, "host_unreachable", 5, 5, None,
                {"address": "10.1.1.1", "offender": "10.1.1.9", "offender_is_us": True},
            ),
            "Tidak ada alat di jaringan ini yang menjawab untuk alamat 10.1.1.1",
            "Nobody on this network answers for the address 10.1.1.1",
        ),
        (
            EvidenceItem("tcp", "center", False, "prohibited", 1, 1, None, {**BROKER, "offender": "10.9.0.1"}),
            "10.9.0.1 menjawab: dilarang oleh penyaring (pusat 10.1.1.1)",
            "10.9.0.1 answered: prohibited by a filter (centre 10.1.1.1)",
        ),
        (
            EvidenceItem("broker", "center", False, "tls_expired", detail={**BROKER, "certificate_days": -12.2}),
            "Sertifikat broker kedaluwarsa sejak 12 hari",
            "The broker's certificate has expired, 12 days ago",
        ),
        (
            EvidenceItem("broker", "center", False, "timeout", 1, 1, None, {**BROKER, "phase": "tls"}),
            "Broker pusat 10.1.1.1 port 8883 menerima sambungan, lalu diam saat jabat tangan TLS",
            "The broker at centre 10.1.1.1 port 8883 took the connection, then fell silent in the TLS handshake",
        ),
        (
            EvidenceItem(
                "broker", "center", False, "mqtt_refused",
                detail={**BROKER, "reason_code": 135, "reason_name": "not authorised"},
            ),
            "Broker pusat 10.1.1.1 port 8883 menolak CONNECT: not authorised (kode 135)",
            "The broker at centre 10.1.1.1 port 8883 refused CONNECT: not authorised (code 135)",
        ),
        (
            EvidenceItem(
                "dns", "resolver-1", False, "dns_hijacked",
                detail={"address": "10.1.1.1", "query": "kota.id", "answer": "10.0.0.1", "expected": "103.1.2.3"},
            ),
            "Server nama 1 10.1.1.1 menjawab palsu: 10.0.0.1 untuk kota.id, seharusnya 103.1.2.3",
            "Name server 1 10.1.1.1 answered falsely: 10.0.0.1 for kota.id, it should be 103.1.2.3",
        ),
        (
            EvidenceItem("gateway", "gateway", False, "no_reply", detail={**GATEWAY, "arp": "reachable"}),
            "Gateway 10.20.3.1 tidak menjawab ping maupun ketukan TCP (ARP dijawab)",
            "The gateway 10.20.3.1 answered neither pings nor TCP knocks (ARP answered)",
        ),
        (
            EvidenceItem("internet", "internet", True, detail={"tried": 3, "answered": 2, "first": "1.1.1.1"}),
            "Internet menjawab (2 dari 3 alamat), tercepat 1.1.1.1",
            "The internet answers (2 of 3 addresses), first 1.1.1.1",
        ),
        (
            EvidenceItem("mtu", "center", False, "mtu_black_hole", detail={"mtu": 1400, "by": "icmp"}),
            "Paket besar ke pusat hilang tanpa kabar, yang masih lewat 1400 byte (diuji dengan ping besar)",
            "Large packets to centre vanish in silence, 1400 bytes still pass (tested with large pings)",
        ),
        (
            EvidenceItem("ntp", "clock", False, "clock_wrong", detail={"offset_s": -4021.46, "server": "10.1.1.1"}),
            "Jam kotak salah: selisih -4021,5 detik dari server waktu 10.1.1.1",
            "The box's clock is wrong: off by -4021.5 s from the time server 10.1.1.1",
        ),
        (
            EvidenceItem("ipv6", "internet", True, detail={"absent": True}),
            "Jaringan ini tidak memakai IPv6",
            "This network has no IPv6",
        ),
        (
            EvidenceItem("site", "Dinas Kesehatan", False, "site_stale",
                         detail={"fresh_days": 214, "fresh_source": "feed"}),
            "Situs Dinas Kesehatan sudah lama tidak diperbarui: 214 hari (umpan berita)",
            "The site Dinas Kesehatan has long not been updated: 214 days (feed)",
        ),
        (
            EvidenceItem("site", "PPID", True, detail={"fresh_days": 214, "stale": True, "expiring": True,
                                                       "certificate_days": 6.4}),
            "Situs PPID menjawab, sertifikatnya habis dalam 6 hari, isinya tidak diperbarui 214 hari",
            "The site PPID answered, its certificate expires in 6 days, its content is 214 days old",
        ),
        (
            EvidenceItem("dns", "resolver-2", False, "dns_wildcard",
                         detail={"address": "10.1.1.1", "answer": "103.1.2.3", "canary_answer": "36.86.63.185"}),
            "Server nama 2 10.1.1.1 memberi alamat 36.86.63.185 untuk nama yang tidak mungkin ada",
            "Name server 2 10.1.1.1 gave an address 36.86.63.185 for a name that cannot exist",
        ),
        (
            EvidenceItem("satelit", "langit", False, "terlalu_tinggi"),
            "Satelit langit: terlalu_tinggi",
            "Satelit langit: terlalu_tinggi",
        ),
    ],
)  # fmt: skip
def test_what_was_sent_what_came_back_and_from_whom(item: EvidenceItem, indonesian: str, english: str) -> None:
    assert sentence(item, "id") == indonesian
    assert sentence(item, "en") == english


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_agent_has_words_of_its_own_in_both_languages(reason: str) -> None:
    assert reason in GENERAL
    for probe in PROBES:
        said = [sentence(EvidenceItem(probe, "center", False, reason), lang) for lang in ("id", "en")]
        assert said[0] != said[1]
        assert "?" not in "".join(said) or reason == "host_unreachable"
        assert not any(text.endswith(f": {reason}") or "_" in text for text in said)


@pytest.mark.parametrize("probe", PROBES)
def test_every_probe_says_in_words_that_all_is_well(probe: str) -> None:
    said = {sentence(EvidenceItem(probe, "center", True), lang) for lang in ("id", "en")}
    assert len(said) == 2
    assert not any("ok" in text.split() for text in said)


def test_every_template_has_balanced_parts_known_forms_and_the_same_fields_in_both_languages() -> None:
    known = {"", "ms", "s", "mbps", "dbm", "pct", "days", "bytes", "mhz", "int", "dec", "word", "span"}
    for pair in TEMPLATES:
        for text in pair:
            assert text.count("[") == text.count("]")
            assert "[[" not in re.sub(r"[^\[\]]", "", text)
            assert {form for _name, form in re.findall(r"\{(\w+):?(\w*)\}", text)} <= known
        one, two = ({name for name, _form in re.findall(r"\{(\w+):?(\w*)\}", text)} for text in pair)
        assert one == two


TEXTS = st.text(max_size=400) | st.sampled_from(["\x1b[2J", "\u202egnp.exe", "{who}[x]", "a\nb", "%s", "<b>"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
NAMES = sorted({name for pair in TEMPLATES for name in re.findall(r"\{(\w+)", pair[0])} | {"offender", "phase"})


@given(
    st.sampled_from(PROBES) | TEXTS,
    st.sampled_from(["center", "gateway", "local", "resolver-1", "resolver-"]) | TEXTS,
    st.booleans(),
    st.sampled_from(REASONS) | TEXTS,
    st.dictionaries(st.sampled_from(NAMES) | TEXTS, SCALARS, max_size=24),
    st.sampled_from(["id", "en", "fr"]),
)
def test_whatever_a_node_sends_becomes_one_printable_line_of_bounded_length(
    probe: str, target: str, ok: bool, reason: str, detail: dict[str, str | int | float | bool | None], lang: str
) -> None:
    said = sentence(EvidenceItem(probe, target, ok, reason, 20, 3, 1.5, detail), lang)
    assert said
    assert said.isprintable()
    assert len(said) <= MOST_CHARACTERS


@given(TEXTS)
def test_a_value_cannot_break_out_of_its_place(text: str) -> None:
    said = fill("a {x} b[ c {y} d] e", Values("id", {"x": text, "who": "GEHEIM"}))
    assert said == f"a {clean(text) or '?'} b e"


@pytest.mark.parametrize(
    ("value", "digits", "comma", "text"),
    [
        (11.44, 1, True, "11,4"),
        (11.0, 1, True, "11"),
        (-0.01, 1, False, "0"),
        (1400, 0, True, "1400"),
        (0.05, 1, False, "0.1"),
        (float("nan"), 1, True, ""),
        (float("inf"), 1, True, ""),
        (10**13, 0, True, ""),
        (True, 0, True, ""),
        ("12", 0, True, ""),
    ],
)
def test_numbers_are_said_with_the_sign_of_the_language_and_nonsense_not_at_all(
    value: object, digits: int, comma: bool, text: str
) -> None:
    assert number(value, digits, comma=comma) == text


def test_a_whole_number_of_five_thousand_digits_is_no_trouble() -> None:
    assert sentence(EvidenceItem("x", "y", False, "z", detail={"address": 10**5000})).startswith("X y")


@pytest.mark.parametrize(
    ("free_in_s", "indonesian", "english"),
    [(90, "90 detik", "90 s"), (1800, "30 menit", "30 minutes"), (40_000, "11,1 jam", "11.1 hours"),
     (259_200, "3 hari", "3 days")],
)  # fmt: skip
def test_how_long_to_wait_is_said_in_the_unit_people_would_choose(
    free_in_s: float, indonesian: str, english: str
) -> None:
    item = EvidenceItem("throughput", "center", False, "not_now", detail={"refusal": "day", "free_in_s": free_in_s})
    assert sentence(item).endswith(f"boleh lagi dalam {indonesian}")
    assert sentence(item, "en").endswith(f"possible again in {english}")


def test_more_lost_than_sent_is_none_answered() -> None:
    assert sentence(EvidenceItem("icmp", "gateway", False, "no_reply", 5, 50)) == "0 dari 5 ping ke gateway dijawab"
