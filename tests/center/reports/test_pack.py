"""The evidence pack: checked offline by its own script, in a bare interpreter; one flipped byte and it fails."""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from center.reports.pack import verify
from tests.support.month_rows import MONTH, month_window


@pytest.fixture(scope="module")
def document(month_city: Path) -> dict[str, Any]:
    from center.reports.build import month_document

    return month_document(MONTH, month_window().end_ms + 1)


@pytest.fixture(scope="module")
def pack(document: dict[str, Any], month_city: Path) -> bytes:
    from center.reports.keys import load_key
    from center.reports.pack.build import build_pack

    return build_pack(document, "astinet", load_key(month_city), 0, "")


def run(pack: bytes, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The script out of the pack, as the provider runs it: no site packages, no environment."""
    path = directory / "pack.zip"
    path.write_bytes(pack)
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        (directory / "verify.py").write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", str(directory / "verify.py"), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env={})


def repacked(pack: bytes, name: str, content: bytes | None) -> bytes:
    """The pack with one file replaced (None: without it)."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack)) as old, zipfile.ZipFile(whole, "w") as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        if content is not None:
            new.writestr(name, content)
    return whole.getvalue()


def read(pack: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return archive.read(name)


def test_the_provider_checks_it_offline_with_a_bare_python(
    pack: bytes, document: dict[str, Any], month_city: Path, tmp_path: Path
) -> None:
    from center.reports.keys import public_keys

    sheet = next(one for one in document["sla"] if one["provider"] == "astinet")
    done = run(pack, tmp_path, "--key", public_keys(month_city)[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"seconds down: {sheet['down_s']}" in done.stdout
    assert sheet["down_s"] > 0


def test_another_key_than_the_published_one_is_refused(pack: bytes, tmp_path: Path) -> None:
    other = verify.base64.b64encode(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ).decode()
    done = run(pack, tmp_path, "--key", other)
    assert done.returncode == 1
    assert "another key" in done.stdout


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "outages.jsonl", "sheet.jsonl", "README.txt"])
def test_any_flipped_byte_is_found(name: str, pack: bytes, tmp_path: Path) -> None:
    content = read(pack, name)
    path = tmp_path / "pack.zip"
    for at in sorted({0, len(content) // 3, len(content) // 2, len(content) - 2}):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        path.write_bytes(repacked(pack, name, changed))
        with pytest.raises(verify.Fault):
            verify.check(str(path))


def test_a_missing_or_added_file_is_found(pack: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    for changed in (repacked(pack, "others.jsonl", None), repacked(pack, "more.jsonl", b"")):
        path.write_bytes(changed)
        with pytest.raises(verify.Fault, match=r"missing or too many"):
            verify.check(str(path))


def test_a_line_taken_out_or_moved_is_found(pack: bytes) -> None:
    key = verify.base64.b64decode(verify.json.loads(read(pack, "manifest.json"))["key"])
    lines = read(pack, "outages.jsonl").splitlines(keepends=True)
    assert len(lines) > 2
    for changed in (lines[1:], [lines[1], lines[0], *lines[2:]], [*lines[:-1], lines[-1].replace(b'"n":', b'"n": ')]):
        with pytest.raises(verify.Fault):
            verify.check_lines("outages.jsonl", b"".join(changed), key)


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=0, max_size=200))
def test_signatures_agree_with_the_other_implementation(message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"seed").digest())
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(message)
    assert verify.is_signed(public, message, signature)
    assert not verify.is_signed(public, message + b"x", signature)
    assert not verify.is_signed(public, message, signature[:63] + bytes([signature[63] ^ 0x40]))


def test_a_signature_with_a_scalar_beyond_the_group_is_refused() -> None:
    """Adding the group's order to S would make a second signature of the same message."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(b"m")
    again = int.from_bytes(signature[32:], "little") + verify.L
    assert not verify.is_signed(public, b"m", signature[:32] + again.to_bytes(32, "little"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_fault_and_never_a_crash(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        with pytest.raises(verify.Fault):
            verify.check(file.name)


def test_wrong_use_says_how(tmp_path: Path) -> None:
    assert verify.main([]) == 2
    assert verify.main([str(tmp_path / "absent.zip")]) == 2
