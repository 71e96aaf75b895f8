"""When certificates are renewed, and which bundles of authorities are taken."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.core.renewal import DAY_MS, EARLIEST_MS, Certificate, days_left, may_trust, reason

GOT = EARLIEST_MS + 2_500 * DAY_MS
TWO_YEARS = Certificate("kel-3673011001", GOT + 731 * DAY_MS, GOT)


def why(certificate: Certificate, now_ms: int, **facts: bool) -> str:
    return reason(certificate, now_ms, **{"asked": False, "of_newest": True, **facts})


def test_two_years_are_renewed_with_a_third_left() -> None:
    left = (TWO_YEARS.expires_at_ms - TWO_YEARS.renew_at_ms()) / DAY_MS
    assert 731 / 3 - 1 <= left <= 731 / 3 + 30
    assert why(TWO_YEARS, TWO_YEARS.renew_at_ms() - 1) == ""
    assert why(TWO_YEARS, TWO_YEARS.renew_at_ms()) == "age"
    assert why(TWO_YEARS, TWO_YEARS.expires_at_ms) == "expired"


def test_a_certificate_whose_beginning_nobody_knows_counts_as_of_two_years() -> None:
    unknown = Certificate(TWO_YEARS.node, TWO_YEARS.expires_at_ms)
    assert unknown.renew_at_ms() == TWO_YEARS.renew_at_ms()
    assert Certificate(TWO_YEARS.node, TWO_YEARS.expires_at_ms, 5).renew_at_ms() == TWO_YEARS.renew_at_ms()


def test_a_third_of_a_short_life_is_never_less_than_sixty_days_nor_more_than_half() -> None:
    half_a_year, month = (Certificate("kec-367301", GOT + days * DAY_MS, GOT) for days in (160, 30))
    assert (half_a_year.expires_at_ms - half_a_year.renew_at_ms()) / DAY_MS >= 60
    assert 15 <= (month.expires_at_ms - month.renew_at_ms()) / DAY_MS <= 18


def test_a_city_enrolled_on_one_day_does_not_come_back_on_one_day() -> None:
    nodes = [f"kel-36730{district}{number:03d}" for district in (11, 12) for number in range(1, 56)]
    days = Counter(Certificate(n, GOT + 731 * DAY_MS, GOT).renew_at_ms() // DAY_MS for n in nodes)
    assert len(nodes) == 110 and len(days) >= 25
    assert max(days.values()) <= 12


def test_a_clock_before_2020_has_no_opinion_on_ages() -> None:
    assert why(TWO_YEARS, 5_000) == ""
    assert why(TWO_YEARS, 5_000, of_newest=False) == "authority"
    assert why(TWO_YEARS, 5_000, asked=True) == "asked"
    assert days_left(TWO_YEARS.expires_at_ms, 5_000) is None
    assert days_left(TWO_YEARS.expires_at_ms, GOT) == 731
    assert days_left(GOT, GOT + 1) == -1


@given(st.text(max_size=64), st.integers(-(2**40), 2**50), st.integers(-(2**40), 2**50), st.integers(0, 2**50))
def test_a_renewal_is_always_due_before_the_end(node: str, expires_at_ms: int, got_at_ms: int, now_ms: int) -> None:
    certificate = Certificate(node, expires_at_ms, got_at_ms)
    assert certificate.renew_at_ms() < expires_at_ms
    assert why(certificate, now_ms) in ("", "age", "expired")


@given(st.frozensets(st.text(max_size=3), max_size=5), st.lists(st.text(max_size=3), max_size=12))
def test_a_bundle_is_taken_only_with_an_authority_that_is_trusted_now(now: frozenset[str], offered: list[str]) -> None:
    assert may_trust(now, tuple(offered)) == (0 < len(offered) <= 8 and bool(now & set(offered)))
