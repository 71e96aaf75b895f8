"""How boxes come by the command keys: with their certificate, vouched for by the authority."""

import base64
from pathlib import Path

from tests.support.commanding import enrolled
from wire.keys import parse_keys

NODE = "kel-3673011001"


def test_credentials_made_by_hand_bring_what_is_published(center_data: Path, tmp_path: Path) -> None:
    from center.commander.keys import KeyRing, published
    from center.pki import create_authority
    from center.sealing import make_key_pair
    from center.sites.enrolment import enroll_node

    enrolled(NODE)
    create_authority(center_data / "pki")
    make_key_pair(center_data / "keys")
    KeyRing(center_data / "commander").make(1)
    enroll_node(NODE, tmp_path / "out", center_data, replace=True)
    text = (tmp_path / "out" / "command.pub").read_text()
    assert text == published(center_data)
    assert len(parse_keys(text)) == 1


def test_a_centre_without_a_commander_makes_credentials_all_the_same(center_data: Path, tmp_path: Path) -> None:
    from center.pki import create_authority
    from center.sealing import make_key_pair
    from center.sites.enrolment import enroll_node

    enrolled(NODE)
    create_authority(center_data / "pki")
    make_key_pair(center_data / "keys")
    enroll_node(NODE, tmp_path / "out", center_data, replace=True)
    assert (tmp_path / "out" / "command.pub").read_bytes() == b""


def test_an_authority_vouches_for_exactly_these_lines(tmp_path: Path) -> None:
    """As the box checks it: with the system's openssl and the certificate it trusts."""
    from agent.enrol.command_keys import accepted
    from center.commander.keys import KeyRing, published
    from center.pki import create_authority
    from wire.enrolment import Issued, vouched_keys

    authority, stranger = (create_authority(tmp_path / name) for name in ("pki", "other"))
    KeyRing(tmp_path / "commander").make(1)
    text = published(tmp_path)
    trusted = authority.trust_bundle()

    def after(keys: str, proof: bytes) -> bytes:
        issued = Issued("c", "ca", "A" * 43 + "=", 1, "issued", keys, base64.b64encode(proof).decode())
        return accepted(issued, trusted, b"before")

    good = authority.vouch(vouched_keys("c", text))
    assert after(text, good) == text.encode()
    assert after("", b"") == b"before"
    assert after(text, b"") == b"before"
    assert after(text, stranger.vouch(vouched_keys("c", text))) == b"before"
    assert after(text, authority.vouch(vouched_keys("another certificate", text))) == b"before"
    assert after(text, authority.vouch(text.encode())) == b"before"
    assert after(text + "# x\n", good) == b"before"
    assert after("rubbish", authority.vouch(vouched_keys("c", "rubbish"))) == b"before"
