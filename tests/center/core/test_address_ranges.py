"""Address ranges as people type them: what is taken, what is refused by name, and who is inside."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.address_ranges import MAX_RANGES, MAX_TEXT, Network, RangeError, lies_within, parse_ranges, ranges_text

_NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(1, 32)), st.tuples(st.ip_addresses(v=6), st.integers(1, 128))
).map(lambda pair: ipaddress.ip_network(pair, strict=False))


def taken_for_ipv4(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None


@given(st.lists(_NETWORKS, min_size=1, max_size=MAX_RANGES, unique=True))
def test_what_is_stored_reads_back_as_the_same_ranges(networks: list[Network]) -> None:
    networks = [one for one in networks if not taken_for_ipv4(one.network_address)]
    text = ranges_text(networks)
    if networks and len(text) <= MAX_TEXT:
        assert parse_ranges(text) == tuple(networks)
        edges = [edge for one in networks for edge in (one[0], one[-1]) if not taken_for_ipv4(edge)]
        assert all(lies_within(str(edge), networks) for edge in edges)


@given(st.text(max_size=60))
def test_any_text_is_ranges_or_a_refusal(text: str) -> None:
    try:
        assert parse_ranges(text)
    except RangeError as error:
        assert error.word in text
    assert lies_within(text, parse_ranges("10.0.0.0/8")) is False or text.startswith(("10.", "::ffff:"))


@pytest.mark.parametrize(
    "word",
    [
        "10.20.3.7/16",
        "10.20.3",
        "10.20.3.0/33",
        "layar",
        "fd00::/129",
        "fe80::1%eth0",
        "0.0.0.0/0",
        "::/0",
        "::ffff:10.0.0.0/104",
        "１0.0.0.1",
    ],
)
def test_the_word_at_fault_is_named_and_nothing_is_rounded(word: str) -> None:
    with pytest.raises(RangeError) as caught:
        parse_ranges(f"10.0.0.0/8, {word}")
    assert caught.value.word == word


@pytest.mark.parametrize("text", ["", " , ", "10.0.0.1 " * (MAX_RANGES + 1), "1" * 501])
def test_none_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(RangeError):
        parse_ranges(text)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.20.3.7", True),
        ("::ffff:10.20.3.7", True),  # IPv4 through a socket of IPv6
        ("10.20.4.1", False),
        ("fd00:12::9", True),
        ("fd00:13::9", False),
        ("fd00:12::9%eth0", True),
        ("", False),
        ("unix", False),
    ],
)
def test_an_address_is_inside_its_own_family_alone(address: str, *, inside: bool) -> None:
    assert lies_within(address, parse_ranges("10.20.3.0/24\nfd00:12::/32")) is inside
