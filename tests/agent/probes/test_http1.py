"""HTTP/1.1 as bytes: framing, bounds, and nothing else than a message or one typed error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probes import http1
from agent.probes.http1 import Body, Head, HeadTooLargeError, HttpFormatError, parse_head
from agent.probes.url import Url, parse_url


def body_of(headers: dict[str, str], *pieces: bytes, limit: int = 1000, status: int = 200) -> Body:
    body = Body(Head(status, headers), limit)
    for piece in pieces:
        if not body.done:
            body.feed(piece)
    return body


def test_a_head_and_what_follows_it() -> None:
    found = parse_head(b"HTTP/1.1 200 OK\r\nContent-Type: text/html \r\nX:\r\n\r\nrest")
    assert found == (Head(200, {"content-type": "text/html", "x": ""}), b"rest")


def test_a_status_needs_no_words() -> None:
    found = parse_head(b"HTTP/1.0 404\r\n\r\n")
    assert found is not None
    assert found[0].status == 404


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(data: bytes) -> None:
    with pytest.raises(HttpFormatError):
        parse_head(data)


@pytest.mark.parametrize("headers", [b"A: " + b"b" * 20_000, b"A: b\r\n" * 101 + b"\r\n"])
def test_a_head_without_end_is_refused(headers: bytes) -> None:
    with pytest.raises(HeadTooLargeError):
        parse_head(b"HTTP/1.1 200 OK\r\n" + headers)


DOUBTFUL = [
    {"content-length": "-1"},
    {"content-length": "1e3"},
    {"content-length": "9" * 16},
    {"transfer-encoding": "gzip"},
    {"transfer-encoding": "chunked", "content-length": "3"},
]


@pytest.mark.parametrize("headers", DOUBTFUL)
def test_a_doubtful_length_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(HttpFormatError):
        Body(Head(200, headers), 100)


def test_a_body_by_length_ends_there_and_only_there() -> None:
    short = body_of({"content-length": "5"}, b"abc")
    assert not short.done
    assert not short.complete()
    full = body_of({"content-length": "5"}, b"abc", b"defg")
    assert full.done
    assert full.kept == b"abcde"


def test_a_body_without_length_ends_with_the_connection() -> None:
    body = body_of({}, b"abc")
    assert not body.done
    assert body.complete()


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    assert body_of({"content-length": "5"}, status=status).done


def test_no_more_is_kept_than_allowed() -> None:
    body = body_of({}, b"x" * 600, b"y" * 600)
    assert (body.done, body.capped, len(body.kept)) == (True, True, 1000)


CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


@given(CHUNKS, st.lists(st.integers(1, 30), max_size=30))
def test_chunks_come_together_however_they_are_cut(chunks: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(wire[at : at + cut])
        at += cut
    body = body_of({"transfer-encoding": "Chunked"}, *pieces, wire[at:])
    assert body.done
    assert body.kept == b"".join(chunks)


@pytest.mark.parametrize(
    "wire", [b"zz\r\n", b"\r\n", b"3\r\nabcd\r\n", b"123456789\r\n", b"f" * 300, b"-3\r\n", b"3\r\nabc\rX"]
)
def test_broken_chunks_are_refused(wire: bytes) -> None:
    with pytest.raises(HttpFormatError):
        body_of({"transfer-encoding": "chunked"}, wire)


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_bytes_are_a_message_or_one_typed_error(head: bytes, body: bytes) -> None:
    for data in (head, b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body):
        try:
            found = parse_head(data)
            if found is not None:
                Body(found[0], 50).feed(found[1])
        except HttpFormatError as error:
            assert str(error)


@given(st.binary(max_size=200))
def test_any_bytes_are_chunks_or_one_typed_error(data: bytes) -> None:
    try:
        body = body_of({"transfer-encoding": "chunked"}, data)
    except HttpFormatError:
        return
    assert len(body.kept) <= len(data)


def test_urls_are_taken_apart() -> None:
    assert parse_url("https://serangkota.go.id/a?b=c#d") == Url(True, "serangkota.go.id", 443, "/a?b=c")
    assert parse_url("http://[2001:db8::1]:8080").authority == "[2001:db8::1]:8080"
    assert parse_url("http://x").authority == "x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ftp://x",
        "http://",
        "http://a b",
        "http://x/\r\nHost: y",
        "http://x:99999",
        "http://u:p@x",
        "https://ü",
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        parse_url(text)


def test_a_head_is_asked_to_go_on_while_incomplete() -> None:
    for end in range(len(b"HTTP/1.1 200 OK\r\n\r")):
        assert http1.parse_head(b"HTTP/1.1 200 OK\r\n\r"[:end]) is None
