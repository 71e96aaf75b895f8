"""`sandi-center audit` as it is typed, and what a node list says of missing records."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.arrivals import register_node

NODE = "kel-3673011001"


def center(data: Path, *words: str, language: str = "id") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "center.cli", *words, "--data", str(data)]
    environment = {**os.environ, "SANDI_LANG": language}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def add(kind: str, node: str = NODE, count: int = 4) -> None:
    from center.connectivity.models import Integrity

    Integrity.objects.create(
        node=node,
        epoch="e1",
        stream="event",
        kind=kind,
        count=count,
        ranges="[[7,9],[12,12]]",
        since_ms=1,
        changed_ms=1,
    )


def test_a_whole_centre_says_so_and_ends_with_0(center_data: Path) -> None:
    add("restore")
    done = center(center_data, "audit")
    assert (done.returncode, done.stderr) == (0, "")
    assert "hilang saat pemulihan basis data" in done.stdout
    assert done.stdout.splitlines()[-1] == "Utuh: tidak ada catatan yang hilang tanpa penjelasan."


def test_a_fault_is_named_and_ends_with_1(center_data: Path) -> None:
    add("fault")
    add("checking", "opd-dinkes", 2)
    done = center(center_data, "audit")
    assert done.returncode == 1
    assert f"{NODE}  event  4  HILANG TANPA PENJELASAN  [e1: 7-9, 12]" in done.stdout
    assert "4 catatan hilang tanpa penjelasan" in done.stdout
    assert "4 records are missing" in center(center_data, "audit", language="en").stdout
    assert center(center_data, "audit", "--node", "opd-dinkes").returncode == 0
    told = center(center_data, "audit", "--json")
    assert told.returncode == 1
    assert [(row["kind"], row["ranges"]) for row in json.loads(told.stdout)] == [
        ("fault", [[7, 9], [12, 12]]),
        ("checking", [[7, 9], [12, 12]]),
    ]


def test_the_list_of_nodes_counts_missing_records(center_data: Path) -> None:
    register_node()
    add("fault")
    done = center(center_data, "nodes", "--json")
    assert [(row["node"], row["integrity_missing"]) for row in json.loads(done.stdout)] == [(NODE, 4)]
