"""Packing bodies: what comes out is what went in; what an earlier version packed is read; nothing inflates for ever."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.outbox.packing import pack, unpack

REPORT = (
    b'{"period_s":30.0,"verdict":"OK","probes":[{"probe":"icmp","target":"center","state":"up","sent":10,"lost":0}]}'
)


@given(st.binary(max_size=5000))
def test_content_survives_packing(content: bytes) -> None:
    assert unpack(pack(content), 5000) == content


def test_a_report_packs_to_less_than_without_the_dictionary() -> None:
    assert len(pack(REPORT)) < len(zlib.compress(REPORT, 6))


def test_what_was_packed_without_the_dictionary_is_still_read() -> None:
    assert unpack(zlib.compress(REPORT, 6), 1000) == REPORT


def test_both_kinds_begin_with_the_byte_that_tells_them_from_json() -> None:
    assert pack(REPORT)[:1] == zlib.compress(REPORT, 6)[:1] == b"\x78"


@pytest.mark.parametrize("damage", [lambda packed: packed[:-3], lambda packed: packed[:9] + b"\xff" + packed[10:]])
def test_a_damaged_stream_is_an_error(damage) -> None:
    with pytest.raises(zlib.error):
        unpack(damage(pack(REPORT)), 1000)


def test_more_than_allowed_is_never_inflated() -> None:
    with pytest.raises(zlib.error):
        unpack(pack(bytes(1_000_000)), 1000)
