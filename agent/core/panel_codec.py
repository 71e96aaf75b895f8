"""Payloads of the panel's frames: each message to its bytes and back, by the two tables at the end."""

import re
from collections.abc import Callable
from typing import Final, cast

from agent.core.panel_words import (
    ANSWER,
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
    Reader,
    Scan,
    Status,
    Taken,
    Ticket,
    Welcome,
    Writer,
)

PANEL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
SUBJECT: Final = re.compile(r"[a-z0-9_]{0,32}")
CODE: Final = re.compile(r"[0-9A-Za-z -]{0,40}")
PIN: Final = re.compile(r"[0-9]{0,8}")
_WORD: Final = 32
_PRESS, _LOOK_UP = 1, 2
_TAKEN, _TICKET, _ANSWER = 0, 1, 2
_URGENT, _OFFLINE, _DUPLICATE = 1, 2, 4


def put(message: FromPanel | FromBox) -> tuple[Kind, int, bytes]:
    """Type, flags and payload of a message. PayloadError when a value does not fit."""
    kind, flags, write = _WRITERS[type(message)]
    writer = Writer()
    write(message, writer)
    if isinstance(message, Ping):
        flags = ANSWER if message.answer else 0
    return kind, flags, writer.done()


def read_from_panel(kind: int, flags: int, payload: bytes) -> FromPanel | None:
    """What a panel says; None for a type it does not say or none knows. PayloadError for a wrong payload."""
    if kind == Kind.PING:
        return cast(FromPanel, _read(_ping(flags), payload))
    reads = _FROM_PANEL.get(kind)
    if reads is None or flags & ANSWER:
        return None
    return cast(FromPanel, _read(reads, payload))


def read_from_box(kind: int, flags: int, payload: bytes) -> FromBox | None:
    """What the box says; as `read_from_panel`."""
    if kind == Kind.PING:
        return cast(FromBox, _read(_ping(flags), payload))
    reads = _FROM_BOX.get(kind)
    if reads is None:
        return None
    return cast(FromBox, _read(reads, payload))


def _read(reads: Callable[[Reader], object], payload: bytes) -> object:
    reader = Reader(payload)
    message = reads(reader)
    reader.end()
    return message


def _put_hello(hello: Hello, out: Writer) -> None:
    out.number(hello.lowest, "B")
    out.number(hello.highest, "B")
    out.number(hello.features, "H")
    if len(hello.nonce) != NONCE_BYTES:
        raise PayloadError(f"a nonce has {NONCE_BYTES} bytes")
    out.raw(hello.nonce)
    out.text(_like(PANEL_NAME, hello.panel))
    out.text(hello.model, _WORD)
    out.text(hello.firmware, _WORD)


def _hello(reader: Reader) -> Hello:
    lowest, highest, features = reader.number("B"), reader.number("B"), reader.number("H")
    nonce = reader.raw(NONCE_BYTES)
    panel = _like(PANEL_NAME, reader.text())
    model, firmware = reader.text(_WORD), reader.text(_WORD)
    if not 1 <= lowest <= highest:
        raise PayloadError("the versions are not a range")
    return Hello(lowest, highest, panel, nonce, features, model, firmware)


def _put_welcome(welcome: Welcome, out: Writer) -> None:
    out.number(welcome.version, "B")
    out.text(welcome.place, 64)


def _welcome(reader: Reader) -> Welcome:
    return Welcome(reader.number("B"), reader.text(64))


def _put_press(press: Press, out: Writer) -> None:
    out.number(_PRESS, "B")
    out.number(_place(LANGUAGES, press.lang), "B")
    out.number(_place(CATEGORIES, press.category), "B")
    out.text(_like(SUBJECT, press.subject))
    out.text(press.text, MOST_TEXT_BYTES, long=True)


def _put_look_up(look_up: LookUp, out: Writer) -> None:
    out.number(_LOOK_UP, "B")
    out.number(_place(LANGUAGES, look_up.lang), "B")
    out.text(_like(CODE, look_up.code))
    out.text(_like(PIN, look_up.pin))


def _event(reader: Reader) -> Press | LookUp:
    kind, lang = reader.number("B"), reader.chosen(LANGUAGES)
    if kind == _PRESS:
        category = reader.chosen(CATEGORIES)
        return Press(category, _like(SUBJECT, reader.text()), reader.text(MOST_TEXT_BYTES, long=True), lang)
    if kind == _LOOK_UP:
        return LookUp(_like(CODE, reader.text()), _like(PIN, reader.text()), lang)
    raise PayloadError(f"an event of kind {kind}")


def _put_scan(scan: Scan, out: Writer) -> None:
    out.number(scan.source, "B")
    out.text(scan.text, MOST_SCAN_BYTES, long=True)


def _scan(reader: Reader) -> Scan:
    return Scan(reader.number("B", 3), reader.text(MOST_SCAN_BYTES, long=True))


def _put_taken(_: Taken, out: Writer) -> None:
    out.number(_TAKEN, "B")


def _put_ticket(ticket: Ticket, out: Writer) -> None:
    out.number(_TICKET, "B")
    out.number(ticket.urgent * _URGENT | ticket.offline * _OFFLINE | ticket.duplicate * _DUPLICATE, "B")
    out.text(_like(CODE, ticket.code))
    out.text(_like(PIN, ticket.pin))
    out.text(ticket.text, MOST_TEXT_BYTES, long=True)


def _put_answer(answer: Answer, out: Writer) -> None:
    out.number(_ANSWER, "B")
    out.number(int(answer.found), "B")
    out.text(answer.status, _WORD)
    out.text(answer.text, MOST_TEXT_BYTES, long=True)


def _ack(reader: Reader) -> Taken | Ticket | Answer:
    kind = reader.number("B", _ANSWER)
    if kind == _TAKEN:
        return Taken()
    if kind == _ANSWER:
        return Answer(reader.flag(), reader.text(_WORD), reader.text(MOST_TEXT_BYTES, long=True))
    flags = reader.number("B", _URGENT | _OFFLINE | _DUPLICATE)
    code, pin = _like(CODE, reader.text()), _like(PIN, reader.text())
    text = reader.text(MOST_TEXT_BYTES, long=True)
    return Ticket(code, pin, text, bool(flags & _URGENT), bool(flags & _OFFLINE), bool(flags & _DUPLICATE))


def _put_nak(nak: Nak, out: Writer) -> None:
    out.number(nak.code, "B")
    out.number(nak.wait_ms, "I")
    out.text(nak.text)


def _nak(reader: Reader) -> Nak:
    return Nak(reader.number("B"), reader.number("I"), reader.text())


def _put_status(status: Status, out: Writer) -> None:
    out.number(status.state, "B")
    out.text(status.text, MOST_TEXT_BYTES, long=True)


def _status(reader: Reader) -> Status:
    return Status(reader.number("B", 2), reader.text(MOST_TEXT_BYTES, long=True))


def _put_led(led: Led, out: Writer) -> None:
    out.number(led.colour, "B")
    out.number(led.pattern, "B")
    out.number(led.duration_ms, "H")


def _led(reader: Reader) -> Led:
    return Led(reader.number("B", 3), reader.number("B", 2), reader.number("H"))


def _put_ping(_: Ping, out: Writer) -> None:
    """Nothing: its flag says all."""


def _ping(flags: int) -> Callable[[Reader], Ping]:
    return lambda _: Ping(bool(flags & ANSWER))


def _like(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise PayloadError("not of the form")
    return text


def _place(words: tuple[str, ...], word: str) -> int:
    try:
        return words.index(word)
    except ValueError as error:
        raise PayloadError("none of those there are") from error


_WRITERS: Final[dict[type, tuple[Kind, int, Callable[..., None]]]] = {
    Hello: (Kind.HELLO, 0, _put_hello),
    Welcome: (Kind.HELLO, ANSWER, _put_welcome),
    Press: (Kind.EVENT, 0, _put_press),
    LookUp: (Kind.EVENT, 0, _put_look_up),
    Scan: (Kind.SCAN, 0, _put_scan),
    Taken: (Kind.ACK, 0, _put_taken),
    Ticket: (Kind.ACK, 0, _put_ticket),
    Answer: (Kind.ACK, 0, _put_answer),
    Nak: (Kind.NAK, 0, _put_nak),
    Status: (Kind.STATUS, 0, _put_status),
    Led: (Kind.LED, 0, _put_led),
    Ping: (Kind.PING, 0, _put_ping),
}
_FROM_PANEL: Final[dict[int, Callable[[Reader], object]]] = {
    Kind.HELLO: _hello,
    Kind.EVENT: _event,
    Kind.SCAN: _scan,
}
_FROM_BOX: Final[dict[int, Callable[[Reader], object]]] = {
    Kind.HELLO: _welcome,
    Kind.ACK: _ack,
    Kind.NAK: _nak,
    Kind.STATUS: _status,
    Kind.LED: _led,
}
