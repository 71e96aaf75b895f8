"""The reader that watches all the time: newest keyframe, true age, none twice, none of before a fault; and decoding."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.base import (
    CameraAuthError,
    CameraError,
    CameraHungError,
    CameraUnreachableError,
    Frame,
    NoKeyframeError,
    PictureInvalidError,
    Secrets,
)
from agent.cameras.stream.keyframe import Keyframe, _lacks_a_part, frame_of
from agent.cameras.stream.keyframes import KeyframeReader
from agent.cameras.stream.rtsp import Patience
from tests.support.bad_rtsp import bad_server
from tests.support.own_time import told_within, within
from tests.support.ports import free_port
from tests.support.rtsp_server import LOGIN, Sent, made_at_ms, rtsp_server
from tests.support.torture import often

DEADLINE_S = 60.0
SOON_S = 2.0
PATIENT_S = 10.0
REFUSED = b'RTSP/1.0 401 Unauthorized\r\nCSeq: {cseq}\r\nWWW-Authenticate: Digest realm="k", nonce="9f"\r\n\r\n'


@contextmanager
def reading(url: str, secrets: Secrets = LOGIN, deadline_s: float = PATIENT_S) -> Iterator[KeyframeReader]:
    reader = KeyframeReader(url, secrets, Patience.within(deadline_s))
    try:
        yield reader
    finally:
        reader.close()


def made_ms(frame: Frame) -> int:
    assert isinstance(frame.pixels, Image.Image)
    return made_at_ms(frame.pixels)


def until_it_holds_one_of(reader: KeyframeReader, age_s: float) -> None:
    """Until its newest keyframe, which nobody has asked for, is so old."""
    give_up_s = time.monotonic() + 60
    while time.monotonic() < give_up_s:
        newest = reader._newest
        if newest is not None and time.monotonic() - newest.arrived_s > age_s:
            return
        time.sleep(0.01)
    raise AssertionError("no keyframe grew old")


def back(reader: KeyframeReader) -> Frame:
    """The first picture after a fault; what is refused before it has its type."""
    give_up_s = time.monotonic() + 60
    while time.monotonic() < give_up_s:
        try:
            return reader.grab(DEADLINE_S)
        except CameraError:
            time.sleep(0.05)
    raise AssertionError("it did not come back")


@pytest.mark.full
@pytest.mark.usefixtures("patient")
def test_it_hands_over_the_newest_keyframe_once_and_says_truly_how_old_it_is() -> None:
    with rtsp_server(Sent(gop_s=3)) as server, reading(server.url, deadline_s=DEADLINE_S) as reader:
        made = [made_ms(reader.grab(DEADLINE_S))]
        give_up_s = time.monotonic() + 60
        while True:
            until_it_holds_one_of(reader, age_s=1.5)
            frame = reader.grab(DEADLINE_S)
            real_ms = time.monotonic() * 1000 - made_ms(frame)
            made.append(made_ms(frame))
            assert frame.age_ms <= real_ms + 1
            held_ms = frame.age_ms - frame.timings_ms["keyframe"]
            if held_ms >= 1490 or time.monotonic() > give_up_s:  # else a newer one came while nobody ran
                break
        made.append(made_ms(reader.grab(DEADLINE_S)))
    assert held_ms >= 1490, "it was there already, and old"
    assert made == sorted(set(made)), "none twice"
    assert made[-1] - made[-2] >= 1500, "the next is that of the next group"


@pytest.mark.full
def test_a_stream_that_freezes_or_ends_gives_no_old_picture_and_the_next_once_it_is_back() -> None:
    sent = Sent(port=free_port())
    with rtsp_server(sent) as server, reading(server.url) as reader:
        assert back(reader).width == 640
        server.freeze()
        # Unreachable where the camera was found hanging while nobody asked.
        with pytest.raises((CameraHungError, CameraUnreachableError)) as failure:
            while True:  # what came before it froze may still be had
                with within(PATIENT_S + 1):
                    reader.grab(PATIENT_S)
        assert isinstance(failure.value, CameraUnreachableError) or "power" in failure.value.message
        frozen_ms = time.monotonic() * 1000
        with within(PATIENT_S + 1), pytest.raises(CameraUnreachableError):
            reader.grab(PATIENT_S)
        server.thaw()
        assert made_ms(back(reader)) > frozen_ms - 3000
        server.end()
        with pytest.raises((CameraHungError, CameraUnreachableError)):
            while True:
                reader.grab(PATIENT_S)
        ended_ms = time.monotonic() * 1000
        with rtsp_server(sent):
            assert made_ms(back(reader)) > ended_ms


@pytest.mark.full
def test_another_resolution_is_simply_the_next_picture() -> None:
    with rtsp_server() as server, reading(server.url) as reader:
        assert back(reader).width == 640
        server.order("size 320 240")
        while (frame := back(reader)).width == 640:
            assert frame.age_ms < 60_000
        assert (frame.width, frame.height) == (320, 240)


@pytest.mark.full
def test_a_stream_whose_parameters_no_longer_hold_is_opened_anew() -> None:
    with rtsp_server(Sent(slices=2, gop_s=0.5)) as server, reading(server.url) as reader:
        assert back(reader).width == 640
        server.order("size 320 240")  # told to who comes new, not to who is there
        refused = []
        while True:
            try:
                if (frame := reader.grab(DEADLINE_S)).width == 320:
                    break
            except CameraError as error:
                refused.append(error.code)
        assert made_ms(frame)
        assert set(refused) <= {"picture_invalid", "no_keyframe", "hung", "unreachable"}


@pytest.mark.full
@pytest.mark.usefixtures("patient")
def test_pictures_that_come_in_parts_are_whole() -> None:
    sent = Sent(slices=4, repeats=True, gop_s=0.5)
    with rtsp_server(sent) as server, reading(server.url, deadline_s=DEADLINE_S) as reader:
        made = [made_ms(reader.grab(DEADLINE_S)) for _ in range(6)]
    assert made == sorted(set(made))


@pytest.mark.full
def test_a_stream_without_keyframes_is_named_and_its_reader_ends_when_told() -> None:
    with rtsp_server(Sent(gop_s=600)) as server:

        def none_comes(deadline_s: float) -> CameraError:
            reader = KeyframeReader(server.url, LOGIN, Patience.within(deadline_s))
            readers.append(reader)
            with pytest.raises(CameraError) as failure:
                reader.grab(deadline_s)
            return failure.value

        readers: list[KeyframeReader] = []
        error = told_within(PATIENT_S, none_comes, lambda it: isinstance(it, NoKeyframeError))
        assert isinstance(error, NoKeyframeError)
        assert "interval" in error.message
        for reader in readers:
            with within(5):
                reader.close()
        assert "keyframes" not in {thread.name for thread in threading.enumerate()}


def test_a_refused_login_is_not_tried_again_and_again() -> None:
    with bad_server(REFUSED) as server, reading(server.url, deadline_s=DEADLINE_S) as reader:
        for _ in range(5):
            with pytest.raises(CameraAuthError):
                reader.grab(DEADLINE_S)
        assert server.connections == 1


def test_a_silent_host_is_named_in_time_and_the_reader_ends_when_told() -> None:
    with bad_server() as server:
        reader = KeyframeReader(server.url, LOGIN, Patience.within(SOON_S))
        for _ in range(2):
            with within(SOON_S + 1), pytest.raises(CameraUnreachableError):
                reader.grab(SOON_S)
        with within(5):
            reader.close()
        assert "keyframes" not in {thread.name for thread in threading.enumerate()}


# -- one keyframe and its decoder ----------------------------------------------------------------------------------


SLICES = {"libx264": {"x264-params": "slices=4"}, "libx265": {"x265-params": "slices=2:log-level=none"}}


@cache
def coded(width: int, height: int, codec: str = "libx264") -> Keyframe:
    """A keyframe as a stream carries it."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base = Fraction(1, 10)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", **SLICES[codec]} if codec in SLICES else {}
    few = width * height < 1_000_000
    picture = Image.effect_mandelbrot((width, height), (-2, -1, 1, 1), 60) if few else Image.new("L", (width, height))
    packets = [*context.encode(av.VideoFrame.from_image(picture.convert("RGB"))), *context.encode(None)]
    return Keyframe({"libx264": "h264", "libx265": "hevc"}.get(codec, codec), b"", bytes(packets[0]), time.monotonic())


def test_a_keyframe_becomes_pixels_and_a_cameras_own_jpeg_stays_as_it_is() -> None:
    frame = frame_of(coded(320, 240), {"connect": 1})
    assert isinstance(frame.pixels, Image.Image)
    assert (frame.width, frame.height, frame.pixels.size, frame.jpeg) == (320, 240, (320, 240), b"")
    assert set(frame.timings_ms) == {"connect", "decode"}
    own = coded(320, 240, "mjpeg")
    assert frame_of(own, {}).jpeg == own.data


def test_a_webcams_jpeg_without_tables_or_with_bytes_behind_it_is_completed() -> None:
    with io.BytesIO() as target:  # the usual tables, which webcams leave out
        Image.effect_mandelbrot((320, 240), (-2, -1, 1, 1), 60).convert("RGB").save(target, "JPEG", quality=90)
        whole = target.getvalue()
    begins = whole.index(b"\xff\xc4")
    bare = whole[:begins] + whole[whole.index(b"\xff\xda") :]
    for data in (bare, whole + b"\0" * 700):
        frame = frame_of(Keyframe("mjpeg", b"", data, time.monotonic()), {})
        assert isinstance(frame.pixels, Image.Image)
        with Image.open(io.BytesIO(whole)) as wanted:
            apart = [abs(a - b) for a, b in zip(frame.pixels.tobytes(), wanted.convert("RGB").tobytes(), strict=True)]
        assert sum(apart) / len(apart) < 4, "the same picture"


def test_a_picture_of_more_than_fifty_megapixels_is_refused_before_it_is_decoded() -> None:
    bomb = coded(8192, 6400)
    with pytest.raises(PictureInvalidError):
        frame_of(bomb, {})


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mjpeg"])
def test_a_picture_that_ends_early_is_refused(codec: str) -> None:
    whole = coded(640, 480, codec)
    assert frame_of(whole, {}).width == 640
    missed = []
    for percent in range(2, 81):
        cut = Keyframe(whole.codec, b"", whole.data[: percent * len(whole.data) // 100], 0.0)
        try:
            frame_of(cut, {})
        except PictureInvalidError:
            continue
        missed.append(percent)
    # What ends in the middle of a block of H.265 is now and then read on as if it went on evenly.
    assert len(missed) <= (2 if codec == "libx265" else 0), missed


def with_zeros(top: int, height: int) -> av.VideoFrame:
    """640x360 of one colour; so many rows of the chroma planes from `top` on have a run of eight zeros."""
    frame = av.VideoFrame.from_image(Image.new("RGB", (640, 360), (90, 120, 60))).reformat(format="yuvj420p")
    for plane in frame.planes[1:]:
        content = bytearray(bytes(plane))
        for row in range(top, top + height):
            content[row * plane.line_size + 16 : row * plane.line_size + 24] = bytes(8)
        plane.update(bytes(content))
    return frame


def test_a_block_that_was_never_decoded_is_seen() -> None:
    assert _lacks_a_part(with_zeros(top=168, height=8))


def test_neither_a_green_scene_nor_an_encoders_rest_of_a_block_is_taken_for_a_missing_one() -> None:
    green = av.VideoFrame.from_image(Image.new("RGB", (640, 360), (0, 255, 0))).reformat(format="yuv420p")
    assert not _lacks_a_part(green)
    assert not _lacks_a_part(with_zeros(top=176, height=4))


def test_a_picture_that_lacks_a_part_is_refused() -> None:
    whole = coded(320, 240)
    second = whole.data.index(b"\0\0\1\x65", whole.data.index(b"\0\0\1\x65") + 4)
    with pytest.raises(PictureInvalidError, match="not whole"):
        frame_of(Keyframe("h264", b"", whole.data[:second], 0.0), {})


@settings(max_examples=often(100, 1000), deadline=None)
@given(st.data())
def test_a_damaged_keyframe_is_a_picture_of_its_size_or_a_typed_error(data: st.DataObject) -> None:
    whole = coded(320, 240).data
    cut = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at in data.draw(st.lists(st.integers(0, max(0, len(cut) - 1)), max_size=20)):
        if cut:
            cut[at] ^= data.draw(st.integers(1, 255))
    try:
        frame = frame_of(Keyframe(data.draw(st.sampled_from(["h264", "hevc", "mjpeg"])), b"", bytes(cut), 0.0), {})
    except PictureInvalidError:
        return
    assert frame.jpeg or (isinstance(frame.pixels, Image.Image) and frame.pixels.size == (frame.width, frame.height))
