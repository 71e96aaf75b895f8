"""The judged process: started in the node's namespace with a configuration file, blind to what was done to the town."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.core.observation import Observation
from agent.probes.config import ProbesConfig
from agent.probes.context import Center
from agent.probes.dns import DnsConfig
from agent.probes.lastaddress import note
from tests.netlab.centre import NODE
from tests.netlab.town import SITE, Town
from tests.support.lab import ROOT

DIAGNOSE = (sys.executable, "-m", "agent.cli", "diagnose", "--json", "--config", "{config}")
DEADLINE_S = 60.0

# Its own mount namespace gives the node its own resolvers; nothing of this machine's files is changed.
_WITH_RESOLVERS = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process said. `code` is empty when it said nothing that can be read; then `trouble` tells."""

    code: str
    also: frozenset[str]
    wall_s: float
    exit_code: int
    said: dict[str, Any]
    trouble: str = ""


def write_config(town: Town) -> Path:
    """The node's configuration file: the centre, and one public site."""
    at = town.at
    lines = [
        f'[node]\nid = "{NODE}"\ndata_dir = "{town.folder}/data"\nrun_dir = "{town.folder}/run"',
        f'[uplink]\nhost = "{town.center_host}"\nport = {town.broker_port}\ncredentials = "{town.centre.credentials}"',
    ]
    probes = set(ProbesConfig.about)
    if "beside" in probes:
        lines.append(f'[probes]\nbeside = "{town.beside}"')
    dns = set(DnsConfig.about)
    if "expect" in dns:
        intercept = 'intercept_check = "center"\n' if "intercept_check" in dns else ""
        lines.append(f'[probes.dns]\nquery = "{SITE}"\nexpect = ["{at.web}"]\n{intercept}')
    if "site" in probes:
        lines.append(f'[probes.sites]\nca_file = "{town.site_ca}"')
        lines.append(f'[[probes.site]]\nname = "Dinas Contoh"\nurl = "https://{SITE}/"\nkind = "agency"')
    else:
        lines.append(f'[probes.http]\nca_file = "{town.site_ca}"')
        lines.append(f'[[probes.target]]\nprobe = "http"\nname = "Dinas Contoh"\nurl = "https://{SITE}/"')
    path = town.folder / "agent.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def leave_address(town: Town) -> None:
    """What an agent that has met the centre leaves behind."""
    data = town.folder / "data"
    data.mkdir(exist_ok=True)
    proof = Observation("broker", "center", 0, True, detail={"address": town.at.centre})
    note(data, Center(town.center_host, town.broker_port, town.centre.credentials), proof)


def ask(town: Town, command: Sequence[str] = DIAGNOSE) -> Answer:
    """Run the command in the node and read its verdict. `{config}` in it becomes the configuration's path."""
    config = town.folder / "agent.toml"
    words = [word.replace("{config}", str(config)) for word in command]
    started = time.monotonic()
    process = subprocess.Popen(
        ("ip", "netns", "exec", town.node.name, "sh", "-c", _WITH_RESOLVERS, "sh", str(town.resolv_conf), *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        output, errors = process.communicate(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    return _read(output, errors, time.monotonic() - started, process.returncode)


def _read(output: str, errors: str, wall_s: float, exit_code: int) -> Answer:
    try:
        said = json.loads(output)
        code = str(said["verdict"]["code"])
        also = frozenset(str(item["code"]) if isinstance(item, dict) else str(item) for item in said.get("also", ()))
    except (ValueError, KeyError, TypeError) as error:
        trouble = f"{type(error).__name__}: {error}; it said: {output[-300:]!r} {errors[-600:]!r}"
        return Answer("", frozenset(), wall_s, exit_code, {}, trouble)
    return Answer(code, also, wall_s, exit_code, said)


def command_from(text: str) -> tuple[str, ...]:
    """A command as a shell would read it; `python` is this one."""
    words = shlex.split(text)
    return (sys.executable if words[0] == "python" else words[0], *words[1:])
