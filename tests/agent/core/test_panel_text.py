"""A panel that speaks in lines of text: the same promises, as far as it does its part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.panel_lines import (
    LONGEST_LINE_BYTES,
    PARTIAL_LINE_S,
    BadLine,
    Line,
    LineDecoder,
    check,
    read_line,
    write_line,
)
from agent.core.panel_moves import SILENT_AFTER_S, Appeared, Move, Rules, Scanned, Send, Silent, Work
from agent.core.panel_sequence import SequenceBook
from agent.core.panel_text import TextSession
from agent.core.panel_words import Answer, LookUp, Nak, Press, Refusal, State, Status, Ticket

HELLO = b"HELLO panel-1 1f3a9c02 00112233445566778899aabbccddeeff\n"
TICKET = Ticket("K7F29QX31A", "4821", "Diterima.", offline=True, urgent=True)


class Talk:
    """A simple panel's end of a session."""

    def __init__(self, *, boot: int = 5, spare: bytes = b"s" * 32, checked: bool = False, per_min: float = 60) -> None:
        rules = Rules(presses_per_min=per_min)
        self.session = TextSession(boot, "kel-3673011001", SequenceBook(), spare, rules, checked=checked)
        self.now_s = 1000.0
        self.moves: list[Move] = []

    def say(self, line: bytes) -> list[str]:
        return self.hear(self.session.receive(line, self.now_s))

    def later(self, seconds: float) -> list[str]:
        self.now_s += seconds
        return self.hear(self.session.tick(self.now_s))

    def answer(self, outcome: Ticket | Answer | Nak) -> list[str]:
        return self.hear(self.session.answer(self.work(), outcome, self.now_s))

    def hear(self, moves: list[Move]) -> list[str]:
        self.moves = moves if moves and not all(isinstance(m, Send) for m in moves) else [*self.kept_work(), *moves]
        return [move.data.decode("ascii").removesuffix("\r\n") for move in moves if isinstance(move, Send)]

    def kept_work(self) -> list[Move]:
        return [move for move in self.moves if isinstance(move, Work)]

    def work(self) -> Work:
        return [move for move in self.moves if isinstance(move, Work)][-1]


def test_a_button_is_one_line_and_its_answer_another() -> None:
    talk = Talk()
    talk.say(b"ADUAN jalan lubang besar\n")
    assert talk.work().message == Press("aduan", "jalan", "lubang besar", "id")
    assert talk.answer(TICKET) == ["OK K7F29QX31A 4821 OFFLINE URGENT", "LED AMBER FAST 3000"]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_may_end_as_the_panel_likes(end: bytes) -> None:
    talk = Talk()
    talk.say(b"SARAN" + end)
    assert talk.work().message == Press("saran", "", "", "id")


def test_a_numbered_line_is_answered_under_its_number_and_is_the_same_press_when_it_comes_again() -> None:
    talk = Talk()
    assert talk.say(HELLO)[0] == "READY 1 kel-3673011001"
    talk.say(b"#7 ADUAN lampu\n")
    first = talk.work()
    assert talk.say(b"#7 ADUAN lampu\n") == []
    assert talk.answer(TICKET)[0].startswith("#7 OK K7F29QX31A 4821")
    talk.say(b"#7 ADUAN lampu\n")
    assert talk.work() is not first
    assert talk.work().client_id == first.client_id


def test_with_hello_a_repeat_is_known_after_a_restart_of_the_box_and_even_on_another_card() -> None:
    names = set()
    for boot, spare in ((1, b"a" * 32), (2, b"b" * 32)):
        talk = Talk(boot=boot, spare=spare)
        talk.say(HELLO + b"#7 ADUAN lampu\n")
        names.add(talk.work().client_id)
    assert len(names) == 1


def test_a_panel_that_reboots_while_its_press_is_under_way_is_not_told_the_old_ones_ticket() -> None:
    talk = Talk()
    talk.say(HELLO + b"#0 ADUAN jalan\n")
    old = talk.work()
    talk.say(HELLO.replace(b"1f3a9c02", b"1f3a9c03"))
    assert talk.say(b"#0 ADUAN lampu\n") == ["#0 ERR BUSY 500"]
    assert talk.session.answer(old, TICKET, talk.now_s) == []
    talk.say(b"#0 ADUAN lampu\n")
    assert talk.work().message == Press("aduan", "lampu", "", "id")
    assert talk.work().client_id != old.client_id
    assert talk.answer(TICKET)[0].startswith("#0 OK")


def test_an_answer_read_in_one_boot_is_not_shown_in_the_next() -> None:
    talk = Talk()
    talk.say(HELLO + b"#1 CEK K7F29QX31A 4821\n")
    old = talk.work()
    talk.say(HELLO.replace(b"1f3a9c02", b"1f3a9c03"))
    assert talk.session.answer(old, Answer(True, "answered", "Sudah."), talk.now_s) == []
    assert talk.say(b"#1 CEK AAAAAAAAAA 0000\n") == []
    assert talk.work().message == LookUp("AAAAAAAAAA", "0000", "id")


def test_without_hello_numbers_hold_only_while_the_line_is_open() -> None:
    names = set()
    for boot in (1, 2):
        talk = Talk(boot=boot)
        talk.say(b"#7 ADUAN lampu\n")
        names.add(talk.work().client_id)
    assert len(names) == 2


def test_lines_without_a_number_are_presses_of_their_own() -> None:
    talk = Talk()
    names = []
    for _ in range(3):
        talk.say(b"ADUAN lampu\n")
        names.append(talk.work().client_id)
        talk.answer(TICKET)
    assert len(set(names)) == 3


def test_a_look_up_is_answered_in_one_line_whatever_the_answer_holds() -> None:
    talk = Talk()
    talk.say(b"#3 CEK K7F29-QX31A 4821\n")
    assert talk.work().message == LookUp("K7F29-QX31A", "4821", "id")
    said = talk.answer(Answer(True, "answered", "Sudah\r\nOK palsu\x1b[2J é"))
    assert said == ["#3 INFO 1 answered Sudah OK palsu?[2J ?"]
    assert talk.say(b"#3 CEK K7F29-QX31A 4821\n") == said, "a repeat is no other try"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"BUANG jalan\n", "ERR TYPE 0"),
        (b"CEK K7F29QX31A\n", "ERR PAYLOAD 0"),
        (b"ADUAN jalan" + b"x" * 460 + b"\n", "ERR PAYLOAD 0"),
        (b"#70000 ADUAN jalan\n", "ERR PAYLOAD 0"),
        (b"#x ADUAN jalan\n", "ERR PAYLOAD 0"),
        (b"ADUAN \xff\xfe\n", "ERR PAYLOAD 0"),
        (b"HELLO not/allowed\n", "ERR PAYLOAD 0"),
        (b"x" * (LONGEST_LINE_BYTES + 1) + b"\n", "ERR TOO_LONG 0"),
    ],
)
def test_what_is_no_line_of_this_kind_is_said_to_be_none(line: bytes, error: str) -> None:
    talk = Talk()
    assert talk.say(line)[-1] == error
    assert talk.kept_work() == []


def test_a_panel_that_hurries_is_asked_to_wait() -> None:
    talk = Talk()
    talk.say(b"#1 ADUAN jalan\n")
    assert talk.say(b"#2 ADUAN jalan\n") == ["#2 ERR BUSY 500"]
    assert talk.answer(Nak(Refusal.STORAGE_FULL, 30_000)) == ["#1 ERR STORAGE_FULL 30000"]


def test_lines_with_a_check_are_taken_only_when_it_fits_and_answered_with_one() -> None:
    talk = Talk(checked=True)
    good = b"#7 ADUAN jalan"
    assert talk.say(good + b"*0000\n") == []
    assert talk.say(good + b"\n") == []
    assert talk.session.damaged == 2
    talk.say(good + b"*" + check(good).lower() + b"\n")
    [said, light] = talk.answer(TICKET)
    body, _, digits = said.rpartition("*")
    assert check(body.encode()).decode() == digits
    assert light.startswith("LED")


def test_the_check_is_the_published_one() -> None:
    assert check(b"123456789") == b"29B1"  # the CRC catalogue's check value of CRC-16/CCITT-FALSE


def test_a_scan_is_handed_on_and_a_ping_answered() -> None:
    talk = Talk()
    assert talk.say(b"#4 SCAN K7F29QX31A\n")[-1] == "#4 OK"
    assert Scanned("K7F29QX31A") in talk.moves
    talk.say(b"#4 SCAN K7F29QX31A\n")
    assert not any(isinstance(move, Scanned) for move in talk.session.receive(b"#4 SCAN K7F29QX31A\n", 1000.0))
    assert talk.say(b"PING\n") == ["PONG"]


def test_a_panel_is_there_with_its_first_word_and_gone_after_fifteen_silent_seconds() -> None:
    talk = Talk()
    moves = talk.session.receive(b"PING\n", talk.now_s)
    assert any(isinstance(move, Appeared) for move in moves)
    talk.now_s += SILENT_AFTER_S
    assert any(isinstance(move, Silent) for move in talk.session.tick(talk.now_s))


def test_how_the_box_is_is_told_to_a_panel_that_is_there() -> None:
    talk = Talk()
    online = Status(State.ONLINE, "Siap.")
    assert talk.hear(talk.session.show(online, talk.now_s)) == []
    assert talk.say(b"PING\n")[:2] == ["STATUS ONLINE Siap.", "LED GREEN STEADY 0"]


def test_a_line_that_nobody_ends_is_given_up() -> None:
    decoder = LineDecoder(checked=False)
    assert decoder.feed(b"ADUAN ja", 0.0) == []
    assert decoder.expire(PARTIAL_LINE_S) == [BadLine("partial")]
    assert decoder.feed(b"SARAN\n", 6.0) == [Line(None, "SARAN", "")]


@given(st.lists(st.binary(max_size=200), max_size=12), st.booleans())
def test_whatever_comes_over_the_line_the_session_goes_on(pieces: list[bytes], checked: bool) -> None:
    talk = Talk(checked=checked)
    for piece in pieces:
        talk.session.receive(piece, talk.now_s)
        talk.later(0.7)
    ping = write_line(Line(None, "PING", ""), checked=checked)
    assert talk.say(b"\n" + ping)[-1].startswith("PONG")


@given(st.text(max_size=600), st.one_of(st.none(), st.integers(0, 65535)), st.booleans())
def test_whatever_the_box_says_is_one_short_line_of_printable_ascii(
    text: str, number: int | None, checked: bool
) -> None:
    raw = write_line(Line(number, "INFO", text), checked=checked)
    assert raw.endswith(b"\r\n")
    assert len(raw) <= LONGEST_LINE_BYTES
    assert all(32 <= byte < 127 for byte in raw[:-2])
    assert isinstance(read_line(raw[:-2], checked=checked), Line)
