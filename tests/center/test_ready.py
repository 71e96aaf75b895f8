"""Processes of the centre that may not read the authority's key: they work with what lies ready, or say what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from center.broker import ALERTS_NAME
from center.config import CenterConfig, IngestConfig
from center.errors import PkiError
from center.pki import create_authority
from center.ready import VARIABLE, ReadyServer, client, issue_all, server

NODE = "kel-3673011001"
NAMES = ("localhost", "127.0.0.1")
CONFIG = CenterConfig(ingest=IngestConfig(workers=2))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    create_authority(tmp_path / "pki")
    assert issue_all(tmp_path, CONFIG) == ["server", "enrol", "center-ingest-1", "center-ingest-2", ALERTS_NAME]
    return tmp_path


def test_whoever_may_sign_issues_what_is_missing(data: Path) -> None:
    shutil.rmtree(data / "pki" / "clients")
    (data / "pki" / "server.key").unlink()
    assert server(data, NAMES).server_key.exists()
    assert client(data, "center-ingest-1").key.exists()


def test_without_the_key_what_lies_ready_is_taken_as_it_is(data: Path) -> None:
    ready = client(data, "center-ingest-1").certificate.read_bytes()
    (data / "pki" / "ca.key").unlink()
    trust = server(data, ("another.name",))
    assert isinstance(trust, ReadyServer)
    assert trust.revoked_serials() == frozenset()
    assert client(data, "center-ingest-1").certificate.read_bytes() == ready


def test_what_is_handed_over_goes_before_the_data_directory(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = tmp_path / "credentials"
    shutil.copytree(data / "pki" / "clients" / "center-ingest-2", handed)
    shutil.move(data / "pki" / "server.key", handed / "server.key")
    (data / "pki" / "ca.key").unlink()
    monkeypatch.setenv(VARIABLE, str(handed))
    assert server(data, NAMES).server_key == handed / "server.key"
    assert client(data, "center-ingest-2").key == handed / "client.key"


def test_a_revocation_is_read_from_the_list_alone(data: Path) -> None:
    authority = create_authority(data / "pki")
    issued = authority.issue_node(NODE, data / NODE, seal_public_key=bytes(32))
    authority.revoke(NODE)
    (data / "pki" / "ca.key").unlink()
    assert server(data, NAMES).revoked_serials() == {issued.serial}


@pytest.mark.parametrize("missing", ["server.key", "server.crt", "ca.crt"])
def test_a_listener_without_its_files_says_what_to_do(data: Path, missing: str) -> None:
    (data / "pki" / "ca.key").unlink()
    (data / "pki" / missing).unlink()
    with pytest.raises(PkiError, match=r"sudo -u sandi-signer sandi-center credentials --data"):
        server(data, NAMES)


def test_nobody_but_the_owner_of_the_key_can_issue(data: Path) -> None:
    (data / "pki" / "ca.key").unlink()
    with pytest.raises(PkiError, match=r"cannot read the key .*ca\.key"):
        issue_all(data, CONFIG)


@pytest.mark.parametrize("words", [["broker"], ["throughput"]], ids=lambda words: words[0])
def test_the_commands_say_it_in_one_sentence(data: Path, words: list[str]) -> None:
    (data / "pki" / "ca.key").unlink()
    (data / "pki" / "server.key").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "center.cli", "--lang=en", *words, "--data", str(data)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert "sandi-center credentials" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
