"""The rules of a conversation with a panel, without a line: what is answered, what is repeated, what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.framing import Frame, FrameDecoder, encode
from agent.core.panel_codec import put, read_from_box
from agent.core.panel_moves import (
    PING_EVERY_S,
    PRESSES_AT_ONCE,
    SILENT_AFTER_S,
    STATUS_EVERY_S,
    Appeared,
    Move,
    Rules,
    Scanned,
    Send,
    Silent,
    Work,
)
from agent.core.panel_sequence import ROUND, SequenceBook
from agent.core.panel_session import FrameSession
from agent.core.panel_words import (
    ANSWER,
    Answer,
    Colour,
    FromBox,
    FromPanel,
    Hello,
    Kind,
    Led,
    LookUp,
    Nak,
    Ping,
    Press,
    Refusal,
    Scan,
    State,
    Status,
    Taken,
    Ticket,
    Welcome,
)

BOOT = 0x1F3A9C02
HELLO = Hello(1, 1, "panel-1", b"0123456789abcdef")
PRESS = Press("aduan", "jalan", "lubang")
TICKET = Ticket("K7F29QX31A", "4821", "Diterima.")


class Talk:
    """A panel's end of a session: says messages, and hears what the box sends for them."""

    def __init__(self, book: SequenceBook | None = None, rules: Rules | None = None, spare: bytes = b"s" * 32) -> None:
        self.session = FrameSession(0xB0, "kel-3673011001", book or SequenceBook(), spare, rules)
        self.now_s = 1000.0
        self.moves: list[Move] = []

    def say(self, message: FromPanel, seq: int = 0, boot: int = BOOT) -> list[FromBox]:
        kind, flags, payload = put(message)
        return self.hear(self.session.receive(encode(Frame(kind, flags, boot, seq, payload)), self.now_s))

    def raw(self, data: bytes) -> list[FromBox]:
        return self.hear(self.session.receive(data, self.now_s))

    def later(self, seconds: float) -> list[FromBox]:
        self.now_s += seconds
        return self.hear(self.session.tick(self.now_s))

    def hear(self, moves: list[Move]) -> list[FromBox]:
        self.moves = moves
        heard: list[FromBox] = []
        self.frames: list[Frame] = []
        for move in moves:
            if isinstance(move, Send):
                [frame] = FrameDecoder().feed(move.data, 0.0)
                assert isinstance(frame, Frame)
                message = read_from_box(frame.type, frame.flags, frame.payload)
                assert message is not None
                self.frames.append(frame)
                heard.append(message)
        return heard

    def work(self) -> Work:
        [work] = [move for move in self.moves if isinstance(move, Work)]
        return work

    def no_work(self) -> bool:
        return not any(isinstance(move, Work) for move in self.moves)

    def answer(self, work: Work, outcome: Ticket | Answer | Nak) -> list[FromBox]:
        return self.hear(self.session.answer(work, outcome, self.now_s))


def introduced(**about: object) -> Talk:
    talk = Talk(**about)  # type: ignore[arg-type]
    talk.say(HELLO)
    return talk


def test_a_hello_is_welcomed_with_the_version_and_how_the_box_is() -> None:
    talk = Talk()
    heard = talk.say(HELLO, seq=3)
    assert heard[0] == Welcome(1, "kel-3673011001")
    assert (talk.frames[0].boot, talk.frames[0].seq, talk.frames[0].flags) == (BOOT, 3, ANSWER)
    assert heard[1:] == [Status(State.CLOSED, ""), Led(Colour.RED)]
    assert Appeared(HELLO) in talk.moves


def test_a_repeated_hello_is_welcomed_again_and_told_once() -> None:
    talk = introduced()
    assert talk.say(HELLO)[0] == Welcome(1, "kel-3673011001")
    assert not any(isinstance(move, Appeared) for move in talk.moves)


@pytest.mark.parametrize("message", [PRESS, LookUp("K7F29QX31A", "4821"), Scan(2, "x"), Ping(), Ping(answer=True)])
def test_who_has_not_said_hello_is_asked_to_and_nothing_is_done_for_them(message: FromPanel) -> None:
    talk = Talk()
    assert talk.say(message, seq=9)[-1] == Nak(Refusal.HELLO)
    assert (talk.frames[-1].boot, talk.frames[-1].seq) == (BOOT, 9)
    assert talk.no_work()
    assert not any(isinstance(move, Scanned) for move in talk.moves)


def test_a_panel_that_booted_again_has_to_say_hello_again() -> None:
    talk = introduced()
    assert talk.say(PRESS, seq=0, boot=BOOT + 1) == [Nak(Refusal.HELLO)]
    assert talk.no_work()


@pytest.mark.parametrize(("lowest", "highest", "welcome"), [(1, 1, True), (1, 9, True), (2, 3, False)])
def test_both_speak_the_highest_version_that_both_know_or_none(lowest: int, highest: int, welcome: bool) -> None:
    heard = Talk().say(Hello(lowest, highest, "panel-1", bytes(16)))
    assert heard[0] == (Welcome(1, "kel-3673011001") if welcome else Nak(Refusal.VERSION))


def test_a_press_is_acknowledged_when_the_intake_has_it_and_not_before() -> None:
    talk = introduced()
    assert talk.say(PRESS, seq=7) == []
    work = talk.work()
    assert work.message == PRESS
    assert talk.say(PRESS, seq=7) == [], "the same press again while it is under way"
    assert talk.no_work()
    assert talk.answer(work, TICKET) == [TICKET, Led(Colour.GREEN, 2, 3000)]
    assert (talk.frames[0].type, talk.frames[0].boot, talk.frames[0].seq) == (Kind.ACK, BOOT, 7)


def test_a_press_whose_answer_was_lost_goes_to_the_intake_under_the_same_name() -> None:
    talk = introduced()
    talk.say(PRESS, seq=7)
    first = talk.work()
    talk.answer(first, TICKET)
    assert talk.say(PRESS, seq=7) == []
    assert talk.work().client_id == first.client_id


def test_a_restarted_box_gives_the_same_press_the_same_name_with_another_secret_of_its_own() -> None:
    one, two = introduced(spare=b"a" * 32), introduced(spare=b"b" * 32)
    one.say(PRESS, seq=7)
    two.say(PRESS, seq=7)
    assert one.work().client_id == two.work().client_id


def test_a_panel_that_cannot_draw_a_nonce_is_named_by_the_secret_of_the_box() -> None:
    names = set()
    for spare in (b"a" * 32, b"a" * 32, b"b" * 32):
        talk = Talk(spare=spare)
        talk.say(Hello(1, 1, "panel-1", bytes(16)))
        talk.say(PRESS, seq=7)
        names.add(talk.work().client_id)
    assert len(names) == 2


def test_every_press_of_every_panel_boot_and_round_has_a_name_of_its_own() -> None:
    book = SequenceBook()
    talk = introduced(book=book, rules=Rules(presses_per_min=1e9))
    names = []
    for count in range(0, 2 * ROUND, 4096):
        talk.say(PRESS, seq=count % ROUND)
        names.append(talk.work().client_id)
        talk.answer(talk.work(), TICKET)
    other = Talk(book)
    other.say(Hello(1, 1, "panel-2", HELLO.nonce))
    other.say(PRESS, seq=0)
    names.append(other.work().client_id)
    again = Talk(book)
    again.say(HELLO, boot=BOOT + 1)
    again.say(PRESS, seq=0, boot=BOOT + 1)
    names.append(again.work().client_id)
    assert len(set(names)) == len(names)
    assert all(16 <= len(name) <= 80 and name.isascii() for name in names)


def test_after_number_65535_comes_0_in_the_same_boot_and_is_a_new_press() -> None:
    talk = introduced(book=SequenceBook())
    for seq in (30_000, 60_000, 65_535):
        talk.say(PRESS, seq=seq)
        last = talk.work()
        talk.answer(last, TICKET)
    talk.say(PRESS, seq=0)
    new = talk.work()
    talk.answer(new, TICKET)
    talk.say(PRESS, seq=65_535)
    assert talk.work().client_id == last.client_id
    assert new.client_id != last.client_id


def test_another_press_while_one_is_under_way_has_to_wait_and_is_taken_then() -> None:
    talk = introduced()
    talk.say(PRESS, seq=1)
    first = talk.work()
    [busy] = talk.say(PRESS, seq=2)
    assert isinstance(busy, Nak)
    assert busy.code == Refusal.BUSY
    assert busy.wait_ms > 0
    talk.answer(first, TICKET)
    talk.say(PRESS, seq=2)
    assert talk.work().seq == 2


def test_too_many_presses_are_asked_to_wait_and_come_in_when_they_have() -> None:
    talk = introduced(rules=Rules(presses_per_min=60))
    for seq in range(PRESSES_AT_ONCE):
        talk.say(PRESS, seq=seq)
        talk.answer(talk.work(), TICKET)
    [rate] = talk.say(PRESS, seq=PRESSES_AT_ONCE)
    assert isinstance(rate, Nak)
    assert rate.code == Refusal.RATE
    assert 0 < rate.wait_ms <= 1001
    talk.now_s += rate.wait_ms / 1000
    talk.say(PRESS, seq=PRESSES_AT_ONCE)
    assert talk.work().seq == PRESSES_AT_ONCE


def test_what_the_intake_refuses_is_told_with_its_reason_and_may_be_said_again() -> None:
    talk = introduced()
    talk.say(PRESS, seq=1)
    full = Nak(Refusal.STORAGE_FULL, 30_000, "penuh")
    assert talk.answer(talk.work(), full) == [full]
    talk.say(PRESS, seq=1)
    assert talk.work().seq == 1


def test_a_repeated_look_up_gets_its_answer_without_being_counted_as_another_try() -> None:
    talk = introduced()
    asked = LookUp("K7F29QX31A", "0000")
    talk.say(asked, seq=4)
    wrong = Answer(False, "not_found", "Kode atau PIN tidak cocok.")
    talk.answer(talk.work(), wrong)
    assert talk.say(asked, seq=4) == [wrong]
    assert talk.no_work()
    talk.say(asked, seq=5)
    assert talk.work().seq == 5


def test_an_answer_to_a_look_up_is_not_kept_for_the_next_citizen() -> None:
    talk = introduced()
    talk.say(LookUp("K7F29QX31A", "4821"), seq=4)
    talk.answer(talk.work(), Answer(True, "answered", "Sudah diganti."))
    talk.later(SILENT_AFTER_S)
    talk.say(HELLO)
    talk.say(LookUp("K7F29QX31A", "4821"), seq=4)
    assert talk.work().seq == 4


def test_a_scan_is_handed_on_once_and_acknowledged_as_often_as_it_is_said() -> None:
    talk = introduced()
    assert talk.say(Scan(2, "K7F29QX31A"), seq=5) == [Taken()]
    assert Scanned("K7F29QX31A") in talk.moves
    assert talk.say(Scan(2, "K7F29QX31A"), seq=5) == [Taken()]
    assert not any(isinstance(move, Scanned) for move in talk.moves)


def test_damaged_bytes_are_met_with_silence_and_counted() -> None:
    talk = introduced()
    kind, flags, payload = put(PRESS)
    line = bytearray(encode(Frame(kind, flags, BOOT, 1, payload)))
    line[12] ^= 4
    assert talk.raw(bytes(line)) == []
    assert talk.no_work()
    assert talk.session.damaged == 1


@pytest.mark.parametrize(
    ("frame", "version", "code"),
    [
        (Frame(2, 0, BOOT, 1, b""), 2, Refusal.VERSION),
        (Frame(99, 0, BOOT, 1, b""), 1, Refusal.TYPE),
        (Frame(2, ANSWER, BOOT, 1, b""), 1, Refusal.TYPE),
        (Frame(2, 0, BOOT, 1, b"\x01\x00\x00"), 1, Refusal.PAYLOAD),
        (Frame(2, 0, BOOT, 1, b"\x09\x00"), 1, Refusal.PAYLOAD),
        (Frame(8, 0, BOOT, 1, b"x"), 1, Refusal.PAYLOAD),
    ],
)
def test_whole_frames_that_are_not_for_this_box_are_refused_with_a_code(
    frame: Frame, version: int, code: Refusal
) -> None:
    talk = introduced()
    [nak] = talk.raw(encode(frame, version))
    assert nak == Nak(code)
    assert (talk.frames[0].boot, talk.frames[0].seq) == (BOOT, 1)
    assert talk.no_work()


@pytest.mark.parametrize("message", [Taken(), Nak(6), Status(1, ""), Led(1)])
def test_what_only_a_box_says_is_not_answered_so_that_a_line_that_echoes_falls_silent(message: FromBox) -> None:
    talk = introduced()
    kind, flags, payload = put(message)
    assert talk.raw(encode(Frame(kind, flags, 1, 1, payload))) == []


def test_a_line_that_only_echoes_never_grows_louder() -> None:
    talk = Talk()
    said = talk.session.tick(0.0)
    for _ in range(20):
        data = b"".join(move.data for move in said if isinstance(move, Send))
        said = talk.session.receive(data, 0.0)
    assert said == []


def test_a_ping_is_answered_and_one_goes_out_every_five_seconds() -> None:
    talk = introduced()
    assert talk.say(Ping(), seq=8) == [Ping(answer=True)]
    assert talk.frames[0].seq == 8
    pings = 0
    for _ in range(100):
        pings += Ping() in talk.later(1.0)
        talk.say(Ping(answer=True))
    assert pings == 100 / PING_EVERY_S


def test_a_panel_that_says_nothing_for_fifteen_seconds_is_gone_and_told_once() -> None:
    talk = introduced()
    for _ in range(int(SILENT_AFTER_S) - 1):
        talk.later(1.0)
        assert not any(isinstance(move, Silent) for move in talk.moves)
    talk.later(1.0)
    assert Silent("panel-1") in talk.moves
    talk.later(60.0)
    assert not any(isinstance(move, Silent) for move in talk.moves)
    assert talk.say(PRESS, seq=1) == [Nak(Refusal.HELLO)]


def test_how_the_box_is_is_shown_when_it_changes_and_again_every_half_minute() -> None:
    talk = introduced()
    online = Status(State.ONLINE, "Siap.")
    assert talk.hear(talk.session.show(online, talk.now_s)) == [online, Led(Colour.GREEN)]
    shown = 0
    for _ in range(60):
        shown += online in talk.later(1.0)
        talk.say(Ping(answer=True))
    assert shown == 60 / STATUS_EVERY_S


@pytest.mark.parametrize(
    ("state", "colour"), [(State.ONLINE, Colour.GREEN), (State.OFFLINE, Colour.AMBER), (State.CLOSED, Colour.RED)]
)
def test_the_light_is_green_online_amber_offline_and_red_closed(state: State, colour: Colour) -> None:
    talk = introduced()
    assert talk.hear(talk.session.show(Status(state, ""), talk.now_s))[1] == Led(colour)


def test_a_press_stored_without_the_network_flashes_amber() -> None:
    talk = introduced()
    talk.say(PRESS, seq=1)
    offline = Ticket("K7F29QX31A", "4821", "Tersimpan.", offline=True)
    assert talk.answer(talk.work(), offline) == [offline, Led(Colour.AMBER, 2, 3000)]


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([put(PRESS), put(HELLO), put(Ping())])), max_size=20))
def test_whatever_comes_over_the_line_the_session_goes_on(said: list[object]) -> None:
    talk = Talk()
    for number, one in enumerate(said):
        if isinstance(one, bytes):
            talk.session.receive(one, talk.now_s)
        else:
            kind, flags, payload = one  # type: ignore[misc]
            talk.session.receive(encode(Frame(kind, flags, BOOT, number, payload)), talk.now_s)
        talk.later(0.5)
    talk.raw(b"\0")
    assert talk.say(HELLO)[0] == Welcome(1, "kel-3673011001")


def test_codes_pins_and_names_of_presses_do_not_stand_in_what_could_be_logged() -> None:
    talk = introduced()
    talk.say(PRESS, seq=1)
    work = talk.work()
    talk.answer(work, TICKET)
    written = repr(work) + repr(talk.moves)
    assert not any(word in written for word in ("4821", "K7F29QX31A", work.client_id, "lubang"))
