"""`sandi-center config` before a real commander: what it shows, refuses and sends."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import configs
from tests.support.commander_alone import Phones

A, B = "kel-3673011001", "kel-3673011002"


def ran(capsys: Any, *words: str) -> tuple[int, str, str]:
    from center.cli import main

    code = main(["--lang", "en", "config", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def written(folder: Path, toml: str = configs.TOML) -> str:
    path = folder / "new.toml"
    path.write_text(toml)
    return str(path)


def test_the_change_is_shown_and_the_mistakes_too(data: Path, tmp_path: Path, capsys: Any) -> None:
    configs.runs(A, 0, "card")
    code, out, _ = ran(capsys, "diff", written(tmp_path), A, B)
    assert code == 0 and "from their cards" in out and "+interval_s = 60" in out and "It is valid." in out
    code, _, err = ran(capsys, "diff", written(tmp_path, "[health]\ninterval_s = -1\n"), "--all")
    assert code == 1 and "health.interval_s" in err
    code, out, _ = ran(capsys, "diff", written(tmp_path), A, "--json")
    assert json.loads(out)["changes"][0]["lines"] == ["+[health]", "+interval_s = 60"]


def test_it_is_sent_to_every_box_with_its_own_part(
    phones: Phones, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.fleet.models import ConfigPush
    from center.operations.models import OperationTarget

    own = tmp_path / "own"
    own.mkdir()
    (own / f"{B}.toml").write_text("[health]\ninterval_s = 30\n")
    (own / "kel-3673011009.toml").write_text("[health]\ninterval_s = 30\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(phones.code("sari") + "\n"))
    words = ("--all", "--per-node", str(own), "--as", "sari", "--otp", "--yes", "--no-wait", "--confirm-within", "90")
    code, out, _ = ran(capsys, "push", written(tmp_path), *words)
    assert code == 0 and "2 boxes" in out
    [push] = ConfigPush.objects.all()
    assert (push.made_by, push.confirm_within_s) == ("sari", 90)
    assert json.loads(push.per_node) == {B: "[health]\ninterval_s = 30\n"}
    assert OperationTarget.objects.filter(operation=push.operation).count() == 2


def test_nothing_invalid_is_sent_and_nobody_is_asked_for_a_code(phones: Phones, tmp_path: Path, capsys: Any) -> None:
    from center.operations.models import Operation

    code, _, err = ran(capsys, "push", written(tmp_path, "[node]\nid = 'x'\n"), A, "--as", "sari", "--otp", "--yes")
    assert code == 2 and "only this box's card" in err and "nothing was sent" in err
    assert not Operation.objects.exists()


def test_back_pushes_what_an_older_one_held_as_a_new_one(
    phones: Phones, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.fleet.models import ConfigPush

    configs.add_push({A: "done"}, per_node={A: "[led]\nenabled = true\n"})
    configs.add_push({A: "done"}, "[health]\ninterval_s = 99\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(phones.code("sari") + "\n"))
    code, out, _ = ran(capsys, "back", "1", A, "--as", "sari", "--otp", "--yes", "--no-wait", "--json")
    newest = ConfigPush.objects.order_by("-revision").first()
    assert code == 0 and newest is not None and json.loads(out) == {"operation": newest.operation}
    assert (newest.revision, newest.toml) == (3, configs.TOML)
    assert json.loads(newest.per_node) == {A: "[led]\nenabled = true\n"}
    assert ran(capsys, "back", "9", A, "--as", "sari")[0] == 2


def test_what_was_pushed_and_who_differs(data: Path, capsys: Any) -> None:
    assert ran(capsys, "list")[1] == "No configuration was pushed yet.\n"
    revision = configs.add_push({A: "failed", B: "done"}, note="lampu")
    configs.runs(A, 0, "reverted", tried=revision, code="disk", detail="penuh")
    configs.runs(B, revision)
    assert "lampu" in ran(capsys, "list")[1]
    assert "interval_s = 60" in ran(capsys, "show", str(revision))[1]
    assert ran(capsys, "show", "9")[0] == 2
    code, out, _ = ran(capsys, "drift")
    assert code == 1 and "taken back by the box [disk] penuh" in out and B not in out
    [one] = json.loads(ran(capsys, "drift", "--json")[1])
    assert (one["node"], one["kind"], one["wanted"]) == (A, "reverted", revision)


@pytest.mark.parametrize(
    ("name", "content"), [("big.toml", b"#" * 40_000), ("latin.toml", b'a = "\xe9"'), ("kotak-x/no.toml", b"")]
)
def test_files_that_cannot_be_pushed_are_said(
    data: Path, tmp_path: Path, capsys: Any, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    words = (
        ("diff", str(path), A)
        if path.parent == tmp_path
        else ("diff", written(tmp_path), A, "--per-node", str(path.parent))
    )
    code, _, err = ran(capsys, *words)
    assert code == 2 and path.name.split(".")[0] in err
