"""Who has taken over a part of the centre and wants boxes to do what nobody ordered.

The pages' process has its database rights and may ask the commander; the broker sees and says what it wants. Neither
has the command key or a telephone. What a box makes of a forged command is tried in `tests/agent/`.
"""

import base64
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.center import center_database
from tests.support.commanding import Desk, desk, verified
from wire.keys import key_id, parse_keys
from wire.messages import Downlink, signed_bytes

NODE, OTHER = "kel-3673011001", "kel-3673011002"
HOST = {"host": "10.0.0.1"}
GRAVE = ("reboot", "restart-agent", "restart-kiosk", "maintenance", "config", "update", "keys")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    with center_database(tmp_path / "center") as data, desk(data, NODE, OTHER) as made:
        made.person("sari")
        made.person("budi")
        yield made


def fields_of(command: str, office: Desk) -> dict[str, Any]:
    from center.commander.ordering import own_keys_argument

    return {
        "maintenance": {"arguments": {"lasts_s": 60}},
        "config": {"toml": "[health]\ninterval_s = 60\n"},
        "update": {"arguments": {"digest": "0" * 64, "size_bytes": 1, "version": "1.0"}},
        "keys": {"arguments": {"keys": own_keys_argument(office.office.keys)}},
    }.get(command, {})


@pytest.mark.parametrize("command", GRAVE)
def test_captured_pages_order_nothing_that_changes_a_box(office: Desk, command: str) -> None:
    """In a real person's name without the code, with an old one, and in the name of an account they made."""
    from center.accounts.models import User

    User.objects.create_superuser("mallory", password="x")
    used = office.code("sari")
    assert office.order("restart-agent", otp=used).code == ""
    office.office.round()
    before = {row.id for row in office.downlinks()}
    for by, otp in (("sari", ""), ("sari", used), ("sari", "000000"), ("mallory", "123456"), ("mallory", "")):
        answer = office.order(command, by=by, otp=otp, **fields_of(command, office))
        assert answer.code in ("otp", "person"), answer
    assert office.office.round() == 0
    assert {row.id for row in office.downlinks()} == before


def test_captured_pages_that_hold_one_person_s_code_do_nothing_grave(office: Desk) -> None:
    """A code typed into captured pages is theirs to use once; a grave order takes a second person all the same."""
    from center.commander.frames import Approve

    made = office.order("reboot", otp=office.code("sari")).operation
    for by, otp in (("sari", office.code("sari")), ("budi", office.code("sari")), ("budi", ""), ("mallory", "1" * 6)):
        assert office.office.answer(Approve(made, by, otp)).code != ""
    assert office.office.round() == 0


def test_captured_pages_flood_no_box_with_looks(office: Desk) -> None:
    codes = [office.order("ping", by=f"name-{number}", arguments=HOST).code for number in range(300)]
    assert codes.count("") == 120, "240 boxes a minute, two in each"
    assert set(codes) == {"", "rate"}


def test_a_captured_database_makes_no_command(office: Desk) -> None:
    """Every row it may write, written: operations, targets, approvals, presence, and finished downlinks."""
    from center.operations.models import Downlink as Row
    from center.operations.models import Operation, OperationTarget

    waits = office.order("reboot", otp=office.code("sari")).operation
    invented = str(uuid.uuid4())
    Operation.objects.create(
        id=invented, command="reboot", state="running", made_by="sari", second_by="budi", made_ms=office.now_ms
    )
    Operation.objects.filter(pk=waits).update(state="running", second_by="budi", second_ms=office.now_ms)
    OperationTarget.objects.create(
        id=str(uuid.uuid4()), operation_id=invented, node=NODE, position=0, state="due", due_ms=office.now_ms
    )
    OperationTarget.objects.filter(operation=waits).update(state="due", due_ms=office.now_ms)
    key = Ed25519PrivateKey.generate()
    forged = signed_with(key, "reboot", NODE, f"nonce-{NODE}", key_id(key.public_key().public_bytes_raw()))
    Row.objects.create(node=NODE, leaf="command", **forged)
    assert office.office.round() == 0
    (row,) = office.downlinks()
    assert not office.verifies(row), "what is in the table was signed by nobody the boxes know"


def test_a_captured_broker_forges_no_command_and_moves_none(office: Desk) -> None:
    """It has seen everything that was ever signed: for other boxes, sessions and moments."""
    office.order("ping", arguments=HOST)
    office.order("restart-agent", otp=office.code("sari"))
    office.office.round()
    (public,) = parse_keys((office.data / "commander" / "command.pub").read_text()).values()
    for row in office.downlinks():
        assert verified(public, row, row.node, row.leaf)
        assert not verified(public, row, {NODE: OTHER, OTHER: NODE}[row.node], row.leaf)
        for name, value in (("nonce", "nonce-later"), ("expires_ms", row.expires_ms + 60_000), ("body", "{}"),
                            ("id", str(uuid.uuid4()))):  # fmt: skip
            right = getattr(row, name)
            setattr(row, name, value)
            assert not verified(public, row, row.node, row.leaf), name
            setattr(row, name, right)
    stolen_id = signed_with(Ed25519PrivateKey.generate(), "reboot", NODE, f"nonce-{NODE}", key_id(public))
    assert not verified(public, type("Row", (), stolen_id)(), NODE, "command")


def signed_with(key: Ed25519PrivateKey, command: str, node: str, nonce: str, named: str) -> dict[str, Any]:
    """Columns of a downlink that is right in all but the key."""
    body = msgspec.json.encode({"name": command, "arguments": {}})
    down = Downlink(1, str(uuid.uuid4()), "g", 1, msgspec.Raw(body), nonce, 2**50, named)
    signature = base64.b64encode(key.sign(signed_bytes(node, "command", down))).decode()
    return {
        "id": down.id, "body": body.decode(), "generation": "g", "created_ms": 1, "nonce": nonce, "expires_ms": 2**50,
        "key_id": named, "signature": signature,
    }  # fmt: skip
