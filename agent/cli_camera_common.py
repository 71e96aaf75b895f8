"""What the commands that set a camera up share: the camera's settings, its password, and whose rights they use."""

import os
import pwd
from pathlib import Path
from typing import Final

import click

from agent.cameras.base import CameraConfig, Secrets
from agent.cameras.keeping import passwords
from agent.cameras.masks import mask_path
from agent.config import AgentConfig, ConfigError, load
from agent.messages import Messages
from wire.shape import Struct

_NOBODY_ELSE: Final = 0o077


class Chosen(Struct, frozen=True):
    """One configured camera."""

    name: str
    config: CameraConfig
    all: AgentConfig

    @property
    def mask_file(self) -> Path:
        return mask_path(self.all.camera_process.data_dir, self.name)


def chosen(path: Path, messages: Messages, name: str) -> Chosen | None:
    """The camera of this name; None after saying why there is none."""
    try:
        config = load(path)
    except ConfigError as error:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
        return None
    camera = config.cameras.get(name)
    if camera is None:
        known = ", ".join(sorted(config.cameras)) or messages.text("cli.camera.no_cameras")
        click.echo(messages.text("cli.camera.unknown", name=name, known=known, path=path), err=True)
        return None
    return Chosen(name, camera, config)


def use_owners_rights(data_dir: Path) -> None:
    """As root, go on as the user whom the camera process's folder belongs to: a driver that reads what a camera sends
    needs no more rights than the service has, and files made here are the service's own. For good; OSError."""
    os.umask(_NOBODY_ELSE)
    if os.geteuid() != 0:
        return
    try:
        owner = data_dir.stat()
    except FileNotFoundError:
        return  # the service is not installed
    if owner.st_uid == 0:
        return
    try:
        os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    except KeyError:  # a user without a name
        os.setgroups([owner.st_gid])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def secrets_of(camera: Chosen) -> Secrets:
    """What the camera asks for at its door. LoginsError when the password file cannot be used."""
    logins = passwords.read_logins(camera.all.camera_process.logins_file)
    return passwords.secrets_of(logins, camera.name, camera.config)
