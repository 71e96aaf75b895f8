"""First set-up of a data directory, and what every start checks. An interrupted first start leaves nothing half-made.

1. Everything is built in DATA/.new: authority, keys, database, first account.
2. The file `complete` in it, synced to disk, marks that the build is whole.
3. The entries are moved to DATA by rename; DATA/secret_key goes last and marks a centre that is set up.

A start that finds .new without `complete` throws it away and begins again; with `complete`, it finishes the moving.
"""

import os
import re
import secrets
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil

from center.config import CONFIG_NAME, CenterConfig
from center.database_steps import STEPS, Say, run_step
from center.errors import SetupError
from center.files import PRIVATE, sync_directory, write_atomic
from center.pki import Authority, create_authority, open_authority
from center.sole_use import SET_UP_MARK, is_set_up
from center.steps import is_current

_BUILD = ".new"
_COMPLETE = "complete"
ENROL_PART = "enrol"
"""Folder in DATA/pki of the enrolment listener's own certificate and key."""


def prepare(data: Path, config: CenterConfig, say: Say) -> Authority:
    """Make the centre if there is none, else check and update its database; returns its authority.

    Call it while holding `sole_use`.
    """
    from center.backup.restore import finish_restore

    _finish_or_discard(data / _BUILD, data)
    finish_restore(data, say)
    if not is_set_up(data):
        _first(data, config, say)
    elif config.database.url or not is_current(data):
        run_step("update", data, say)
    authority = open_authority(data / "pki")
    issue_servers(authority, config)
    make_command_keys(data)
    return authority


def make_command_keys(data: Path) -> None:
    """Make sure that the commander has its key, and that what boxes pin lies ready."""
    from center.commander.keys import FOLDER, KeyRing

    folder = data / FOLDER
    if os.geteuid() and folder.exists() and folder.stat().st_uid != os.geteuid():
        return  # the commander has a user of its own, which makes it at its start
    KeyRing(data / FOLDER).make(time.time_ns() // 1_000_000)


def issue_servers(authority: Authority, config: CenterConfig) -> None:
    """Make sure that the broker and the enrolment listener have their certificates."""
    names = broker_names(config)
    authority.issue_server(names)
    if config.enrolment.enabled:
        authority.issue_server(names, ENROL_PART)


def broker_names(config: CenterConfig) -> frozenset[str]:
    """Host names and addresses for the broker's certificate: configured ones, and what this machine is called."""
    names = {"localhost", "127.0.0.1", "::1", *config.mqtt.names}
    if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", socket.gethostname()):
        names.add(socket.gethostname())
    hosts = {config.mqtt.host, config.throughput_endpoint[0], config.enrolment_endpoint[0]}
    if hosts & {"0.0.0.0", "::"}:
        with suppress(OSError):  # the signer has no network to see them by; what was issued before stays good there
            found = (address for addresses in psutil.net_if_addrs().values() for address in addresses)
            names.update(address.address for address in found if address.family == socket.AF_INET)
    names.update(hosts - {"0.0.0.0", "::"})
    return frozenset(names)


def _first(data: Path, config: CenterConfig, say: Say) -> None:
    say("setup", data=data)
    build = data / _BUILD
    try:
        build.mkdir(mode=0o700)
        if (data / CONFIG_NAME).exists():
            shutil.copy(data / CONFIG_NAME, build / CONFIG_NAME)
        say("setup-authority", step=1, steps=STEPS)
        issue_servers(create_authority(build / "pki"), config)
        say("setup-keys", step=2, steps=STEPS)
        _make_keys(build)
        run_step("create", build, say)
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
    make_command_keys(build)
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
