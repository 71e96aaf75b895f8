"""Which key a node had when: an earlier one still proves what it signed, a revoked one nothing that came later."""

from pathlib import Path

import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import project_all, register_node, signed_picture, store_payload
from tests.support.fleet import NODE
from wire import topics

OLD, NEW = SigningKey(b"o" * 32), SigningKey(b"n" * 32)
LATER_MS = 1_760_000_200_000


def public(key: SigningKey) -> str:
    import base64

    return base64.b64encode(bytes(key.verify_key)).decode()


def arrives(data: Path, key: SigningKey, seq: int, received_ms: int) -> str:
    """What is found about a picture signed with `key`."""
    from center.cctv.models import Snapshot

    store_payload(data, topics.up(NODE, "snapshot"), signed_picture(key, seq=seq), received_ms)
    project_all(data)
    return Snapshot.objects.get(seq=seq).finding


@pytest.fixture
def renewed(center_data: Path) -> Path:
    """A node that had OLD, and has NEW now."""
    from center.cctv.keys import note_key

    register_node(NEW)
    note_key(NODE, public(OLD), 1)
    note_key(NODE, public(NEW), 2)
    return center_data


def test_a_picture_signed_before_the_renewal_reached_the_box_is_genuine(renewed: Path) -> None:
    assert arrives(renewed, OLD, 1, LATER_MS) == "genuine"
    assert arrives(renewed, NEW, 2, LATER_MS) == "genuine"
    assert arrives(renewed, SigningKey(b"x" * 32), 3, LATER_MS) == "other_key"


def test_after_a_revocation_only_what_had_arrived_is_proven(renewed: Path) -> None:
    from center.cctv.keys import note_key, revoke_keys

    revoke_keys(NODE, LATER_MS)
    assert arrives(renewed, OLD, 1, LATER_MS - 1) == "genuine"
    assert arrives(renewed, OLD, 2, LATER_MS) == "no_key"
    note_key(NODE, public(NEW), LATER_MS + 5)  # enrolled again with the same key: it counts again
    assert arrives(renewed, NEW, 3, LATER_MS + 10) == "genuine"


def test_a_key_that_was_never_noted_counts_while_it_is_the_nodes_own(center_data: Path) -> None:
    register_node(NEW)
    assert arrives(center_data, NEW, 1, LATER_MS) == "genuine"


def test_enrolling_and_revoking_keep_the_history(center_data: Path, tmp_path: Path) -> None:
    from center.cctv.models import NodeKey
    from center.pki import create_authority
    from center.sealing import make_key_pair
    from center.sites.enrolment import enroll_node, revoke_node
    from center.sites.models import Site

    Site.objects.create(code=NODE, name="Serang", kind="kel")
    create_authority(center_data / "pki")
    make_key_pair(center_data / "keys")
    enroll_node(NODE, tmp_path / "first", center_data)
    enroll_node(NODE, tmp_path / "second", center_data, replace=True)
    assert NodeKey.objects.filter(node=NODE, revoked_ms=None).count() == 2
    revoke_node(NODE, center_data)
    assert NodeKey.objects.filter(node=NODE, revoked_ms=None).count() == 0
