"""The page's HTTP: what is exactly right is read, everything else is refused with a status, nothing breaks it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.headless.lan.http import MOST_BODY_BYTES, MOST_HEAD_BYTES, Answer, RequestError, encode, head_of
from tests.support.growth import PROPORTION, growth

GET = b"GET / HTTP/1.1\r\nHost: 10.0.0.2:8080\r\n\r\n"


def test_a_browser_is_understood() -> None:
    found = head_of(
        b"GET /?lang=en&x=a%20b+c HTTP/1.1\r\nHost: 10.0.0.2\r\nCookie: a=1; sandi=tok=en\r\nAccept: */*\r\n\r\n"
    )
    assert found is not None
    request, length = found
    assert (request.method, request.path, length) == ("GET", "/", 0)
    assert request.query == {"lang": "en", "x": "a b c"}
    assert request.cookies == {"a": "1", "sandi": "tok=en"}


@given(st.integers(0, len(GET) - 1))
def test_a_part_of_a_request_is_waited_for(cut: int) -> None:
    assert head_of(GET[:cut]) is None


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/2\r\nHost: x\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\r\n\r\n", 400),
        (b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"GET /" + b"a" * 5000, 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100 + b"\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_what_is_not_right_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(RequestError) as refused:
        head_of(raw)
    assert refused.value.status == status


ALMOST = st.lists(
    st.sampled_from([b"GET ", b"POST ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"Host: x", b"Content-Length: 3", b":",
                     b"Cookie: a=b", b"%41", b"?a=b&c", b"\x00", b"\xff", b" ", b"\t", b"Transfer-Encoding: chunked"]),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(st.binary(max_size=300) | ALMOST | ALMOST.map(lambda part: GET[:-2] + part + b"\r\n\r\n"))
def test_no_bytes_break_it(raw: bytes) -> None:
    try:
        found = head_of(raw)
    except RequestError as error:
        assert 400 <= error.status < 600
        return
    if found is not None:
        request, length = found
        assert request.method in ("GET", "HEAD", "POST")
        assert request.path.startswith("/")
        assert 0 <= length <= MOST_BODY_BYTES
        assert isinstance(request.cookies, dict)


@given(st.binary(min_size=1, max_size=40))
def test_an_endless_head_is_cut(piece: bytes) -> None:
    raw = (piece * (MOST_HEAD_BYTES // len(piece) + 2))[: MOST_HEAD_BYTES + 600].replace(b"\r\n\r\n", b"abcd")
    if len(raw) > MOST_HEAD_BYTES:
        with pytest.raises(RequestError):
            head_of(raw)


def test_an_answer_has_its_headers_and_cannot_be_split() -> None:
    told = encode(Answer(200, b"<p>", (("X-A", "b"),))).decode()
    for header in ("Content-Length: 3", "X-Content-Type-Options: nosniff", "Cache-Control: no-store", "X-A: b"):
        assert re.search(rf"\r\n{header}\r\n", told)
    assert told.endswith("\r\n\r\n<p>")
    assert encode(Answer(200, b"<p>"), with_body=False).endswith(b"\r\n\r\n")
    with pytest.raises(ValueError, match="line break"):
        encode(Answer(303, b"", (("Location", "/\r\nSet-Cookie: x"),)))


def test_a_line_of_blanks_costs_no_more_than_any_other() -> None:
    def read(blanks: int) -> None:
        with pytest.raises(RequestError):
            head_of(b"GET / HTTP/1.1\r\nHost: a\r\nX:" + b" \t" * blanks + b"\x00\r\n\r\n")

    assert growth(read, 1900) < PROPORTION  # as one pattern it was reckoned at for most of a minute
