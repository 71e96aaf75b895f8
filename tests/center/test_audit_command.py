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
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


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


def test_each_finding_of_a_restore_has_the_dates_of_its_own(center_data: Path) -> None:
    from center.connectivity.models import Integrity
    from center.ingest.models import Restore, RestoredLane

    for generation, known_until_ms, at_ms in (("g1", 1_000, 2_000), ("g2", 11_000, 12_000)):
        Restore.objects.create(generation=generation, at_ms=at_ms, known_until_ms=known_until_ms)
    lanes = {
        "a": [("g1", 5, 9), ("g2", 20, 20)],
        "b": [("g1", 1, 2), ("g2", 7, 30)],
        "c": [("g1", 1, 8), ("g2", 12, 15)],
    }
    for epoch, told in {**lanes, "e": lanes["c"]}.items():
        for generation, floor, bound in told:
            RestoredLane.objects.create(
                generation=generation, node=NODE, epoch=epoch, stream="event", floor=floor, known_last=0, bound=bound
            )
    values = {"node": NODE, "stream": "event", "kind": "restore", "since_ms": 1, "changed_ms": 1}
    for epoch in "abcd":
        Integrity.objects.create(**values, epoch=epoch, count=4, ranges="[[7,9],[12,12]]")
    Integrity.objects.create(**values, epoch="e", count=9, ranges="[[7,8]]")
    found = json.loads(center(center_data, "audit", "--json").stdout)
    assert {row["epoch"]: (row["from_ms"], row["to_ms"]) for row in found} == {
        "a": (1_000, 2_000),
        "b": (11_000, 12_000),
        "c": (1_000, 12_000),  # two took some of it
        "d": (None, None),  # none is known to
        "e": (1_000, 12_000),  # the ranges shown are only the first
    }
