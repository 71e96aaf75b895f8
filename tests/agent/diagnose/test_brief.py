"""The figures of a fine rung in half a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.diagnose.brief import brief, milliseconds
from agent.messages import Messages

ID, EN = Messages("id"), Messages("en")


@pytest.mark.parametrize(
    ("value_ms", "text"), [(0.042, "0,04 ms"), (0.4, "0,40 ms"), (8.26, "8,3 ms"), (42.4, "42 ms"), (1200.0, "1200 ms")]
)
def test_a_time_has_as_many_digits_as_it_deserves(value_ms: float, text: str) -> None:
    assert milliseconds(value_ms, ID) == text
    assert milliseconds(value_ms, EN) == text.replace(",", ".")


def test_pings_say_who_how_fast_and_how_many_were_lost() -> None:
    seen = Observation("icmp", "gateway", 0, True, rtts_ms=(0.4, 0.4, None), detail={"address": "10.20.3.1"})
    assert brief(seen, ID) == "10.20.3.1  0,40 ms  1/3 hilang"
    assert brief(seen, EN) == "10.20.3.1  0.40 ms  1/3 lost"


def test_an_address_from_dhcp_says_so() -> None:
    detail = {"ipv4": "10.20.3.7/24", "dhcp": True}
    assert brief(Observation("address", "local", 0, True, detail=detail), ID) == "10.20.3.7/24 (DHCP)"


def test_a_probe_without_figures_has_none() -> None:
    assert brief(Observation("portal", "portal", 0, True), ID) == ""


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60)


@given(
    st.sampled_from(["icmp", "link", "address", "route", "gateway", "tcp", "broker", "dns", "internet", "mtu", "ntp"]),
    st.dictionaries(
        st.sampled_from(
            ["address", "speed_mbps", "interface", "certificate_days", "offset_s", "server", "tried", "answered", "mtu"]
        ),
        VALUES.filter(lambda value: value == value and value not in (float("inf"), float("-inf"))),
    ),
)
def test_whatever_a_probe_says_one_harmless_line_comes_out(probe: str, detail: dict[str, object]) -> None:
    seen = Observation(probe, "x", 0, True, rtts_ms=(1.0,), detail=detail)  # type: ignore[arg-type]
    for messages in (ID, EN):
        said = brief(seen, messages)
        assert "\n" not in said
        assert all(character.isprintable() for character in said)
