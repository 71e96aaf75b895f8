"""`sandi-center release` at the centre, before a real commander: trusting, adding, listing, pushing, withdrawing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commander_alone import Phones
from tests.support.small_bundles import bundle, public_pem

A, B = "kel-3673011001", "kel-3673011002"


def ran(capsys: Any, *words: str) -> tuple[int, str, str]:
    from center.cli import main

    code = main(["--lang", "en", "release", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def added(data: Path, tmp_path: Path, capsys: Any) -> Path:
    key = tmp_path / "release.pub"
    key.write_bytes(public_pem())
    assert ran(capsys, "trust", str(key))[0] == 0
    file = bundle(tmp_path)
    code, out, _ = ran(capsys, "add", str(file), "--notes", "mends the clock")
    assert code == 0 and "0.2.0" in out
    return file


def test_a_release_is_pushed_as_the_update_it_is_and_waits_for_a_second_person(
    phones: Phones, added: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.fleet.models import Release
    from center.operations.models import Operation, OperationTarget

    monkeypatch.setattr("sys.stdin", io.StringIO(phones.code("sari") + "\n"))
    words = ("--all", "--as", "sari", "--otp", "--yes", "--no-wait", "--canary", "1", "--pause", "60", "--json")
    code, out, _ = ran(capsys, "push", "0.2.0", *words)
    assert code == 3
    operation = Operation.objects.get(pk=json.loads(out)["operation"])
    row = Release.objects.get()
    assert json.loads(operation.arguments) == {
        "digest": row.digest, "size_bytes": added.stat().st_size, "version": "0.2.0", "forced": False,
    }  # fmt: skip
    assert (operation.state, operation.canary, operation.pause_s, operation.made_by) == ("waiting", 1, 60, "sari")
    assert OperationTarget.objects.filter(operation=operation).count() == 2


def test_what_is_withdrawn_is_listed_and_cannot_be_pushed(added: Path, capsys: Any) -> None:
    assert ran(capsys, "withdraw", "0.2.0")[0] == 0
    code, out, _ = ran(capsys, "list", "--json")
    [row] = json.loads(out)
    assert (code, row["there"], row["withdrawn_ms"] is not None) == (0, False, True)
    assert "withdrawn" in ran(capsys, "list")[1]
    code, _, err = ran(capsys, "push", "0.2.0", "--all", "--as", "sari", "--yes")
    assert code == 2 and "release list" in err


def test_a_bundle_nobody_trusted_signed_is_refused_with_what_to_do(data: Path, tmp_path: Path, capsys: Any) -> None:
    file = bundle(tmp_path)
    code, _, err = ran(capsys, "add", str(file))
    assert code == 2 and "release trust" in err
    key = tmp_path / "release.pub"
    key.write_bytes(public_pem("somebody"))
    ran(capsys, "trust", str(key))
    code, _, err = ran(capsys, "add", str(file))
    assert code == 2 and "not signed by this release key" in err
    key.write_text("no key")
    assert ran(capsys, "trust", str(key))[0] == 2


def test_what_was_done_is_in_the_audit_log(added: Path, data: Path) -> None:
    from center.accounts.models import Act

    assert set(Act.objects.values_list("what", flat=True)) >= {"release-trust", "release-add"}
