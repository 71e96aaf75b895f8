"""DNS messages: dnspython says the same, and no bytes do anything but parse or be refused."""

from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.probes import dnswire
from agent.probes.dnswire import TYPES, DnsFormatError, Question, build_query, encode_name, parse
from agent.probes.procfs import is_address

HEADER = bytes.fromhex("1234 8180 0001 0001 0000 0000")
LABELS = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=20)
NAMES = st.lists(LABELS, max_size=5).map(".".join)


@given(st.integers(0, 65_535), NAMES, st.sampled_from(sorted(dnswire.TYPES)))
def test_a_query_reads_the_same_to_another_implementation(message_id: int, name: str, kind: str) -> None:
    seen = dns.message.from_wire(build_query(message_id, name, dnswire.TYPES[kind]))
    assert seen.id == message_id
    assert seen.flags == dns.flags.RD
    assert seen.question[0].name.to_text() == f"{name}."
    assert dns.rdatatype.to_text(seen.question[0].rdtype) == kind


@given(
    NAMES.filter(bool),
    st.lists(st.ip_addresses(v=4), max_size=5),
    st.lists(st.ip_addresses(v=6), max_size=5),
    st.sampled_from([0, 2, 3, 5]),
)
def test_an_answer_of_another_implementation_reads_as_it_was_meant(name, fours, sixes, rcode) -> None:  # type: ignore[no-untyped-def]
    response = dns.message.make_response(dns.message.make_query(name, "A"), recursion_available=True)
    response.set_rcode(dns.rcode.Rcode(rcode))
    response.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "CNAME", "real." + name + "."))
    if fours:
        response.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "A", *map(str, fours)))
    if sixes:
        response.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "AAAA", *map(str, sixes)))
    seen = parse(response.to_wire())
    assert (seen.id, seen.rcode, seen.is_response, seen.truncated) == (response.id, rcode, True, False)
    assert seen.questions == (Question(name, dnswire.TYPES["A"]),)
    assert seen.answers[0].text == f"real.{name}"
    assert {ip_address(answer.text) for answer in seen.answers[1:]} == {*fours, *sixes}
    assert {answer.ttl_s for answer in seen.answers} == {60}


@given(st.binary(max_size=300))
@example(HEADER + b"\xc0\x0c" + b"\0\x01\0\x01")  # a name that points at itself
@example(HEADER + b"\xc0\x0e\xc0\x0c" + b"\0\x01\0\x01")  # two that point at each other
@example(HEADER + b"\x3f" + b"a" * 20)  # a label longer than the message
@example(HEADER + (b"\x3f" + b"a" * 63) * 5 + b"\0" + b"\0\x01\0\x01")  # a name of more than 255 octets
@example(HEADER[:4] + b"\xff\xff\xff\xff" + HEADER[8:])  # 65,535 questions
@example(HEADER + b"\0\0\x01\0\x01" + b"\0\0\x01\0\x01\0\0\0\x3c\xff\xff")  # a record longer than the message
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        parse(data)
    except DnsFormatError as error:
        assert str(error)


@given(NAMES.filter(bool), st.integers(12, 60), st.integers(0, 255))
def test_a_damaged_answer_parses_or_is_refused(name: str, at: int, value: int) -> None:
    response = dns.message.make_response(dns.message.make_query(name, "A"))
    response.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "A", "192.0.2.1"))
    wire = bytearray(response.to_wire())
    wire[at % len(wire)] = value
    for data in (bytes(wire), bytes(wire[: at % len(wire)])):
        try:
            found = parse(data)
        except DnsFormatError as error:
            assert str(error)
            continue
        assert len(data) >= len(HEADER) + 5 * len(found.questions) + 11 * len(found.answers)
        assert all(is_address(one.text) for one in found.answers if one.kind in (TYPES["A"], TYPES["AAAA"]))
        assert all(0 <= one.ttl_s < 2**32 for one in found.answers)
    assert parse(response.to_wire()).answers[0].text == "192.0.2.1"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (HEADER[:11], "shorter than a header"),
        (HEADER + b"\xc0\x0c\0\x01\0\x01", "does not lead backwards"),
        (HEADER + b"\x3fab", "too long"),
        (HEADER + b"\x40", "unknown kind"),
        (HEADER + b"\0\0\x01", "ends in the middle"),
        (HEADER + b"\0\0\x01\0\x01\0\0\x01\0\x01\0\0\0\x3c\0\x05\x01\x02\x03\x04\x05", "A record of 5"),
        (HEADER[:6] + b"\x00\x41" + HEADER[8:] + b"\0\0\x01\0\x01", "65 records"),
    ],
)
def test_a_broken_rule_is_named(data: bytes, says: str) -> None:
    with pytest.raises(DnsFormatError, match=says):
        parse(data)


def test_a_truncated_answer_may_end_anywhere() -> None:
    wire = bytearray(HEADER + b"\0\0\x02\0\x01\xff\xff")
    wire[2] |= 0x02
    seen = parse(bytes(wire))
    assert seen.truncated
    assert seen.answers == ()


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".".join(["abcdefgh"] * 32), "kelurahan-ü"])
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(DnsFormatError):
        encode_name(name)


def test_the_root_is_the_empty_name() -> None:
    assert encode_name(".") == encode_name("") == b"\0"
