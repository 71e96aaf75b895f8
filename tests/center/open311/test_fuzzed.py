"""The real server, held to its description by a fuzzer of HTTP interfaces (schemathesis): no fault, no surprise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import wall_city, web_process

DESCRIPTION = Path(__file__).resolve().parents[3] / "docs" / "open311.json"
CONFIGURATION = """
warnings = false

[generation]
max-examples = 20

[auth.openapi.bearer]
bearer = "${SANDI_FUZZ_KEY}"

# It insists on 401 without a key, the standard on 403 (which test_keys.py holds us to).
[checks.missing_required_header]
enabled = false

# Spans of at most 90 days, a location that is one of three and within the city: no schema can say that.
[[operations]]
include-path = ["/open311/v2/requests.json", "/open311/v2/requests.xml"]
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_no_request_a_fuzzer_makes_up_is_answered_otherwise_than_described(
    city: Path, key: str, tmp_path: Path
) -> None:
    from center.accounts.models import Act
    from center.complaints.models import Complaint

    wall_city.add_complaint("kel-3673011001", subject="jalan")
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    port = web_process.free_port()
    with web_process.web_server(city, port):
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
                *("run", str(DESCRIPTION), "--url", f"http://127.0.0.1:{port}", "--seed", "311", "--no-color"),
                *("--phases", "examples,coverage,fuzzing", "--request-timeout", "60"),
            ],
            cwd=tmp_path,
            env={**os.environ, "SANDI_FUZZ_KEY": key},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-5_000:]
    assert "SANDI" not in run.stdout and Act.objects.filter(who="token:rabeg").exists()
    assert Complaint.objects.count() >= 1
