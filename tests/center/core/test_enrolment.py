"""Who gets a certificate: every way a token can be, and what holds for all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.enrolment import (
    DAY_MS,
    MOST_KEYS,
    RENEWALS_A_DAY,
    Asked,
    Issue,
    KeyFacts,
    Refuse,
    RenewFacts,
    Repeat,
    TokenFacts,
    Wait,
    decide_enrol,
    decide_renew,
)

NODE, KEY, OTHER = "kel-3673011001", "a" * 64, "b" * 64
NOW = 1_800_000_000_000
TOKEN = TokenFacts(NODE, confirm=False, expires_ms=NOW + 1)
ASKED = Asked(NODE, KEY)
RENEWAL = RenewFacts(
    known=True, vouched=True, retired=False, certificate_revoked=False, problem="", repeat=False, renewed_ms=()
)


@pytest.mark.parametrize(
    ("token", "known", "decision"),
    [
        (None, None, Refuse("token_unknown")),
        (replace(TOKEN, node="kel-3673011002"), None, Refuse("token_unknown")),
        (TOKEN, None, Issue()),
        (replace(TOKEN, expires_ms=NOW), None, Refuse("token_expired")),
        (replace(TOKEN, revoked=True), None, Refuse("token_revoked")),
        (replace(TOKEN, used_key=OTHER), None, Refuse("token_used")),
        (replace(TOKEN, used_key=KEY, expires_ms=0), KeyFacts("issued"), Repeat()),
        (replace(TOKEN, used_key=KEY, expires_ms=0), KeyFacts("confirmed"), Issue()),
        (replace(TOKEN, used_key=KEY), None, Issue()),
        (replace(TOKEN, used_key=KEY), KeyFacts("issued", certificate_revoked=True), Refuse("revoked")),
        (replace(TOKEN, used_key=KEY, revoked=True), KeyFacts("issued"), Refuse("token_revoked")),
        (replace(TOKEN, confirm=True), None, Wait()),
        (replace(TOKEN, confirm=True), KeyFacts("waiting"), Wait()),
        (replace(TOKEN, confirm=True), KeyFacts("declined"), Refuse("declined")),
        (replace(TOKEN, confirm=True, used_key=KEY), KeyFacts("confirmed"), Issue()),
        (replace(TOKEN, confirm=True, expires_ms=NOW), KeyFacts("waiting"), Refuse("token_expired")),
    ],
)
def test_a_token_in_each_of_its_states(token: TokenFacts | None, known: KeyFacts | None, decision: object) -> None:
    assert decide_enrol(ASKED, token, known, 0, NOW) == decision


def test_a_bad_request_is_not_told_from_a_wrong_token_by_who_has_no_token() -> None:
    assert decide_enrol(Asked(NODE, "", "csr"), None, None, 0, NOW) == Refuse("token_unknown")
    assert decide_enrol(Asked(NODE, "", "name"), TOKEN, None, 0, NOW) == Refuse("name")


def test_only_so_many_keys_wait_with_one_token() -> None:
    token = replace(TOKEN, confirm=True)
    assert decide_enrol(ASKED, token, None, MOST_KEYS - 1, NOW) == Wait()
    assert decide_enrol(ASKED, token, None, MOST_KEYS, NOW) == Refuse("rate", 3600)
    assert decide_enrol(ASKED, token, KeyFacts("waiting"), MOST_KEYS, NOW) == Wait()


tokens = st.builds(
    TokenFacts,
    node=st.sampled_from([NODE, "kel-3673011002"]),
    confirm=st.booleans(),
    expires_ms=st.integers(NOW - 2, NOW + 2),
    revoked=st.booleans(),
    used_key=st.sampled_from(["", KEY, OTHER]),
)
knowns = st.none() | st.builds(
    KeyFacts,
    state=st.sampled_from(["waiting", "confirmed", "declined", "issued"]),
    certificate_revoked=st.booleans(),
)
askeds = st.builds(
    Asked, node=st.just(NODE), key=st.sampled_from([KEY, OTHER]), problem=st.sampled_from(["", "csr", "name"])
)


@given(asked=askeds, token=st.none() | tokens, known=knowns, keys=st.integers(0, 20))
def test_nobody_is_signed_for_who_should_not_be(
    asked: Asked, token: TokenFacts | None, known: KeyFacts | None, keys: int
) -> None:
    decision = decide_enrol(asked, token, known, keys, NOW)
    if not isinstance(decision, Issue | Repeat):
        return
    assert token is not None
    assert (token.node, token.revoked, asked.problem) == (asked.node, False, "")
    assert token.used_key in {"", asked.key}, "never for two keys"
    if not token.used_key:
        assert token.expires_ms > NOW
        assert not token.confirm, "an operator who confirms gives the token to the key"
    if isinstance(decision, Repeat):
        assert known == KeyFacts("issued")


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({}, Issue()),
        ({"repeat": True}, Repeat()),
        ({"known": False, "vouched": False, "retired": None}, Refuse("node_unknown")),
        ({"retired": None}, Refuse("node_unknown")),
        ({"vouched": False}, Refuse("key_unknown")),
        ({"vouched": False, "retired": True}, Refuse("key_unknown")),
        ({"retired": True}, Refuse("revoked")),
        ({"certificate_revoked": True, "repeat": True}, Refuse("revoked")),
        ({"problem": "csr"}, Refuse("csr")),
        ({"problem": "name"}, Refuse("name")),
        ({"renewed_ms": (NOW - 4, NOW - 3, NOW - 2)}, Issue()),
        ({"renewed_ms": (NOW - 4, NOW - 3, NOW - 2, NOW - 1)}, Refuse("rate", 3600)),
        ({"renewed_ms": (NOW - 4, NOW - 3, NOW - 2, NOW - 1), "repeat": True}, Repeat()),
        ({"renewed_ms": (NOW - DAY_MS + 1500, *[NOW - 1] * 3)}, Refuse("rate", 2)),
    ],
)
def test_a_renewal_in_each_of_its_states(change: dict[str, object], decision: object) -> None:
    assert decide_renew(replace(RENEWAL, **change), NOW) == decision  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 3 * DAY_MS), max_size=30))
def test_never_more_than_so_many_renewals_in_a_day(waits_ms: list[int]) -> None:
    at_ms, made = NOW, []
    for wait_ms in waits_ms:
        at_ms += wait_ms // 8
        recent = tuple(one for one in made if at_ms - one < DAY_MS)
        decision = decide_renew(replace(RENEWAL, renewed_ms=recent), at_ms)
        if isinstance(decision, Issue):
            made.append(at_ms)
        else:
            assert isinstance(decision, Refuse) and 1 <= decision.wait_s <= 3600
    assert all(late - early >= DAY_MS for early, late in zip(made, made[RENEWALS_A_DAY:], strict=False))
