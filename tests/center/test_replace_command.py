"""`sandi-center replace` and `sandi-center ca` as they are typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.arrivals import store_records, store_state
from tests.support.fleet import EPOCH, record

NODE, OTHER = "kel-3673011001", "kel-3673011002"


@pytest.fixture
def data(center_data: Path, tmp_path: Path) -> Path:
    """A centre with two enrolled nodes."""
    from center.pki import create_authority
    from center.sealing import make_key_pair
    from center.sites.enrolment import enroll_node
    from center.sites.seed_data import seed

    create_authority(center_data / "pki").issue_server({"localhost"})
    make_key_pair(center_data / "keys")
    seed()
    for node in (NODE, OTHER):
        enroll_node(node, tmp_path / f"keys-{node}", center_data)
    return center_data


def run(data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    from center.cli import main

    code = main(["--lang", "en", *words, "--data", str(data)])
    told = capsys.readouterr()
    return code, told.out, told.err


def hear(data: Path, received_ms: int = 1_760_000_100_000) -> None:
    store_state(data, received_ms)
    store_records(data, [record(1), record(2)], received_ms=received_ms)


def is_revoked(data: Path, node: str) -> bool:
    from center.pki import open_authority

    authority = open_authority(data / "pki")
    return {entry["serial"] for entry in authority.book() if entry["name"] == node} <= authority.revoked_serials()


NEW_BOX = ("--model", "pi-4b", "--role", "opd", "--host", "pusat.example")


def test_one_command_locks_the_lost_box_out_and_makes_a_card_that_continues_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.accounts.models import Act
    from center.enrolment.models import Token
    from center.sites.models import Node

    hear(data)
    code, told, problem = run(data, capsys, "replace", NODE, *NEW_BOX, "--out", str(tmp_path / "card"))
    assert (code, problem) == (0, "")
    assert "1 certificates of the old box are taken back" in told and "cannot be known" in told
    card = tmp_path / "card" / "sandi"
    assert json.loads((card / "predecessor.json").read_text()) == {
        "epoch": EPOCH, "board": "", "heads": {"event": 2}, "reason": "card_replaced",
    }  # fmt: skip
    assert (card / "token").exists() and (card / "node.toml").exists()
    assert is_revoked(data, NODE) and not is_revoked(data, OTHER)
    assert Node.objects.get(pk=NODE).retired
    token = Token.objects.get(node=NODE)
    assert (token.purpose, token.role, token.model, token.revoked_at) == ("replace", "opd", "pi-4b", None)
    assert Act.objects.filter(what="node-replace", subject=NODE).exists()

    code, told, _problem = run(data, capsys, "replace", NODE, "--host", "x", "--out", str(tmp_path / "again"), "--json")
    assert code == 0
    again = json.loads(told)
    assert (again["role"], again["model"], again["revoked"]) == ("opd", "pi-4b", 0)  # as on the last card
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert Token.objects.filter(node=NODE, revoked_at=None).count() == 1


def test_a_trial_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from center.enrolment.models import Token

    hear(data)
    code, told, _problem = run(data, capsys, "replace", NODE, *NEW_BOX, "--dry-run", "--json")
    assert code == 0
    found = json.loads(told)
    assert found["predecessor"] == {"epoch": EPOCH, "heads": {"event": 2}}
    assert not Token.objects.exists()
    assert not is_revoked(data, NODE)


def test_a_planned_exchange_leaves_the_old_certificate_until_the_new_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.enrolment.models import Token
    from center.sites.models import Node

    words = ("--out", str(tmp_path / "card"), "--keep-certificate-until-enrolled")
    code, told, _problem = run(data, capsys, "replace", NODE, *NEW_BOX, *words)
    assert code == 0
    assert "stays good until" in told and "has never heard this node" in told
    assert not is_revoked(data, NODE) and not Node.objects.get(pk=NODE).retired
    assert Token.objects.get(node=NODE).purpose == "replace"  # the signer takes the others back when it signs
    assert not (tmp_path / "card" / "sandi" / "predecessor.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("opd-dinkes", *NEW_BOX), "is not enrolled"),
        ((NODE, "--host", "x"), "no card was ever made"),
        ((NODE, "--model", "pi-zero-2w", "--role", "kelurahan-kiosk", "--host", "x"), "pi-zero-2w"),
        ((NODE, "--model", "pi-9", "--role", "opd", "--host", "x"), "pi-9"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_taken_back(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, _told, problem = run(data, capsys, "replace", *words, "--out", str(tmp_path / "card"))
    assert code == 2
    assert said in problem
    assert not is_revoked(data, NODE)
    assert not (tmp_path / "card").exists()


def test_a_change_of_authority_names_who_would_be_locked_out_and_waits_for_them(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.authorities import rotation_of
    from center.sites.enrolment import enroll_node

    def status() -> Any:
        code, told, _problem = run(data, capsys, "ca", "status", "--json")
        found = json.loads(told)
        return code, found["stage"], {box["name"]: box["standing"] for box in found["boxes"]}

    assert status() == (0, "single", {NODE: "unheard", OTHER: "unheard"})
    assert run(data, capsys, "ca", "switch")[0] == 2
    assert run(data, capsys, "ca", "prepare")[0] == 0
    assert status() == (1, "prepared", {NODE: "old", OTHER: "old"})
    code, _told, problem = run(data, capsys, "ca", "switch")
    assert code == 2
    assert NODE in problem and OTHER in problem and "sandi renew --force" in problem

    enroll_node(NODE, tmp_path / f"keys-{NODE}", data, replace=True)
    assert status()[2] == {NODE: "unheard", OTHER: "old"}
    hear(data, 4_000_000_000_000)
    assert status()[2] == {NODE: "new", OTHER: "old"}
    assert run(data, capsys, "revoke", OTHER)[0] == 0  # a box that is retired waits for nobody
    before = (data / "pki" / "server.crt").read_bytes()
    assert run(data, capsys, "ca", "switch")[0] == 0
    assert (data / "pki" / "server.crt").read_bytes() != before
    assert run(data, capsys, "ca", "undo")[0] == 0
    assert run(data, capsys, "ca", "switch", "--json")[0] == 0
    code, told, _problem = run(data, capsys, "ca", "retire")
    assert code == 0
    assert "One authority counts" in told
    assert rotation_of(data / "pki").stage == "single"
    assert status()[:2] == (0, "single")


def test_force_locks_out_whom_it_was_told_of(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, capsys, "ca", "prepare")[0] == 0
    assert run(data, capsys, "ca", "switch", "--force")[0] == 0
    assert run(data, capsys, "ca", "retire")[0] == 2
    assert run(data, capsys, "ca", "retire", "--force")[0] == 0
