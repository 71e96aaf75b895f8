"""Pictures out of answers: any cut of a stream gives the same picture; no answer whatever brings the adapter down."""

import contextlib
import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import CameraError, PictureInvalidError, Secrets, TruncatedError
from agent.cameras.http.answer import MAX_PART_HEAD_BYTES, first_part, read_picture
from agent.cameras.http_jpeg import HttpJpegCamera, HttpJpegConfig
from tests.agent.cameras.http_camera import jpeg
from tests.support.serving import read_request, serving

PICTURE = jpeg((48, 32))
LENGTH = str(len(PICTURE)).encode()
HEADS = st.sampled_from(
    [
        b"Content-Type: image/jpeg\r\n",
        b"",
        b"content-length: " + LENGTH + b"\r\n",
        b"X: 1\r\nContent-Length:" + LENGTH + b" \r\n",
    ]
)


def pieces_of(content: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    return (content[begin:end] for begin, end in itertools.pairwise(places))


@given(HEADS, HEADS, st.lists(st.integers(0, 10**6), max_size=40), st.binary(max_size=50))
def test_however_a_stream_is_cut_its_first_picture_comes_out(
    first: bytes, second: bytes, cuts: list[int], preamble: bytes
) -> None:
    preamble = preamble.replace(b"--", b"")
    parts = b"".join(b"--b\r\n" + head + b"\r\n" + PICTURE + b"\r\n" for head in (first, second))
    assert first_part(pieces_of(preamble + parts, cuts), b"--b").strip() == PICTURE


@given(st.lists(st.binary(max_size=2000) | st.just(b"--b\r\nContent-Length: 5\r\n\r\n"), max_size=20))
def test_any_stream_ends_with_some_bytes_or_none(pieces: list[bytes]) -> None:
    assert len(first_part(iter(pieces), b"--b")) <= sum(map(len, pieces))


def test_a_stream_that_never_begins_a_part_is_left_soon() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1000
            yield b"x" * 1000

    assert first_part(endless(), b"--b") == b""
    assert taken <= MAX_PART_HEAD_BYTES + 1000


def said(content: bytes, kind: str = "image/jpeg") -> SimpleNamespace:
    """An answer that has been read already."""
    return SimpleNamespace(
        where="kamera", header=lambda name: kind, read=lambda most: content, pieces=lambda most: iter([content])
    )


@pytest.mark.parametrize("padding", [b"\r\n", b"\0" * 40, b"\n \0"])
def test_padding_around_a_picture_goes(padding: bytes) -> None:
    assert read_picture(said(padding + PICTURE + padding)) == PICTURE  # type: ignore[arg-type]


def test_what_was_sent_instead_is_named_in_plain_words() -> None:
    for content, kind, words in (
        (b"", "image/jpeg", "empty answer"),
        (b"<HTML>", "image/jpeg", "web page"),
        (b"x", "text/html", "web page"),
        (b"x", "video/<b>\r\n", "video/b that is not"),
    ):
        with pytest.raises(PictureInvalidError, match=words):
            read_picture(said(content, kind))  # type: ignore[arg-type]
    with pytest.raises(TruncatedError):
        read_picture(said(PICTURE[:-1]))  # type: ignore[arg-type]


STATUS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 401 No", b"HTTP/1.1 302 F", b"HTTP/1.1 100 C", b"HTTP/2 9", b"ICY"]
)
LINES = st.sampled_from(
    [
        b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: x",
        b"Transfer-Encoding: chunked", b"Connection: close", b"Content-Type: multipart/x; boundary=b",
        b"WWW-Authenticate: Digest nonce=\"a\", qop=\"auth\"", b"WWW-Authenticate: Basic", b"WWW-Authenticate: Digest",
        b"WWW-Authenticate: Digest realm=\"\xff\r\n folded\", nonce=\"b\"", b"Location: /", b": x",
        b"Location: http://[::", b"Content-Encoding: gzip", b"Age: 99999999999",
        b"Date: Fri, 27 Nov 2026 10:00:00 GMT",
        b"Last-Modified: Fri, 27 Nov 2026 10:00:00 -9999", b"Last-Modified: Fri, 27 Nov 0000 10:00:00 GMT",
        b"\x00: \xff",
    ]
)  # fmt: skip
BODIES = st.binary(max_size=200) | st.sampled_from(
    [
        PICTURE,
        PICTURE[:-9],
        b"5\r\nabcde\r\n0\r\n\r\n",
        b"--b\r\n\r\n" + PICTURE + b"\r\n--b",
        b"fffffffffff\r\n" + PICTURE,
    ]
)
ANSWERS = st.binary(max_size=300) | st.builds(
    lambda status, lines, body: b"\r\n".join([status, *lines, b"", body]), STATUS, st.lists(LINES, max_size=6), BODIES
)


@given(st.lists(ANSWERS, min_size=1, max_size=4))
def test_no_answer_brings_it_down_and_what_comes_is_a_picture_or_a_typed_error(
    talking: tuple[int, list[bytes]], answers: list[bytes]
) -> None:
    port, to_say = talking
    to_say[:] = answers
    camera = HttpJpegCamera(HttpJpegConfig(url=f"http://127.0.0.1:{port}/"), Secrets("user", "Kata-Sandi-5521"))
    camera.open(0)
    try:
        assert camera.grab(5.0).jpeg == PICTURE
    except CameraError as error:
        assert "Kata-Sandi" not in error.message and 0 < len(error.message) <= 500


@pytest.fixture(scope="module")
def talking() -> Iterator[tuple[int, list[bytes]]]:
    """(port, what its connections say one after the other)."""
    to_say: list[bytes] = []

    def say(connection: object) -> None:
        read_request(connection)  # type: ignore[arg-type]
        with contextlib.suppress(IndexError):
            connection.sendall(to_say.pop(0))  # type: ignore[attr-defined]

    with serving(say) as port:
        yield port, to_say
