"""Proofs towards HTTP cameras: the examples of RFC 7616, and any challenge a camera may write."""

from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import Secrets
from agent.cameras.http.auth import Challenge, Login, Request, _digest, challenges

EXAMPLE = Secrets("Mufasa", "Circle of Life")
LATIN = st.text(st.characters(max_codepoint=255), max_size=300)


RFC_CHALLENGE = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
"""3.9.1 there."""


def test_the_examples_of_rfc_7616_come_out() -> None:
    both = challenges([RFC_CHALLENGE.format(algorithm) for algorithm in ("SHA-256", "MD5")])
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    said = [_digest(way, EXAMPLE, Request("GET", "/dir/index.html"), 1, cnonce) for way in both]
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in said[0]
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in said[1]
    assert all("nc=00000001" in one and "qop=auth," in one for one in said)


def test_several_ways_in_one_header_are_all_seen() -> None:
    found = challenges(['Basic realm="a, b=\\"c\\"", Digest realm=x,nonce="1",qop="auth,auth-int" , Negotiate', "NTLM"])
    assert [way.kind for way in found] == ["BASIC", "MD5", "NEGOTIATE", "NTLM"]
    assert found[0].parameters == {"realm": 'a, b="c"'}
    assert found[1].parameters == {"realm": "x", "nonce": "1", "qop": "auth,auth-int"}


@given(st.lists(LATIN | LATIN.map(lambda text: f'Digest realm="{text}", nonce={text}, qop="auth" {text}'), max_size=5))
def test_no_challenge_brings_it_down_and_each_way_is_tried_once(headers: list[str]) -> None:
    login = Login(EXAMPLE)
    login.begin()
    proofs = []
    while login.refused(challenges(headers)):
        proof = login.proof(Request("GET", "/x"))
        assert proof is not None and EXAMPLE.password not in proof
        assert "\n" not in proof and "\r" not in proof
        proof.encode("latin-1")
        proofs.append(proof)
        assert len(proofs) <= 9
    assert login.verdict("kamera")


@given(LATIN, LATIN, st.sampled_from(["MD5", "SHA-256", "MD5-SESS", "SHA-512-256"]))
def test_whatever_realm_and_nonce_hold_is_read_back_as_it_was_sent(realm: str, nonce: str, kind: str) -> None:
    way = Challenge(kind, {"realm": realm, "nonce": nonce, "algorithm": kind})
    said = _digest(way, EXAMPLE, Request("GET", "/x"), 1)
    fields = challenges([said])[0].parameters
    blank = " ".join(realm.split())
    assert " ".join(fields["realm"].split()) == blank
    assert fields["uri"] == "/x"
