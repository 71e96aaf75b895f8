"""The published vectors of the panel: firmware can be held against the same file."""

import json
from typing import Any

import pytest

from agent.core.framing import Frame, FrameDecoder, Rejection, encode
from agent.core.panel_codec import put, read_from_box, read_from_panel
from agent.core.panel_lines import BadLine, Line, read_line
from agent.core.panel_words import Kind, PayloadError
from agent.kiosk.serial.vectors import PATH, text

VECTORS: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
PROSE = (PATH.parents[1] / "protocol.md").read_text(encoding="utf-8")


def named(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", VECTORS[kind], ids=[one["name"] for one in VECTORS[kind]])


def test_the_file_is_what_the_code_says() -> None:
    assert PATH.read_text(encoding="utf-8") == text()


@named("frames")
def test_each_frame_is_read_as_written_and_written_as_read(vector: dict[str, Any]) -> None:
    line = bytes.fromhex(vector["bytes_hex"])
    [frame] = FrameDecoder().feed(line, 0.0)
    assert isinstance(frame, Frame)
    assert (frame.type, frame.flags, frame.boot, frame.seq) == tuple(
        vector[key] for key in ("type", "flags", "boot", "seq")
    )
    assert frame.payload.hex() == vector["payload_hex"]
    assert encode(frame) == line
    read = read_from_panel if vector["said_by"] == "panel" else read_from_box
    message = read(frame.type, frame.flags, frame.payload)
    assert message is not None
    assert type(message).__name__ == vector["message"]
    for key, value in vector["fields"].items():
        found = getattr(message, key)
        assert (found.hex() if isinstance(found, bytes) else found) == value
    assert put(message)[2] == frame.payload


@named("bad_frames")
def test_each_bad_frame_is_none(vector: dict[str, Any]) -> None:
    found = FrameDecoder().feed(bytes.fromhex(vector["bytes_hex"]), 0.0)
    assert [one.reason for one in found if isinstance(one, Rejection)] == vector["reasons"]
    assert not any(isinstance(one, Frame) for one in found)


@named("bad_payloads")
def test_each_bad_payload_is_refused_with_a_code(vector: dict[str, Any]) -> None:
    [frame] = FrameDecoder().feed(bytes.fromhex(vector["bytes_hex"]), 0.0)
    assert isinstance(frame, Frame)
    with pytest.raises(PayloadError):
        read_from_panel(frame.type, frame.flags, frame.payload)


@named("lines")
def test_each_line_is_read_as_written(vector: dict[str, Any]) -> None:
    found = read_line(bytes.fromhex(vector["bytes_hex"]), checked=vector["checked"])
    if "reason" in vector:
        assert found == BadLine(vector["reason"])
    else:
        assert found == Line(vector["number"], vector["word"], vector["rest"])


def test_every_type_of_frame_and_every_reason_to_refuse_one_is_among_them() -> None:
    assert {one["type"] for one in VECTORS["frames"]} == set(Kind)
    reasons = {reason for one in VECTORS["bad_frames"] for reason in one["reasons"]}
    assert reasons == {"cobs", "short", "check", "length", "endless", "version"}


def test_the_prose_shows_a_frame_of_the_file() -> None:
    shown = next(one for one in VECTORS["frames"] if one["name"] == "a button")
    assert shown["bytes_hex"] in PROSE.replace(" ", "").replace("\n", "")
