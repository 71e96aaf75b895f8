"""Evidence packs: what is exported holds against its own script, without anything of ours around it."""

import ast
import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import picture_bytes, project_all, register_node, store_payload
from tests.support.fleet import BOOT, EPOCH, NODE
from wire import topics
from wire.seal import key_id
from wire.snapshot import EvictedPicture, SnapshotRecord, embed, extract

KEY = SigningKey(b"k" * 32)
BEGAN_MS = 1_764_205_200_000  # 27 Nov 2025, 08.00 WIB
MINUTE_MS = 60_000


def chain(numbers: int, lost: tuple[int, ...] = (), tell: bool = True, key: SigningKey = KEY) -> list[bytes]:
    """Files of a camera's pictures 1..numbers; those in `lost` were given up, and the next one tells it."""
    files, before, given_up = [], "", []
    for seq in range(1, numbers + 1):
        image = picture_bytes((25 * seq, 120, 60))
        digest = hashlib.sha256(image).hexdigest()
        described = SnapshotRecord(
            1, NODE, EPOCH, seq, BOOT, "run-1", 1000 * seq, BEGAN_MS + seq * MINUTE_MS, True, "depan", "traffic", 500,
            64, 48, len(image), digest, before, key_id(bytes(key.verify_key)), "schedule", None, "ok", "0" * 16,
            given_up if tell else [],
        )  # fmt: skip
        if seq in lost:
            given_up = [*given_up, EvictedPicture(seq, digest, before)]
        else:
            record_json = msgspec.json.encode(described)
            files.append(embed(image, record_json, key.sign(record_json).signature))
            given_up = []
        before = digest
    return files


@pytest.fixture
def pack(center_data: Path, tmp_path: Path) -> Callable[..., Path]:
    """Store the files as if they had arrived, export them all, and give the pack's path."""

    def make(files: list[bytes]) -> Path:
        from center.cctv.pack.build import Span, write_pack
        from center.reports.keys import load_key

        register_node(KEY)
        for file in files:
            store_payload(center_data, topics.up(NODE, "snapshot"), file, BEGAN_MS + 3_600_000)
        project_all(center_data)
        path = tmp_path / "bukti.zip"
        with path.open("w+b") as target:
            write_pack(target, center_data, Span(NODE, "depan", 0, 2**52), load_key(center_data), BEGAN_MS)
        return path

    return make


def alone(pack: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The pack's own script, in a Python that knows nothing of the centre."""
    folder = pack.with_suffix("")
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(pack), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={}, cwd="/")


def changed(pack: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The pack with one file changed."""
    whole = io.BytesIO()
    with zipfile.ZipFile(pack) as before, zipfile.ZipFile(whole, "w") as after:
        for each in before.namelist():
            content = before.read(each)
            after.writestr(each, change(content) if each == name else content)
    other = pack.with_name("changed.zip")
    other.write_bytes(whole.getvalue())
    return other


def test_a_pack_holds_on_its_own_and_says_what_it_proves(pack: Callable[..., Path], center_data: Path) -> None:
    from center.reports.keys import public_keys

    made = pack(chain(4))
    found = alone(made, "--key", public_keys(center_data)[0])
    assert found.returncode == 0, found.stdout + found.stderr
    assert "4/4 gambar sah / pictures genuine; lubang / holes: 0" in found.stdout
    assert "2025-11-27 08:01:59 WIB" in found.stdout and "jam kotak tersinkron" in found.stdout
    assert alone(made, "--key", base64.b64encode(bytes(32)).decode()).returncode == 1
    assert alone(made, "--nonsense").returncode == 2


def test_what_the_box_gave_up_is_no_hole_and_what_is_missing_is_said(pack: Callable[..., Path]) -> None:
    found = alone(pack(chain(6, lost=(2, 3))))
    assert found.returncode == 0
    assert "holes: 0" in found.stdout and "the box gave up those between" in found.stdout


def test_a_hole_nobody_explains_is_said_and_is_no_forgery(pack: Callable[..., Path]) -> None:
    found = alone(pack(chain(6, lost=(2, 3), tell=False)))
    assert found.returncode == 0
    assert "holes: 1" in found.stdout and "THE PICTURE BEFORE IT IS NOT HERE" in found.stdout


def test_pictures_deleted_since_hold_the_chain_together(pack: Callable[..., Path], center_data: Path) -> None:
    from center.cctv.keeping import Pictures
    from center.cctv.models import Deletion, Snapshot
    from center.cctv.pack.build import Span, write_pack
    from center.config import RetentionConfig
    from center.reports.keys import load_key

    made = pack(chain(5))
    pictures = Pictures(center_data, RetentionConfig())
    rows = pictures._read("WHERE seq IN (2, 3) ORDER BY id LIMIT %s", (9,))
    pictures.delete(rows, "age", BEGAN_MS)
    assert Snapshot.objects.count() == 3 and Deletion.objects.count() == 2
    with made.open("w+b") as target:
        write_pack(target, center_data, Span(NODE, "depan", 0, 2**52), load_key(center_data), BEGAN_MS)
    found = alone(made)
    assert found.returncode == 0 and "3/3" in found.stdout and "holes: 0" in found.stdout


def test_no_changed_file_of_a_pack_goes_unnoticed(pack: Callable[..., Path]) -> None:
    made = pack(chain(2))
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
    assert len(names) == 8
    for name in names:
        other = changed(made, name, lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
        folder = made.with_suffix("")
        if not folder.exists():
            alone(made)
        script = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(other)]
        assert subprocess.run(script, capture_output=True, timeout=60, check=False).returncode == 1, name


def test_a_picture_signed_by_somebody_else_is_not_genuine_whatever_the_manifest_says(
    pack: Callable[..., Path],
) -> None:
    other = SigningKey(b"o" * 32)
    found = alone(pack([*chain(1), *chain(2, key=other)[1:]]))
    assert found.returncode == 1
    assert "TIDAK SAH" in found.stdout and "1/2" in found.stdout


def test_the_script_reads_as_python_3_8_and_so_does_all_it_needs(pack: Callable[..., Path]) -> None:
    with zipfile.ZipFile(pack(chain(1))) as archive:
        for name in ("verify.py", "signatures.py", "chain.py"):
            ast.parse(archive.read(name), feature_version=(3, 8))
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["keys"][0]["public"] == base64.b64encode(bytes(KEY.verify_key)).decode()


def run(*arguments: str) -> tuple[int, str]:
    from click.testing import CliRunner

    from center.cli import command

    result = CliRunner().invoke(command, ["evidence", *arguments], standalone_mode=False, catch_exceptions=True)
    if result.exception:
        return int(getattr(result.exception, "exit_code", 99)), str(result.exception)
    return int(result.return_value or 0), result.output


def test_the_command_exports_and_verifies_and_notes_who_took_what(
    pack: Callable[..., Path], center_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.accounts.models import Act

    (center_data / "secret_key").write_text("x")
    pack(chain(3))
    out = tmp_path / "out.zip"
    where = ("--node", NODE, "--camera", "depan", "--data", str(center_data))
    code, said = run("export", *where, "--from", "2025-11-27", "--to", "2025-11-27", "-o", str(out))
    assert code == 0, said
    assert hashlib.sha256(out.read_bytes()).hexdigest() in said
    assert out.stat().st_mode & 0o777 == 0o600
    act = Act.objects.get(what="picture-export")
    assert act.subject.startswith(f"{NODE}/depan") and act.detail.startswith("3 ")
    assert not list(tmp_path.glob(".out.zip*"))
    code, said = run("verify", str(out), "--data", str(center_data), "--json")
    assert (code, json.loads(said)["good"]) == (0, True)
    code, said = run("verify", str(out), "--data", str(tmp_path / "nowhere"))
    assert code == 0 and "Bandingkan kuncinya dengan yang diumumkan" in said, said
    code, said = run("export", *where, "--from", "2025-11-28", "--to", "2025-11-28", "-o", str(out))
    assert code == 2
    assert run("export", *where, "--from", "kemarin", "--to", "2025-11-28", "-o", str(out))[0] == 2
    code, said = run("export", *where, "--from", "2025-11-28", "--to", "2025-11-27", "-o", str(out))
    assert (code, said) == (2, "the span ends before it begins")
    code, said = run("export", *where, "--from", "2025-11-27", "--to", "2025-11-27", "-o", str(tmp_path / "no" / "x"))
    assert (code, said) == (2, f"cannot write {tmp_path / 'no' / 'x'}: No such file or directory")
    half = tmp_path / "half.zip"
    half.write_bytes(out.read_bytes()[:1000])
    code, said = run("verify", str(half), "--data", str(tmp_path / "nowhere"))
    assert code == 1 and "is a pack, and not whole" in said


def test_single_pictures_are_held_against_the_centres_keys_or_those_given(
    pack: Callable[..., Path], center_data: Path, tmp_path: Path
) -> None:
    (center_data / "secret_key").write_text("x")
    files = chain(3)
    pack(files)
    for number, file in enumerate(files):
        (tmp_path / f"{number}.jpg").write_bytes(file)
    paths = [str(tmp_path / f"{number}.jpg") for number in range(3)]
    assert run("verify", *paths, "--data", str(center_data))[0] == 0
    public = base64.b64encode(bytes(KEY.verify_key)).decode()
    nowhere = ("--data", str(tmp_path / "nowhere"))
    code, said = run("verify", paths[0], paths[2], "--key", public, *nowhere)
    assert code == 0 and "THE PICTURE BEFORE IT IS NOT HERE" in said
    assert run("verify", paths[0], *nowhere)[0] == 2
    assert run("verify", paths[0], "--key", "nonsense", *nowhere)[0] == 2
    assert run("verify", paths[0], "--key", base64.b64encode(bytes(31) + b"\1").decode(), *nowhere)[0] == 1
    (tmp_path / "0.jpg").write_bytes(files[0][:-30] + b"\0" * 28 + files[0][-2:])
    code, said = run("verify", paths[0], "--key", public, *nowhere)
    assert code == 1 and "it was changed" in said
    (tmp_path / "0.jpg").write_bytes(extract(files[1]).image)
    assert run("verify", paths[0], "--key", public, *nowhere)[0] == 1


def test_whatever_is_handed_in_gets_a_verdict(tmp_path: Path) -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    from center.cctv.pack import check

    good = chain(1)[0]

    @given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(good) - 1), st.integers(1, 255))))
    def judged(what: Any) -> None:
        file = (
            what
            if isinstance(what, bytes)
            else good[: what[0]] + bytes([good[what[0]] ^ what[1]]) + good[what[0] + 1 :]
        )
        one = check.judge(bytes(file), "x", [bytes(KEY.verify_key)])
        assert one["finding"] != "genuine"

    judged()
    assert check.judge(good, "x", [bytes(KEY.verify_key)])["finding"] == "genuine"


def test_a_picture_that_came_after_its_key_was_revoked_is_not_genuine_anywhere(
    pack: Callable[..., Path], center_data: Path, tmp_path: Path
) -> None:
    from center.cctv.keys import note_key, revoke_keys
    from center.cctv.pack.build import Span, write_pack
    from center.reports.keys import load_key

    (center_data / "secret_key").write_text("x")
    files = chain(3)
    made = pack(files[:1])
    note_key(NODE, base64.b64encode(bytes(KEY.verify_key)).decode(), 1)
    revoke_keys(NODE, BEGAN_MS + 3_600_001)
    for file in files[1:]:
        store_payload(center_data, topics.up(NODE, "snapshot"), file, BEGAN_MS + 3_600_002)
    project_all(center_data)
    with made.open("w+b") as target:
        write_pack(target, center_data, Span(NODE, "depan", 0, 2**52), load_key(center_data), BEGAN_MS)
    found = alone(made)
    assert found.returncode == 1 and "1/3 gambar sah" in found.stdout
    for number, code in ((0, 0), (1, 1)):
        (tmp_path / "one.jpg").write_bytes(files[number])
        assert run("verify", str(tmp_path / "one.jpg"), "--data", str(center_data))[0] == code


def test_the_log_of_deleted_pictures_is_written_as_a_table(pack: Callable[..., Path], center_data: Path) -> None:
    from center.cctv.keeping import Pictures
    from center.config import RetentionConfig

    pack(chain(2))
    list(Pictures(center_data, RetentionConfig()).pass_(BEGAN_MS + 30 * 86_400_000))
    code, said = run("deleted", "--data", str(center_data), "--node", NODE, "--since", "2025-12-01")
    lines = said.splitlines()
    assert (code, len(lines)) == (0, 3)
    assert lines[1].startswith(f"{NODE},depan,{EPOCH},1,2025-11-27T08:01:00+07:00,2025-12-27T08:00:00+07:00,age,")
    assert len(run("deleted", "--data", str(center_data), "--since", "2025-12-28")[1].splitlines()) == 1


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inside for place in paths(one, (*path, key)))]


def test_a_manifest_of_anybodys_making_gets_a_verdict(pack: Callable[..., Path], tmp_path: Path) -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    from center.cctv.pack import check
    from center.reports.pack.verify import Fault, canonical

    forger = SigningKey(b"f" * 32)
    made = pack(chain(3))
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    honest = {**json.loads(files["manifest.json"]), "key": base64.b64encode(bytes(forger.verify_key)).decode()}
    values = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=9), st.just([]), st.just({})
    )

    def packed(manifest: Any) -> Path:
        raw = canonical(manifest)
        signature = base64.b64encode(forger.sign(check.DOMAIN + raw).signature)
        path = tmp_path / "forged.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**files, "manifest.json": raw, "manifest.sig": signature}.items():
                archive.writestr(name, content)
        return path

    assert check.is_good(check.check_pack(str(packed(honest)))["pictures"])
    verdicts = set()

    @given(st.sampled_from(paths(honest)[1:]), values)
    def judged(place: tuple[Any, ...], value: Any) -> None:
        manifest = json.loads(json.dumps(honest))
        at = manifest
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value
        try:
            pictures = check.check_pack(str(packed(manifest)))["pictures"]
            verdicts.add(check.is_good(pictures))
            assert check.said(pictures)
        except Fault as fault:
            verdicts.add(str(fault)[:20])

    judged()
    assert len(verdicts) > 2
