"""`sandi-center alert` as it is typed."""

from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from center.pki import create_authority
from tests.support.alerts import Receiver, add_channel, drain, states


def test_a_secret_comes_from_a_file_or_standard_input_and_its_content_is_nowhere_else(
    hooked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.accounts.models import Act
    from center.alerts.secret_files import read_secret
    from center.cli import main

    words = ["alert", "secret", "piket", "--data", str(hooked)]
    (tmp_path / "token").write_text("sangat-rahasia\n")
    assert main([*words, "--file", str(tmp_path / "token")]) == 0
    assert read_secret(hooked, "piket") == "sangat-rahasia"
    act = Act.objects.get(what="alert-secret")
    assert act.subject == "piket" and "rahasia" not in act.detail
    (tmp_path / "token").write_text("dua\nbaris")
    assert main([*words, "--file", str(tmp_path / "token")]) == 2
    assert "satu baris" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"dari-layar\n")))
    assert main(words) == 0
    assert read_secret(hooked, "piket") == "dari-layar"


def test_a_test_goes_through_the_outbox_like_everything_else(
    hooked: Path, receiver: Receiver, service: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from center.cli import main

    assert main(["alert", "test", "piket", "--no-wait", "--data", str(hooked)]) == 0
    drain(service())
    assert states() == {"test": "sent"}
    assert receiver.bodies[0]["text"].startswith("[UJI COBA] Ini uji coba saluran piket dari pusat Sandi")
    add_channel("mati", "file", {"name": "x"}, enabled=False)
    assert main(["alert", "test", "mati", "--data", str(hooked)]) == 2
    assert "saluran mati dimatikan" in capsys.readouterr().err
    assert main(["alert", "log", "--data", str(hooked)]) == 0
    assert "terkirim  [UJI COBA]" in capsys.readouterr().out


def test_a_siren_gets_a_certificate_of_its_name(hooked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cryptography import x509

    from center.certificates import common_name
    from center.cli import main

    create_authority(hooked / "pki")
    assert main(["alert", "siren", "2", "--data", str(hooked)]) == 0
    folder, topic = capsys.readouterr().out.splitlines()
    assert topic == "sandi-siren/v1/center-siren-2"
    certificate = x509.load_pem_x509_certificate((Path(folder) / "client.crt").read_bytes())
    assert common_name(certificate.subject) == "center-siren-2"
