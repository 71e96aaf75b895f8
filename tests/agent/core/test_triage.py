"""Triage: explainable, total, and in doubt real."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.triage import in_burst, triage
from agent.core.triage_words import URGENT_PHRASES, URGENT_WORDS
from tests.support.growth import PROPORTION, growth


@pytest.mark.parametrize(
    ("text", "classification", "reasons"),
    [
        ("Lampu jalan di depan kantor mati sejak Senin", "real", ()),
        ("halo, jalan depan rumah saya berlubang", "real", ()),
        ("sampah sampah sampah", "real", ()),
        ("asas", "real", ()),
        ("Kenapa KTP saya belum jadi? Syarat sudah lengkap", "real", ()),
        ("", "ghost", ("no_words",)),
        ("?!... 123", "ghost", ("no_words",)),
        ("aaaaaaaa", "ghost", ("one_character_repeated",)),
        ("jalan jalan jalan", "ghost", ("one_word_repeated",)),
        ("asdfasdf qwerty", "ghost", ("keyboard_run",)),
        ("wkwkwk haha", "prank_suspect", ("laughter_only",)),
        ("tes", "prank_suspect", ("trying_out_only",)),
        ("halo tes wkwk", "prank_suspect", ("trying_out_only",)),
        ("Apa syarat membuat KTP?", "information", ("service_question",)),
        ("jam buka loket berapa", "information", ("service_question",)),
    ],
)
def test_texts_are_classed_with_their_reason(text: str, classification: str, reasons: tuple[str, ...]) -> None:
    finding = triage(text)
    assert (finding.classification, finding.reasons, finding.urgent) == (classification, reasons, False)


@pytest.mark.parametrize(
    "text",
    [
        "KEBAKARAN di pasar!",
        "tolong ada Kebakaran",
        "kebakaran kebakaran kebakaran",
        "wkwk banjirnya sampai lutut",
        "B\u00c1NJIR",
        "\uff42\uff41\uff4e\uff4a\uff49\uff52",
        "ada POHON   TUMBANG,di jalan",
        "apa nomor ambulans?",
    ],
)
def test_a_word_of_danger_is_urgent_and_real_whatever_else(text: str) -> None:
    finding = triage(text)
    assert finding.urgent and finding.classification == "real"


@given(st.text(max_size=300), st.sampled_from([*sorted(URGENT_WORDS), *URGENT_PHRASES]), st.text(max_size=300))
def test_a_word_of_danger_is_never_overlooked_among_other_words(before: str, word: str, after: str) -> None:
    assert triage(f"{before} . {word} . {after}").urgent


@given(st.text(max_size=500))
def test_any_text_gets_an_answer_and_reasons_tell_nothing_of_it(text: str) -> None:
    finding = triage(text)
    assert finding.classification in ("real", "information", "prank_suspect", "ghost")
    assert bool(finding.reasons) or finding.classification == "real"
    assert all(reason in KNOWN_REASONS for reason in finding.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "Tulung, umahe tangga kobongan!",
        "aya nu titeuleum di walungan",
        "Imah pak RT kabakaran",
        "bocah ilang ning pasar rau",
        "ana wong semaput",
        "Anak tetangga dipukuli bapaknya",
        "kabel menjuntai di jalan",
        "ibu hamil pendarahan",
        "caah asup ka imah",
    ],
)
def test_danger_is_understood_as_people_of_serang_say_it(text: str) -> None:
    assert triage(text).urgent


@pytest.mark.parametrize(
    "text",
    [
        "Tabung gas elpiji 3 kg langka dan mahal",
        "Air PDAM naik harganya",
        "Mohon jalan kampung dicor",
        "Jangan potong kabel internet warga",
        "Petugas kurang sopan",
    ],
)
def test_everyday_concerns_are_not_urgent(text: str) -> None:
    assert not triage(text).urgent and triage(text).classification == "real"


@given(st.text(max_size=300))
def test_a_queue_at_the_kiosk_never_makes_anybody_urgent_or_a_ghost(text: str) -> None:
    alone = triage(text)
    among_many = in_burst(text, alone)
    assert among_many.urgent == alone.urgent and among_many.reasons[-1] == "rate_burst"
    assert set(among_many.reasons) <= KNOWN_REASONS | {"few_words", "rate_burst"}
    if among_many.classification != alone.classification:
        assert (alone.classification, among_many.classification) == ("real", "prank_suspect")
        assert "few_words" in among_many.reasons


def test_a_sentence_among_many_stays_real_and_two_words_are_only_suspected() -> None:
    for text, expected in (("Jalan rusak di depan sekolah", "real"), ("jalan rusak", "prank_suspect")):
        assert triage(text).classification == "real"
        assert in_burst(text, triage(text)).classification == expected


KNOWN_REASONS = {
    "urgent_word",
    "urgent_phrase",
    "no_words",
    "one_character_repeated",
    "one_word_repeated",
    "keyboard_run",
    "laughter_only",
    "trying_out_only",
    "service_question",
}


@pytest.mark.parametrize(
    "text", ["asd" * 1333 + "x", "qwertyuiop" * 400 + "1", "wk" * 2000 + "x", "l" * 3999 + "o", "a " * 2000]
)
def test_no_text_of_allowed_length_takes_long(text: str) -> None:
    assert growth(lambda size: triage(text[-size:]), len(text)) < PROPORTION
