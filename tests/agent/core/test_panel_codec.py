"""Payloads of the panel's frames: every message comes back as it was, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.framing import MOST_PAYLOAD_BYTES
from agent.core.panel_codec import put, read_from_box, read_from_panel
from agent.core.panel_words import (
    CATEGORIES,
    LANGUAGES,
    MOST_SCAN_BYTES,
    MOST_TEXT_BYTES,
    NONCE_BYTES,
    Answer,
    FromBox,
    FromPanel,
    Hello,
    Kind,
    Led,
    LookUp,
    Nak,
    PayloadError,
    Ping,
    Press,
    Scan,
    Status,
    Taken,
    Ticket,
    Welcome,
    clipped,
)


def texts(most_bytes: int) -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=["Cs"])
    return st.text(characters, max_size=most_bytes).map(lambda text: clipped(text, most_bytes))


NUMBER = {size: st.integers(0, 2 ** (8 * size) - 1) for size in (1, 2, 4)}
CODES = st.from_regex(r"[0-9A-Z]{10}", fullmatch=True)
PINS = st.from_regex(r"[0-9]{4}", fullmatch=True)
FROM_PANEL = st.one_of(
    st.builds(
        Hello,
        lowest=st.just(1),
        highest=st.integers(1, 255),
        panel=st.from_regex(r"[A-Za-z0-9_-]{1,16}", fullmatch=True),
        nonce=st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES),
        features=NUMBER[2],
        model=texts(32),
        firmware=texts(32),
    ),
    st.builds(
        Press,
        category=st.sampled_from(CATEGORIES),
        subject=st.from_regex(r"[a-z0-9_]{0,32}", fullmatch=True),
        text=texts(MOST_TEXT_BYTES),
        lang=st.sampled_from(LANGUAGES),
    ),
    st.builds(LookUp, code=CODES, pin=PINS, lang=st.sampled_from(LANGUAGES)),
    st.builds(Scan, source=st.integers(0, 3), text=texts(MOST_SCAN_BYTES)),
    st.builds(Ping, answer=st.booleans()),
)
FROM_BOX = st.one_of(
    st.builds(Welcome, version=NUMBER[1], place=texts(64)),
    st.just(Taken()),
    st.builds(
        Ticket,
        code=CODES,
        pin=PINS,
        text=texts(MOST_TEXT_BYTES),
        urgent=st.booleans(),
        offline=st.booleans(),
        duplicate=st.booleans(),
    ),
    st.builds(Answer, found=st.booleans(), status=texts(32), text=texts(MOST_TEXT_BYTES)),
    st.builds(Nak, code=NUMBER[1], wait_ms=NUMBER[4], text=texts(255)),
    st.builds(Status, state=st.integers(0, 2), text=texts(MOST_TEXT_BYTES)),
    st.builds(Led, colour=st.integers(0, 3), pattern=st.integers(0, 2), duration_ms=NUMBER[2]),
    st.builds(Ping, answer=st.booleans()),
)


@given(FROM_PANEL)
def test_what_a_panel_says_comes_back_as_it_was(message: FromPanel) -> None:
    kind, flags, payload = put(message)
    assert len(payload) <= MOST_PAYLOAD_BYTES
    assert read_from_panel(kind, flags, payload) == message


@given(FROM_BOX)
def test_what_the_box_says_comes_back_as_it_was(message: FromBox) -> None:
    kind, flags, payload = put(message)
    assert len(payload) <= MOST_PAYLOAD_BYTES
    assert read_from_box(kind, flags, payload) == message


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=MOST_PAYLOAD_BYTES))
def test_any_payload_is_a_message_or_a_typed_error(kind: int, flags: int, payload: bytes) -> None:
    for read in (read_from_panel, read_from_box):
        try:
            message = read(kind, flags, payload)
        except PayloadError:
            continue
        if message is not None and not isinstance(message, Ping):
            again = put(message)
            assert (again[0], again[2]) == (kind, payload)


@given(FROM_PANEL, st.binary(min_size=1, max_size=8))
def test_what_is_left_over_or_missing_makes_a_payload_wrong(message: FromPanel, rest: bytes) -> None:
    kind, flags, payload = put(message)
    with pytest.raises(PayloadError):
        read_from_panel(kind, flags, payload + rest)
    if payload:
        with pytest.raises(PayloadError):
            read_from_panel(kind, flags, payload[:-1])


@pytest.mark.parametrize(
    "message",
    [
        Press("ppid", "jalan"),
        Press("aduan", "Jalan"),
        Press("aduan", "jalan", "x" * (MOST_TEXT_BYTES + 1)),
        Press("aduan", "jalan", lang="fr"),
        LookUp("K7F29QX31A", "12a4"),
        Hello(1, 1, "dua kata", bytes(NONCE_BYTES)),
        Hello(1, 1, "p", b"short"),
        Led(300),
    ],
)
def test_what_has_no_room_is_said_to_have_none(message: FromPanel | FromBox) -> None:
    with pytest.raises(PayloadError):
        put(message)


def test_a_panel_says_nothing_that_only_a_box_says() -> None:
    for message in (Taken(), Nak(6), Status(1, ""), Led(1), Welcome(1, "kel-3673011001")):
        kind, flags, payload = put(message)
        assert read_from_panel(kind, flags, payload) is None


def test_what_citizens_say_and_secrets_do_not_stand_in_the_names_of_things() -> None:
    said = [
        Press("aduan", "jalan", "RAHASIA"),
        LookUp("K7F29QX31A", "4821"),
        Scan(2, "RAHASIA"),
        Ticket("K7F29QX31A", "4821", "RAHASIA"),
        Answer(True, "answered", "RAHASIA"),
        Hello(1, 1, "p", b"RAHASIARAHASIA!!"),
    ]
    for one in said:
        assert not any(word in repr(one) for word in ("RAHASIA", "4821", "K7F29QX31A"))


def test_a_clipped_text_never_ends_in_half_a_character() -> None:
    assert clipped("aé", 2) == "a"
    assert clipped("\ud800", 9) == "?"
    assert Kind.PING == 8
