"""`sandi-center complaints` and `seal`: for people and for scripts, without a word of what citizens wrote."""

import base64
import json
import re
import zipfile
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from center.cli import main
from tests.support.arrivals import picture_bytes
from tests.support.desk import CONTACT, NAME, PIN, SECRET, add_photo, complaint, file_complaint, hand_in, now_ms
from wire.seal import key_id

DAY_MS = 86_400_000


@pytest.fixture
def centre(center_data: Path) -> Path:
    (center_data / "secret_key").write_text("a key for tests only, not of any centre")
    return center_data


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    said = capsys.readouterr()
    assert not any(secret in said.out + said.err for secret in ("Wiryo", NAME, CONTACT))
    assert not re.search(rf"\b{PIN}\b", said.out + said.err)  # moments and names of rows may have its digits in them
    return said.out + said.err


def test_lists_what_waits_what_is_late_and_one_complaint_with_its_log(
    centre: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.complaints import steps
    from center.complaints.disclosure import open_text

    late = file_complaint(centre, now_ms() - 30 * DAY_MS, urgent=True)
    done = file_complaint(centre)
    steps.close(done, "resolved", actor="sari", text=f"{NAME} sudah dihubungi")
    open_text(complaint(late), "budi", "membaca", with_identity=True)
    data = ("--data", str(centre))
    waiting = run(capsys, "complaints", "list", *data)
    assert complaint(late).code in waiting and complaint(done).code not in waiting and "MENDESAK" in waiting
    every = json.loads(run(capsys, "complaints", "list", "--status", "all", "--json", *data))
    assert {row["number"] for row in every} == {complaint(late).code, complaint(done).code}
    overdue = json.loads(run(capsys, "complaints", "overdue", "--json", *data, code=1))
    assert [row["service_request_id"] for row in overdue] == [late]
    for named in (complaint(late).code, complaint(late).code.lower(), late):
        shown = json.loads(run(capsys, "complaints", "show", named, "--json", *data))
        assert [entry["kind"] for entry in shown["log"]] == ["received", "opened"]
        assert shown["seen"][0]["actor"] == "budi"
    assert complaint(late).code in run(capsys, "complaints", "show", late, *data)
    kiosks, code = hand_in(centre)
    shown = json.loads(run(capsys, "complaints", "show", code.lower(), "--json", *data))
    assert (shown["service_request_id"], shown["number"]) == (kiosks, complaint(kiosks).code)
    run(capsys, "complaints", "erase", code, "--reason", "permintaan pelapor", *data)
    assert complaint(kiosks).erased_ms
    assert run(capsys, "complaints", "show", done, *data)
    assert "identity: membaca" in run(capsys, "complaints", "seen", "budi", *data)
    assert json.loads(run(capsys, "complaints", "seen", "nobody", "--json", *data)) == []
    run(capsys, "complaints", "recompute", *data)
    steps.answer(late, "Sudah.", actor="sari")
    run(capsys, "complaints", "overdue", *data)
    for words in (("show", "TIDAKADA"), ("list", "--status", "solved"), ("erase", "x", "--reason", "minta")):
        run(capsys, "complaints", *words, *data, code=2)


def test_exports_a_zip_of_its_own_once_and_erases_with_a_reason_in_the_audit(
    centre: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from center.accounts.models import Act

    one = file_complaint(centre)
    add_photo(centre, one, picture_bytes())
    data, out = ("--data", str(centre)), tmp_path / "salinan.zip"
    words = ("complaints", "export", complaint(one).code, "--out", str(out), *data)
    run(capsys, *words, "--reason", "x", code=2)
    assert not out.exists()
    run(capsys, *words, "--reason", "permintaan pelapor")
    assert out.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(out) as file:
        assert SECRET in file.read("pengaduan.json").decode()
    run(capsys, *words, "--reason", "permintaan pelapor", code=2)
    for _ in range(2):
        run(capsys, "complaints", "erase", one, "--reason", "permintaan pelapor", *data)
    assert complaint(one).sealed == ""
    acts = list(Act.objects.order_by("id").values_list("what", "subject"))
    assert acts.count(("complaint-export", complaint(one).code)) == 1
    assert ("complaint-erase", complaint(one).code) in acts


def test_says_what_hangs_on_each_key_and_what_a_lost_one_takes_along(
    centre: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = file_complaint(centre)
    data, keys = ("--data", str(centre)), centre / "keys"
    old = complaint(one).key_id
    secret = (keys / "seal.key").read_bytes()
    assert f"{old}  dipakai  seal.key  1 pengaduan, 0 foto" in run(capsys, "seal", "status", *data)
    assert "Belum ada yang dilakukan" in run(capsys, "seal", "rotate", *data)
    assert (keys / "seal.key").read_bytes() == secret
    said = run(capsys, "seal", "rotate", "--yes", *data)
    assert old in said and "seal.pub" in said
    rows = json.loads(run(capsys, "seal", "status", "--json", *data))
    assert [(row["current"], row["here"], row["sealed"]) for row in rows] == [(True, True, 0), (False, True, 1)]
    (keys / f"seal-{old}.key").unlink()
    lost = run(capsys, "seal", "status", *data, code=1)
    assert f"Kunci {old} tidak ada: 1 pengaduan dan 0 foto tidak dapat dibuka" in lost
    (tmp_path / "kunci").write_bytes(secret)
    assert old in run(capsys, "seal", "import", str(tmp_path / "kunci"), *data)
    run(capsys, "seal", "status", *data)
    stranger = PrivateKey.generate()
    (tmp_path / "lain").write_bytes(base64.b64encode(bytes(stranger)))
    assert key_id(bytes(stranger.public_key)) in run(capsys, "seal", "import", str(tmp_path / "lain"), *data)
    (keys / "seal.key").chmod(0o644)
    assert "chmod 600" in run(capsys, "seal", "status", *data, code=2)
