"""Scanners: whole scans and nothing else, and of those a ticket's code and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.scanning import LONGEST_SCAN_BYTES, PARTIAL_SCAN_S, OtherScan, ScanDecoder, TicketScan, sort_scan
from wire.tickets import make_code

CODE = make_code(b"sandi!")
NIK = "3673011203850007"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_scan_ends_with_the_line(end: bytes) -> None:
    decoder = ScanDecoder("cr")
    assert decoder.feed(b"ABC" + end + b"DE", 0.0) == ["ABC"]
    assert decoder.feed(b"F" + end, 0.1) == ["DEF"]


def test_a_scan_stands_between_stx_and_etx_and_what_lies_outside_is_nothing() -> None:
    decoder = ScanDecoder("stx")
    assert decoder.feed(b"noise\r\n\x02ABC\x03noise\x02DEF\x03", 0.0) == ["ABC", "DEF"]
    assert decoder.feed(b"\x02half\x02WHOLE\x03", 0.0) == ["WHOLE"]
    assert decoder.dropped == 1


@pytest.mark.parametrize("framing", ["cr", "stx"])
def test_an_unfinished_scan_is_not_counted_to_the_next_one(framing: str) -> None:
    decoder = ScanDecoder(framing)  # type: ignore[arg-type]
    begin, end = (b"", b"\r") if framing == "cr" else (b"\x02", b"\x03")
    assert decoder.feed(begin + b"HALF", 0.0) == []
    assert decoder.feed(begin + b"WHOLE" + end, PARTIAL_SCAN_S) == ["WHOLE"]
    assert decoder.dropped == 1


@pytest.mark.parametrize("framing", ["cr", "stx"])
def test_a_scan_without_end_is_dropped_and_the_next_one_is_whole(framing: str) -> None:
    decoder = ScanDecoder(framing)  # type: ignore[arg-type]
    begin, end = (b"", b"\r") if framing == "cr" else (b"\x02", b"\x03")
    assert decoder.feed(begin + b"x" * (5 * LONGEST_SCAN_BYTES) + end, 0.0) == []
    assert decoder.dropped == 1
    assert decoder.feed(begin + b"WHOLE" + end, 0.0) == ["WHOLE"]


@pytest.mark.parametrize("raw", [b"A\x1bB\r", b"A\x00B\r", b"\xff\xfe\r", "é\r".encode()])
def test_a_scan_with_controls_or_other_letters_is_no_scan(raw: bytes) -> None:
    decoder = ScanDecoder("cr")
    assert decoder.feed(raw, 0.0) == []
    assert decoder.dropped == 1


@given(st.lists(st.binary(max_size=100), max_size=30), st.sampled_from(["cr", "stx"]))
def test_any_bytes_give_short_printable_scans_and_the_decoder_goes_on(pieces: list[bytes], framing: str) -> None:
    decoder = ScanDecoder(framing)  # type: ignore[arg-type]
    for number, piece in enumerate(pieces):
        for scan in decoder.feed(piece, number / 10):
            assert 0 < len(scan) <= LONGEST_SCAN_BYTES
            assert scan.isprintable()
    decoder.feed(b"\r" if framing == "cr" else b"\x03", 1000.0)
    assert "WHOLE" in decoder.feed(b"WHOLE\r" if framing == "cr" else b"\x02WHOLE\x03", 1001.0)


@pytest.mark.parametrize(
    "text",
    [CODE, CODE.lower(), f"{CODE[:5]}-{CODE[5:]}", f" {CODE} ", f"https://aduan.serangkota.go.id/status#{CODE}"],
)
def test_a_code_is_found_as_it_stands_on_a_receipt_and_in_its_qr(text: str) -> None:
    assert sort_scan(text) == TicketScan(CODE)


@pytest.mark.parametrize("text", [NIK, f"NIK {NIK}", "3673.0112.0385.0007", "36730112 03850007", f"<{NIK}>"])
def test_an_identity_number_goes_no_further(text: str) -> None:
    assert sort_scan(text) == OtherScan("nik")
    assert NIK not in repr(sort_scan(text))


@pytest.mark.parametrize("text", ["", "8992761002015", "04A1B2C3D4", "https://example.org/#x", "36730112038500071"])
def test_anything_else_goes_no_further_either(text: str) -> None:
    assert sort_scan(text) == OtherScan("unknown")


@given(st.text(max_size=300))
def test_any_text_is_a_code_as_issued_or_a_reason(text: str) -> None:
    found = sort_scan(text)
    assert isinstance(found, OtherScan) or (len(found.code) == 10 and found.code.isalnum())
