"""First set-up of a data directory, and what every start checks. An interrupted first start leaves nothing half-made.

1. Everything is built in DATA/.new: authority, keys, database, first account.
2. The file `complete` in it, synced to disk, marks that the build is whole.
3. The entries are moved to DATA by rename; DATA/secret_key goes last and marks a centre that is set up.

A start that finds .new without `complete` throws it away and begins again; with `complete`, it finishes the moving.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from center.config import CONFIG_NAME, DATA_VARIABLE, CenterConfig
from center.errors import SetupError
from center.files import PRIVATE, sync_directory, write_atomic
from center.pki import Authority, create_authority, open_authority
from center.processes import die_with_parent
from center.sole_use import SET_UP_MARK, is_set_up

Say = Callable[..., None]
"""say(key, **fields): one of the sentences of `center.phrases`."""

_BUILD = ".new"
_COMPLETE = "complete"
_STEPS = 5


def prepare(data: Path, config: CenterConfig, say: Say) -> Authority:
    """Make the centre if there is none, else check and update its database; returns its authority.

    Call it while holding `sole_use`.
    """
    _finish_or_discard(data / _BUILD, data)
    if not is_set_up(data):
        _first(data, config, say)
    else:
        _database("update", data, say)
    authority = open_authority(data / "pki")
    authority.issue_server(broker_names(config))
    return authority


def broker_names(config: CenterConfig) -> frozenset[str]:
    """Host names and addresses for the broker's certificate: configured ones, and what this machine is called."""
    names = {"localhost", "127.0.0.1", "::1", *config.mqtt.names}
    if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", socket.gethostname()):
        names.add(socket.gethostname())
    if config.mqtt.host in {"0.0.0.0", "::"}:
        found = (address for addresses in psutil.net_if_addrs().values() for address in addresses)
        names.update(address.address for address in found if address.family == socket.AF_INET)
    else:
        names.add(config.mqtt.host)
    return frozenset(names)


def _first(data: Path, config: CenterConfig, say: Say) -> None:
    say("setup", data=data)
    build = data / _BUILD
    try:
        build.mkdir(mode=0o700)
        if (data / CONFIG_NAME).exists():
            shutil.copy(data / CONFIG_NAME, build / CONFIG_NAME)
        say("setup-authority", step=1, steps=_STEPS)
        create_authority(build / "pki").issue_server(broker_names(config))
        say("setup-keys", step=2, steps=_STEPS)
        _make_keys(build)
        _database("create", build, say)
        (build / CONFIG_NAME).unlink(missing_ok=True)
        write_atomic(build / _COMPLETE, b"")
        _finish_or_discard(build, data)
    except BaseException as error:
        if not (build / _COMPLETE).exists():
            shutil.rmtree(build, ignore_errors=True)
        if isinstance(error, OSError):
            raise SetupError(f"set-up in {data} failed: {error}") from error
        raise
    say("setup-done")


def _make_keys(build: Path) -> None:
    from center import sealing

    sealing.make_key_pair(build / "keys")
    write_atomic(build / SET_UP_MARK, secrets.token_urlsafe(48).encode(), PRIVATE)


def _finish_or_discard(build: Path, data: Path) -> None:
    """Step 3 for a whole build; a partial one is removed. The mark moves last."""
    if not (build / _COMPLETE).exists():
        shutil.rmtree(build, ignore_errors=True)
        return
    entries = [entry for entry in build.iterdir() if entry.name not in {_COMPLETE, SET_UP_MARK}]
    for entry in entries:
        entry.replace(data / entry.name)
    sync_directory(data)
    if (build / SET_UP_MARK).exists():
        (build / SET_UP_MARK).replace(data / SET_UP_MARK)
    sync_directory(data)
    shutil.rmtree(build)


def _database(step: str, data: Path, say: Say) -> None:
    """Run the database's part in a process of its own: this one stays small, and Django sees one directory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "center.database", step],
        env={**os.environ, DATA_VARIABLE: str(data)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - prctl and getppid only
    )
    problem: SetupError | None = None
    try:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            event = json.loads(line)
            problem = _show(event, say) or problem
        complaint = process.stderr.read()
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
    if process.returncode != 0:
        raise problem or SetupError(f"the database could not be prepared: {complaint.strip().splitlines()[-1:]}")


def _show(event: dict[str, object], say: Say) -> SetupError | None:
    """Say what happened; returns the problem when that is what the event tells."""
    kind = event.pop("event")
    if kind == "error":
        return SetupError(str(event["english"]), str(event["indonesian"]))
    if kind == "account":
        say("setup-account", step=5, steps=_STEPS)
        say("password", **event)
    elif kind == "migrate":
        say("migrate", **event)
    elif kind == "database":
        say("setup-database", step=3, steps=_STEPS)
    elif kind == "sites":
        say("setup-sites", step=4, steps=_STEPS, **event)
    return None
