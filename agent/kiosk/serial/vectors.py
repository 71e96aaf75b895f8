"""Test vectors of the panel's frames and lines: python -m agent.kiosk.serial.vectors [--check]

Printed as JSON; what is in `docs/schema/panel-vectors.json` is exactly this. Firmware can be held against the file
without any of this code: each entry has the bytes and what they are, or why they are nothing.
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.core.framing import LONGEST_BYTES, Frame, FrameDecoder, Rejection, encode, stuffed
from agent.core.panel_codec import put, read_from_panel
from agent.core.panel_lines import Line, check, read_line, write_line
from agent.core.panel_words import (
    Answer,
    Colour,
    FromBox,
    FromPanel,
    Hello,
    Led,
    LookUp,
    Nak,
    Pattern,
    PayloadError,
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

PATH: Final = Path(__file__).parents[3] / "docs" / "schema" / "panel-vectors.json"
BOOT: Final = 0x1F3A9C02
NONCE: Final = bytes.fromhex("00112233445566778899aabbccddeeff")

FROM_PANEL: Final[tuple[tuple[str, int, FromPanel], ...]] = (
    ("a panel says hello", 0, Hello(1, 1, "panel-1", NONCE, 15, "SRG-P1", "1.0.3")),
    ("a panel with no nonce and nothing to show", 0, Hello(1, 2, "p", bytes(16))),
    ("a button", 7, Press("aduan", "jalan")),
    ("a button with words in UTF-8", 8, Press("laporan", "lampu", "padam – sejak Minggu", "id")),
    ("a suggestion without a subject, in English", 9, Press("saran", "", "more trees", "en")),
    ("the longest words there is room for", 10, Press("pendapat", "lainnya", "x" * 440)),
    ("code and PIN from the keypad", 65535, LookUp("K7F29QX31A", "4821")),
    ("a QR was scanned; the numbers have begun again", 0, Scan(2, "https://aduan.serangkota.go.id/status#K7F29QX31A")),
    ("a panel asks whether the box is there", 0, Ping()),
    ("a panel answers that it is there", 12, Ping(answer=True)),
)
FROM_BOX: Final[tuple[tuple[str, int, FromBox], ...]] = (
    ("the box welcomes the panel", 0, Welcome(1, "kel-3673011001")),
    ("the press is a ticket", 7, Ticket("K7F29QX31A", "4821", "Diterima. Catat kode dan PIN Anda.")),
    ("urgent, stored offline, and said before", 8, Ticket("K7F29QX31A", "4821", "Hubungi 112.", True, True, True)),
    ("how the ticket stands", 65535, Answer(True, "answered", "sudah dijawab: Lampu sudah diganti.")),
    ("code or PIN do not fit", 11, Answer(False, "not_found", "Kode atau PIN tidak cocok.")),
    ("the scan has arrived", 0, Taken()),
    ("say hello first", 7, Nak(Refusal.HELLO)),
    ("say it again in two seconds", 7, Nak(Refusal.BUSY, 2000)),
    ("the box is full", 7, Nak(Refusal.STORAGE_FULL, 30_000, "Penyimpanan penuh. Pakai formulir kertas.")),
    ("the box is online", 1, Status(State.ONLINE, "Siap. Tekan tombol yang sesuai.")),
    ("a green light that stays", 2, Led(Colour.GREEN)),
    ("an amber light that flashes for three seconds", 3, Led(Colour.AMBER, Pattern.FAST, 3000)),
    ("the box asks whether the panel is there", 12, Ping()),
)
LINES: Final[tuple[tuple[str, bytes, bool], ...]] = (
    ("a button", b"ADUAN jalan", False),
    ("a button with a number and words", b"#7 ADUAN jalan lubang besar", False),
    ("the same with a check", b"#7 ADUAN jalan lubang besar*" + check(b"#7 ADUAN jalan lubang besar"), True),
    ("a check that does not fit", b"#7 ADUAN jalan lubang besar*0000", True),
    ("a check that is missing", b"#7 ADUAN jalan", True),
    ("a number there is none of", b"#65536 ADUAN jalan", False),
    ("bytes that are no UTF-8", b"ADUAN \xff", False),
)


def vectors() -> dict[str, Any]:
    """The whole document."""
    return {
        "about": "Frames and lines of the serial panel: docs/protocol.md, 12. Made by agent.kiosk.serial.vectors.",
        "frames": [
            *(_good(name, seq, message, "panel") for name, seq, message in FROM_PANEL),
            *(_good(name, seq, message, "box") for name, seq, message in FROM_BOX),
        ],
        "bad_frames": [_bad(name, line) for name, line in _bad_lines()],
        "bad_payloads": [_bad_payload(name, kind, payload) for name, kind, payload in _BAD_PAYLOADS],
        "lines": [_line(name, raw, checked) for name, raw, checked in LINES],
        "answers_in_lines": [
            {
                "line": write_line(Line(7, "OK", "K7F29QX31A 4821 ONLINE"), checked=True).decode("ascii"),
                "checked": True,
            },
            {"line": write_line(Line(7, "ERR", "BUSY 2000"), checked=False).decode("ascii"), "checked": False},
        ],
    }


_BAD_PAYLOADS: Final = (
    ("an event of a kind there is none of", 2, b"\x09\x00"),
    ("a category there is none of", 2, b"\x01\x00\x04\x00\x00\x00"),
    ("a subject in capitals", 2, b"\x01\x00\x00\x05JALAN\x00\x00"),
    ("words that are no UTF-8", 2, b"\x01\x00\x00\x05jalan\x00\x01\xff"),
    ("something left over", 2, b"\x01\x00\x00\x05jalan\x00\x00!"),
    ("ends too early", 2, b"\x01\x00\x00\x05jal"),
    ("versions that are no range", 1, b"\x02\x01\x00\x00" + NONCE + b"\x01p\x00\x00"),
    ("a ping with something to say", 8, b"?"),
)


def _bad_lines() -> list[tuple[str, bytes]]:
    whole = encode(Frame(2, 0, BOOT, 7, b"\x01\x00\x00\x05jalan\x00\x00"))
    flipped = bytearray(whole)
    flipped[21] ^= 0x10
    raw = b"\x01\x02\x00" + BOOT.to_bytes(4, "big") + b"\x00\x07\x00\x05four"
    import zlib

    lying = b"\0" + stuffed(raw + zlib.crc32(raw).to_bytes(4, "big")) + b"\0"
    return [
        ("one bit is wrong", bytes(flipped)),
        ("the last byte is missing", whole[:-2] + b"\0"),
        ("a code that points behind the end", b"\0\x05\x01\x02\0"),
        ("too short for any frame", b"\0" + stuffed(b"\x01\x02\x00") + b"\0"),
        ("says five bytes and has four, with a check that fits", lying),
        ("another version of the protocol", encode(Frame(2, 0, BOOT, 7, b""), version=2)),
        ("goes on for too long", b"\0" + b"U" * (LONGEST_BYTES + 1) + b"\0"),
        ("nothing between two zeros", b"\0\0\0"),
    ]


def _good(name: str, seq: int, message: FromPanel | FromBox, by: str) -> dict[str, Any]:
    kind, flags, payload = put(message)
    own = isinstance(message, Status | Led | Ping) and by == "box"
    boot = 0xB0 if own else BOOT
    fields = {key: getattr(message, key) for key in message.__struct_fields__}
    return {
        "name": name,
        "said_by": by,
        "bytes_hex": encode(Frame(kind, flags, boot, seq, payload)).hex(),
        "type": int(kind),
        "flags": flags,
        "boot": boot,
        "seq": seq,
        "payload_hex": payload.hex(),
        "message": type(message).__name__,
        "fields": {key: value.hex() if isinstance(value, bytes) else value for key, value in fields.items()},
    }


def _bad(name: str, line: bytes) -> dict[str, Any]:
    found = FrameDecoder().feed(line, 0.0)
    reasons = [one.reason for one in found if isinstance(one, Rejection)]
    answers = {"version": "NAK 2", "too_long": "NAK 4"}
    answer = " ".join(answers[one] for one in reasons if one in answers)
    return {"name": name, "bytes_hex": line.hex(), "reasons": reasons, "answer": answer}


def _bad_payload(name: str, kind: int, payload: bytes) -> dict[str, Any]:
    try:
        read_from_panel(kind, 0, payload)
    except PayloadError:
        frame = encode(Frame(kind, 0, BOOT, 7, payload))
        return {"name": name, "bytes_hex": frame.hex(), "type": kind, "payload_hex": payload.hex(), "answer": "NAK 5"}
    raise AssertionError(f"{name} is a good payload")


def _line(name: str, raw: bytes, checked: bool) -> dict[str, Any]:
    found = read_line(raw, checked=checked)
    entry: dict[str, Any] = {"name": name, "bytes_hex": raw.hex(), "checked": checked}
    if isinstance(found, Line):
        return entry | {"number": found.number, "word": found.word, "rest": found.rest}
    return entry | {"reason": found.reason}


def _answer_line(line: Line, *, checked: bool) -> dict[str, Any]:
    return {"line": write_line(line, checked=checked).decode("ascii"), "checked": checked}


def text() -> str:
    """The file's content."""
    return msgspec.json.format(msgspec.json.encode(vectors()), indent=1).decode() + "\n"


def main() -> int:
    """Print the vectors; with --check compare the file with them instead."""
    if sys.argv[1:] == ["--check"]:
        return 0 if PATH.read_text(encoding="utf-8") == text() else 1
    sys.stdout.write(text())
    return 0


__all__ = ["PATH", "text", "vectors"]

if __name__ == "__main__":
    sys.exit(main())
