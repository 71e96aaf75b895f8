"""Pushed configurations: what each holds for a node, whether a box would take it, and who is wanted to run it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from center.core.toml_over import laid_over
from center.fleet.models import ConfigPush, NodeConfig
from center.ingest.generation import current_generation

CHECK_S: Final = 30.0
AT_ONCE: Final = 2
"""Checks side by side: each is a process of 40 MiB for half a second."""
MOST_PROBLEMS: Final = 20
CARD: Final = """[node]
id = "kel-0000000000"
data_dir = "data"
run_dir = "run"
[uplink]
host = "centre.invalid"
"""
"""What every card says, and no more: a key that only some card has right cannot be judged here."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `node` "": in what all get."""

    node: str
    text: str


def text_for(toml: str, per_node: Mapping[str, str], node: str) -> str:
    """What this node is sent. Raises ValueError when its part is no TOML."""
    over = per_node.get(node, "")
    return laid_over(toml, over) if over else toml


def push_of(revision: int, generation: str = "") -> ConfigPush | None:
    """The pushed configuration of this number, of the present generation unless another is named."""
    if not 0 < revision < 2**53:
        return None
    return ConfigPush.objects.filter(generation=generation or current_generation(), revision=revision).first()


def last() -> ConfigPush | None:
    """What was pushed last in the present generation."""
    return ConfigPush.objects.filter(generation=current_generation()).order_by("-revision").first()


def parts_of(push: ConfigPush) -> dict[str, str]:
    """Node -> TOML laid over the common one."""
    found: dict[str, str] = json.loads(push.per_node or "{}")
    return found


def newest(count: int = 50) -> list[ConfigPush]:
    """The newest first."""
    return list(ConfigPush.objects.order_by("-made_ms", "-id")[:count])


def problems(toml: str, per_node: Mapping[str, str], nodes: Collection[str], lang: str) -> list[Problem]:
    """What a box would say against it, judged by `sandi config check` of this very version, in a child process.

    At most `MOST_PROBLEMS`. A box of another version, or with an override of its own, judges once more for itself.
    """
    texts: dict[str, list[str]] = {}
    found: list[Problem] = []
    for node in ("", *sorted(set(per_node) & set(nodes))):
        try:
            text = text_for(toml, per_node, node) if node else toml
        except ValueError as error:
            found.append(Problem(node, f"TOML: {error}"[:300]))
            continue
        texts.setdefault(text, []).append(node)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = pool.map(lambda text: _judged(text, lang), texts)
        for names, lines in zip(texts.values(), said, strict=True):
            found += [Problem(names[0], line) for line in lines]
    return found[:MOST_PROBLEMS]


def _judged(text: str, lang: str) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="sandi-check-") as folder:
        card, pushed = Path(folder) / "agent.toml", Path(folder) / "pushed.toml"
        card.write_text(CARD, encoding="utf-8")
        pushed.write_text(text, encoding="utf-8")
        words = ("config", "check", str(card), "--pushed", str(pushed), "--json", "--lang", lang)
        command = (sys.executable, "-m", "agent.cli", *words)
        try:
            done = subprocess.run(command, capture_output=True, timeout=CHECK_S, check=False)
            answer = json.loads(done.stdout)
            return [str(problem["text"]) for problem in answer["problems"]]
        except (OSError, subprocess.TimeoutExpired, ValueError, LookupError, TypeError) as error:
            return [f"sandi config check: {type(error).__name__}"]


def want(generation: str, revision: int, nodes: Collection[str]) -> None:
    """From now on these nodes should run this revision, unless it was a newer one already. Part of a transaction."""
    fresh = [NodeConfig(node=node, state="") for node in nodes]
    NodeConfig.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = NodeConfig.objects.filter(node__in=list(nodes))
    rows = rows.exclude(wanted_generation=generation, wanted_revision__gte=revision)
    rows.update(wanted_generation=generation, wanted_revision=revision)
