"""Known addresses beside given ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.dnstruth import expected_networks, foreign, special

KNOWN = expected_networks(["203.0.113.7", "198.51.100.0/24"])


def test_nothing_expected_or_nothing_given_is_no_lie() -> None:
    assert foreign(["10.0.0.1"], ()) == foreign([], KNOWN) == foreign(["2001:db8::1"], KNOWN) == ""


def test_a_lie_is_named_by_its_first_address() -> None:
    assert foreign(["10.0.0.1", "10.0.0.2"], KNOWN) == "10.0.0.1"
    assert foreign(["10.0.0.1", "203.0.113.7"], KNOWN) == foreign(["198.51.100.200"], KNOWN) == ""


@given(st.lists(st.ip_addresses().map(str)))
def test_any_answers_are_judged_and_only_wholly_foreign_ones_are_lies(answers: list[str]) -> None:
    lie = foreign(answers, KNOWN)
    assert lie == "" or (lie in answers and "203.0.113.7" not in answers)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link_local"),
        ("10.1.1.1", "private"),
        ("103.10.1.5", ""),
        ("::1", "loopback"),
        ("fe80::1", "link_local"),
    ],
)
def test_addresses_no_public_server_has_are_named(address: str, kind: str) -> None:
    assert special(address) == kind


@pytest.mark.parametrize("text", ["", "serangkota.go.id", "2001:db8::1", "203.0.113.7/33"])
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="neither an IPv4 address nor a network"):
        expected_networks([text])


def test_a_list_as_long_as_a_block_list_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32"):
        expected_networks([f"10.0.0.{number}" for number in range(33)])
