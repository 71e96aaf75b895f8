"""RTSP cameras, each picture anew: whole keyframes from a real server, and each fault by its name."""

import io
import logging
import signal
import subprocess
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.base import (
    CameraAuthError,
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraUnavailableError,
    CameraUnreachableError,
    Frame,
    NoKeyframeError,
    Secrets,
)
from agent.cameras.keeping.process import WORKER_COMMAND
from agent.cameras.lines import Failed, Grab, Setup, read_answer, write_line
from agent.cameras.rtsp import RtspCamera, RtspConfig
from agent.cameras.stream.rtsp import Patience, Stream
from agent.cameras.stream.url import address_with_login, check_stream_url, stream_address
from agent.cameras.table import flatten
from tests.support.bad_rtsp import bad_server, black_hole
from tests.support.own_time import lost_s, told_within, within
from tests.support.ports import held_port, port_of
from tests.support.processes import wait_until
from tests.support.rtsp_server import LOGIN, Sent, made_at_ms, rtsp_server
from tests.support.torture import often

DEADLINE_S = 60.0
"""For a picture that must come, however busy the machine is."""
SOON_S = 2.0
"""For one that cannot come."""
PATIENT_S = 10.0
"""For one that cannot come from a camera that is there: its next packet may wait for a busy machine."""
HTTP = b"HTTP/1.1 400 Bad Request\r\nServer: kamera\r\nContent-Length: 4\r\n\r\nno!\n"
BUSY = b"RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: {cseq}\r\n\r\n"
BROKEN = b"RTSP/1.0 500 Internal Server Error\r\nCSeq: {cseq}\r\n\r\n"
REFUSED = b'RTSP/1.0 401 Unauthorized\r\nCSeq: {cseq}\r\nWWW-Authenticate: Digest realm="k", nonce="9f"\r\n\r\n'


def grab(url: str, secrets: Secrets = LOGIN, deadline_s: float = DEADLINE_S) -> Frame:
    camera = RtspCamera(RtspConfig(url=url), secrets)
    camera.open(0)
    try:
        return camera.grab(deadline_s)
    finally:
        camera.close()


def refusal(url: str, deadline_s: float) -> CameraError:
    with pytest.raises(CameraError) as failure:
        grab(url, deadline_s=deadline_s)
    return failure.value


def picture(frame: Frame) -> Image.Image:
    if frame.jpeg:
        return Image.open(io.BytesIO(frame.jpeg)).convert("RGB")
    assert isinstance(frame.pixels, Image.Image)
    return frame.pixels


@pytest.mark.full
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "sent",
    [
        Sent(codec="h264"),
        Sent(codec="h265"),
        Sent(codec="mjpeg"),
        Sent(codec="h265", slices=4, height=480),
        Sent(codec="h265", slices=4, height=480, repeats=True, gop_s=0.5),
        Sent(codec="h264", slices=4),
        Sent(codec="h264", slices=4, repeats=True, gop_s=0.5),
        Sent(codec="h264", auth="basic"),
        Sent(codec="h264", auth="none", width=1920, height=1080),
    ],
    ids=lambda sent: f"{sent.codec}-{sent.slices}-{sent.auth}-{sent.width}",
)
def test_a_picture_is_whole_and_as_old_as_it_says(sent: Sent) -> None:
    with rtsp_server(sent) as server:
        lost_before_s = lost_s()
        frame = grab(server.url)
        age_ms = time.monotonic() * 1000 - made_at_ms(picture(frame))
        lost_ms = 10_000 if lost_before_s is None else 1000 * ((lost_s() or 0) - lost_before_s)
    assert (frame.width, frame.height) == (sent.width, sent.height)
    assert bool(frame.jpeg) == (sent.codec == "mjpeg")
    assert frame.age_ms >= age_ms - 1000 - lost_ms
    assert {"connect", "keyframe"} <= set(frame.timings_ms)


@pytest.mark.full
@pytest.mark.parametrize("auth", ["digest", "basic"])
def test_a_wrong_login_is_named_and_shown_to_nobody(
    auth: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = Secrets("pengamat", "bukan/ini:4417")
    told = []
    with rtsp_server(Sent(auth=auth)) as server, pytest.MonkeyPatch.context() as patched:
        for secrets, words in ((wrong, "refuses this user and password"), (Secrets(), "asks for user and password")):
            with within(PATIENT_S + 1), pytest.raises(CameraAuthError, match=words) as failure:
                grab(server.url, secrets)
            told += traceback.format_exception(failure.value)
        patched.setattr("agent.cameras.stream.rtsp.LONGEST_SILENCE_S", 60.0)
        assert grab(server.url).width == 640
    told += [caplog.text, *capfd.readouterr()]
    assert "4417" not in "".join(told)


@pytest.mark.full
def test_a_path_the_camera_does_not_know_is_named() -> None:
    with rtsp_server() as server, pytest.raises(CameraUnavailableError, match="path"):
        grab(server.url + "/102")


@pytest.mark.full
def test_a_stream_without_a_picture_is_named() -> None:
    with rtsp_server(Sent(video=False)) as server, pytest.raises(CameraUnavailableError, match="carries no picture"):
        grab(server.url)


@pytest.mark.full
def test_no_keyframe_in_time_says_what_to_change() -> None:
    with rtsp_server(Sent(gop_s=600)) as server:
        error = told_within(PATIENT_S, lambda deadline_s: refusal(server.url, deadline_s), _no_keyframe)
    assert isinstance(error, NoKeyframeError)
    assert "GOP" in error.message


def _no_keyframe(error: CameraError) -> bool:
    return isinstance(error, NoKeyframeError)


@pytest.mark.full
@pytest.mark.usefixtures("patient")
def test_another_resolution_is_simply_the_next_picture() -> None:
    with rtsp_server() as server:
        assert grab(server.url).width == 640
        server.order("size 320 240")
        wait_until(lambda: (frame := grab(server.url)).width == 320 and frame.height == 240, "the other size")
        frame = grab(server.url)
        assert (frame.width, frame.height) == (320, 240)
        assert made_at_ms(picture(frame))


@pytest.mark.full
def test_a_camera_that_hangs_in_the_middle_is_named_and_the_next_picture_comes_once_it_is_back() -> None:
    with rtsp_server(Sent(gop_s=600)) as server:
        stream = Stream(server.url, LOGIN, Patience.within(DEADLINE_S))
        try:
            server.freeze()
            with within(PATIENT_S + 1), pytest.raises(CameraHungError, match=r"sent nothing for .* in the middle"):
                next(stream.keyframes())
        finally:
            stream.close()
        server.thaw()
    with rtsp_server() as server:
        server.freeze()
        with within(SOON_S + 1), pytest.raises(CameraUnreachableError, match="said nothing"):
            grab(server.url, deadline_s=SOON_S)
        server.thaw()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("agent.cameras.stream.rtsp.LONGEST_SILENCE_S", 60.0)
            assert grab(server.url).width == 640


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_a_signal_ends_in_the_middle_is_named(number: signal.Signals) -> None:
    with rtsp_server(Sent(gop_s=600)) as server:
        stream = Stream(server.url, LOGIN, Patience.within(DEADLINE_S))
        server.end(number)
        with within(PATIENT_S + 1), pytest.raises(CameraHungError, match="stream"):
            next(stream.keyframes())
        stream.close()


def test_a_silent_host_and_one_that_is_not_there_are_named_in_time() -> None:
    with bad_server() as server, within(SOON_S + 1), pytest.raises(CameraUnreachableError, match="said nothing"):
        grab(server.url, deadline_s=SOON_S)
    with black_hole() as url, within(SOON_S + 1), pytest.raises(CameraUnreachableError, match="said nothing"):
        grab(url, deadline_s=SOON_S)
    with held_port() as held, within(SOON_S + 1), pytest.raises(CameraUnreachableError, match="refuses the connection"):
        grab(f"rtsp://127.0.0.1:{port_of(held)}/live")


def test_a_name_nobody_knows_is_named_in_time() -> None:
    with within(SOON_S + 1), pytest.raises(CameraUnreachableError, match=r"kamera\.invalid"):
        grab("rtsp://kamera.invalid/live", deadline_s=SOON_S)


@pytest.mark.parametrize(
    ("answer", "then", "kind"),
    [
        (BUSY, "wait", CameraBusyError),
        (BROKEN, "wait", CameraBusyError),
        (REFUSED, "wait", CameraAuthError),
        (HTTP, "close", CameraUnavailableError),
        (b"", "close", CameraUnavailableError),
        (b"\0" * 5000, "close", CameraError),
        (b"x", "flood", CameraError),
        (b"RTSP/1.0 200 OK\r\nX: y\r\n", "flood", CameraError),
        (b"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nContent-Length: 2000000000\r\n\r\n", "flood", CameraError),
        (b"$\0\xff\xff", "flood", CameraError),
    ],
)
def test_what_does_not_stream_is_a_typed_error_in_time(answer: bytes, then: str, kind: type[CameraError]) -> None:
    deadline_s = SOON_S if kind is CameraError else DEADLINE_S  # the others answer, and are told from who is silent
    with bad_server(answer, then) as server, within(SOON_S + 1):
        error = refusal(server.url, deadline_s)
    assert isinstance(error, kind)
    assert LOGIN.password not in error.message
    assert 0 < len(error.message) <= 500


@pytest.mark.parametrize(
    ("answer", "code", "deadline_s"),
    [
        (b"", "unreachable", PATIENT_S),
        (REFUSED, "auth", DEADLINE_S),
        (BUSY, "busy", DEADLINE_S),
        (HTTP, "unreachable", PATIENT_S),
    ],
)
def test_a_worker_says_what_it_is_before_its_deadline_and_keeps_the_password(
    answer: bytes, code: str, deadline_s: float, tmp_path: Path
) -> None:
    with bad_server(answer) as server:
        setup = Setup("gate", "rtsp", str(tmp_path), flatten(RtspConfig(url=server.url)), secrets=LOGIN)
        asked = write_line(setup) + write_line(Grab(1, deadline_s))
        with within(PATIENT_S):
            told = subprocess.run(WORKER_COMMAND, input=asked, capture_output=True, timeout=120, check=True)
    failed = read_answer(told.stdout)
    assert isinstance(failed, Failed)
    assert (failed.code, failed.permanent) == (code, False)
    assert LOGIN.password.encode() not in told.stdout + told.stderr
    assert not list(tmp_path.iterdir())


LINES = st.sampled_from(
    [
        b"RTSP/1.0 200 OK",
        b"RTSP/1.0 302 Found",
        b"Location: rtsp://127.0.0.1:1/x",
        b"CSeq: {cseq}",
        b"Session: 1;timeout=-1",
        b"Content-Type: application/sdp",
        b"Content-Base: rtsp://x/",
        b"Content-Length: 120",
        b"Public: DESCRIBE",
        b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
        b"WWW-Authenticate: Digest",
        b"v=0",
        b"m=video 0 RTP/AVP 96",
        b"a=rtpmap:96 H264/90000",
        b"a=fmtp:96 sprop-parameter-sets=Z0LAHtoCgL/l,aM48gA==",
        b"a=framesize:96 99999-99999",
        b"a=control:*",
        b"",
    ]
)


@settings(max_examples=often(40, 400), deadline=None)
@given(st.lists(LINES | st.binary(max_size=40), max_size=25), st.sampled_from(["close", "wait"]))
def test_no_answer_whatever_brings_anything_but_a_typed_error(lines: list[bytes], then: str) -> None:
    with bad_server(b"\r\n".join(lines) + b"\r\n\r\n", then) as server, pytest.raises(CameraError) as failure:
        grab(server.url, deadline_s=0.3)
    assert LOGIN.password not in failure.value.message


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:rahasia77@10.0.0.4/live",
        "rtsp://10.0.0.4/user=admin&password=rahasia77&channel=1",
        "rtsp://10.0.0.4/live?passwd=rahasia77",
        "http://10.0.0.4/rahasia77",
        "rtsp:///rahasia77",
        "rtsp://10.0.0.4:99999/rahasia77",
        "rtsp://10.0.0.4/a rahasia77",
        "rtsp://[::1/rahasia77",
        "",
    ],
)
def test_an_address_that_cannot_be_or_tells_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="url") as failure:
        RtspConfig(url=url)
    assert "rahasia77" not in str(failure.value)


def test_a_camera_with_an_ipv6_address_is_asked_there() -> None:
    address = stream_address(RtspConfig(url="rtsp://[fd00::64]:8554/live?x=1").url)
    assert address_with_login(address, address.host, Secrets()) == "rtsp://[fd00::64]:8554/live?x=1"


def test_only_a_stream_that_is_watched_keeps_its_worker_between_two_pictures() -> None:
    url = "rtsp://10.0.0.4/live"
    assert RtspConfig(url=url, reader="persistent").stays_open
    assert not RtspConfig(url=url).stays_open


def test_the_login_may_stand_in_the_path_by_name() -> None:
    url = "rtsp://10.0.0.4/user={user}&password={password}&channel=1"
    assert RtspConfig(url=url).url == url
    full = address_with_login(stream_address(url), "10.0.0.4", Secrets("a", "b&/c"))
    assert full == "rtsp://a:b%26%2Fc@10.0.0.4:554/user=a&password=b%26%2Fc&channel=1"


@given(st.text(max_size=60) | st.builds("rtsp://{}".format, st.text(max_size=60)))
def test_an_address_is_either_refused_or_can_be_filled(url: str) -> None:
    try:
        check_stream_url(url)
    except ValueError:
        return
    address = stream_address(url)
    assert "@" not in url.split("/")[2]
    assert address_with_login(address, "10.0.0.4", LOGIN).startswith("rtsp://pengamat:R4has%3Aia")
    assert LOGIN.password not in repr(address) + address.where
