"""Triage: explainable, total, and in doubt real."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.triage import triage
from agent.core.triage_words import URGENT_PHRASES, URGENT_WORDS


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
    began_s = time.process_time()
    triage(text)
    assert time.process_time() - began_s < 0.5
