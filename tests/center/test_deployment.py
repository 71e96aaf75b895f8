"""Django's own check of a deployment has nothing to say against a centre behind https."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def django(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SANDI_CENTER_DATA": str(data), "DJANGO_SETTINGS_MODULE": "center.settings"}
    return subprocess.run(
        [sys.executable, "-m", "django", *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_centre_behind_https_passes_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text('[web]\npublic_url = "https://sandi.example.go.id"\nrequire_totp = true\n')
    (tmp_path / "secret_key").write_text("k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP")
    done = django(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout and "WARNING" not in done.stderr


def test_the_same_check_warns_of_a_centre_without_https(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short")
    done = django(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 1
    assert "security.W012" in done.stderr  # SESSION_COOKIE_SECURE
