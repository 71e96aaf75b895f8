"""The real server, held to its description by a fuzzer of HTTP interfaces (schemathesis): no fault, no surprise."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support import wall_city, web_process
from tests.support.torture import often

DESCRIPTION = Path(__file__).resolve().parents[3] / "docs" / "open311.json"
CONFIGURATION = f"""
warnings = false
suppress-health-check = ["too_slow"]

[generation]
max-examples = {often(3, 20)}

[auth.openapi.bearer]
bearer = "${{SANDI_FUZZ_KEY}}"

# It insists on 401 without a key, the standard on 403 (which test_keys.py holds us to).
[checks.missing_required_header]
enabled = false

# Spans of at most 90 days, a location that is one of three and within the city: no schema can say that.
[[operations]]
include-path = ["/open311/v2/requests.json", "/open311/v2/requests.xml"]
checks.positive_data_acceptance.enabled = false
"""
UNHURRIED = (
    "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'center.settings'; django.setup(); "
    "from center.api.rate import Limiter; from center.open311 import keys; "
    "keys.reading = keys.handing_over = Limiter(burst=1e9)"
)
"""A fuzzer is quicker than any bridge may be: nearly all it makes up would be answered with 429."""


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
    with web_process.web_server(city, port, UNHURRIED):
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
    answers = Counter(Act.objects.filter(what="open311:requests").values_list("detail", flat=True))
    assert "POST 429" not in answers and min(answers["POST 200"], answers["POST 400"]) >= 20, answers
    assert Complaint.objects.count() > 20
