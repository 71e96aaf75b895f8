"""Configuration of the city's mosquitto: mutual TLS, one identity per node, explicit limits.

Who may do what follows from the certificate alone. Its common name becomes the user name and the client id, so a
node can neither read nor write under another's name, nor take over another's session.

The broker keeps nothing that matters: a record leaves a node's disk only after the centre has committed it, and
retained births come back when the nodes reconnect. So persistence is off and restarting it is always safe.
Where a limit below makes it drop a message, the node sends that message again until the centre acknowledges it.
"""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from center.errors import ConfigError, SetupError
from center.files import PRIVATE, make_directory, write_atomic
from wire.attachment import MAX_ATTACHMENT_BYTES
from wire.topics import CENTER_STATE, PREFIX, STREAMS

INGEST_NAME = "center-ingest-{number}"
MAX_INGEST_WORKERS = 16
ALERTS_NAME = "center-alerts-1"
SIREN_NAME = "center-siren-{number}"
MAX_SIRENS = 99
SIREN_TREE = "sandi-siren/v1"
"""Sirens are no nodes: a tree of their own, which no node's rule touches."""
_PLACES = (Path("/usr/sbin/mosquitto"), Path("/usr/local/sbin/mosquitto"))


class Trust(Protocol):
    """Whom the broker shows and believes: files in PEM. An authority is one, and so is what one has left ready."""

    @property
    def ca_certificate(self) -> Path: ...
    @property
    def server_certificate(self) -> Path: ...
    @property
    def server_key(self) -> Path: ...
    @property
    def revocations(self) -> Path: ...

    def revoked_serials(self) -> frozenset[str]:
        """What was taken back, in hexadecimal."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """Where the broker listens and what it allows itself; sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 8883
    max_connections: int = 2048
    """Ten times a city of 110 nodes with every session doubled during a reconnection storm."""
    max_packet_bytes: int = 2 * MAX_ATTACHMENT_BYTES
    """Twice the largest thing on the wire. What is merely too large reaches ingest, which refuses it by name, and the
    node goes on; a larger packet costs the session. `message_size_limit` is left alone: mosquitto 2.0.11 answers what
    exceeds it with reason code 0x95, which a PUBACK does not have; paho takes that for a broken broker, reconnects,
    and sends the same again, for ever (measured)."""
    max_inflight_messages: int = 200
    """Ingest acknowledges after its commit (up to 50 ms): 20, the default, would cap one worker at 400 a second."""
    max_inflight_bytes: int = 8 * 1024 * 1024
    max_queued_messages: int = 20_000
    max_queued_bytes: int = 64 * 1024 * 1024
    """Per client: what a stalled ingest can make the broker hold. Beyond it the broker drops, the nodes re-send."""
    max_keepalive_s: int = 120


def find_mosquitto() -> Path:
    """The broker's program; SetupError says how to install it."""
    for place in _PLACES:
        if os.access(place, os.X_OK):
            return place
    found = shutil.which("mosquitto")
    if found is None:
        raise SetupError(
            "mosquitto (the MQTT broker) is not installed; install it: sudo apt install mosquitto",
            "mosquitto (broker MQTT) belum terpasang; pasang dengan: sudo apt install mosquitto",
        )
    return Path(found)


def broker_command(directory: Path) -> list[str]:
    """The command that runs the broker configured in `directory` in the foreground, logging to standard error."""
    return [str(find_mosquitto()), "-c", str(directory / "mosquitto.conf")]


def write_broker_config(directory: Path, config: BrokerConfig, authority: Trust) -> Path:
    """Write mosquitto.conf and the access list into `directory`; returns the configuration's path.

    The authority must have a server certificate. The revocation list is named only when it revokes something:
    mosquitto refuses everybody while an empty or missing list is configured.
    """
    make_directory(directory, 0o700)
    write_atomic(directory / "acl", _access_list().encode(), PRIVATE)
    path = directory / "mosquitto.conf"
    write_atomic(path, _configuration(directory, config, authority).encode(), PRIVATE)
    return path


def _configuration(directory: Path, config: BrokerConfig, authority: Trust) -> str:
    lines = [
        "# Written by sandi-center at every start; changes here are lost.",
        "per_listener_settings false",
        "allow_anonymous false",
        f"acl_file {_path(directory / 'acl')}",
        "persistence false",
        "sys_interval 0",
        f"max_packet_size {config.max_packet_bytes}",
        f"max_inflight_messages {config.max_inflight_messages}",
        f"max_inflight_bytes {config.max_inflight_bytes}",
        f"max_queued_messages {config.max_queued_messages}",
        f"max_queued_bytes {config.max_queued_bytes}",
        f"max_keepalive {config.max_keepalive_s}",
        "persistent_client_expiration 1d",
        "set_tcp_nodelay true",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type subscribe",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S",
    ]
    if os.geteuid() == 0:
        # Started as root, mosquitto would become the user "mosquitto", who cannot read the keys here.
        lines.append(f"user {pwd.getpwuid(directory.stat().st_uid).pw_name}")
    lines += [
        f"listener {config.port} {config.host}",
        f"max_connections {config.max_connections}",
        "tls_version tlsv1.2",
        f"cafile {_path(authority.ca_certificate)}",
        f"certfile {_path(authority.server_certificate)}",
        f"keyfile {_path(authority.server_key)}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]
    if authority.revoked_serials():
        lines.append(f"crlfile {_path(authority.revocations)}")
    return "\n".join(lines) + "\n"


def _access_list() -> str:
    lines = [
        "# Written by sandi-center at every start; changes here are lost.",
        "# A node: its own birth and streams out, its own downlinks and the centre's presence in. Each stream by name:",
        "# under topics it may invent it could leave retained messages until the memory is full.",
        f"pattern write {PREFIX}/%u/state",
        *(f"pattern write {PREFIX}/%u/up/{stream}" for stream in STREAMS),
        f"pattern read {PREFIX}/%u/down/#",
        f"pattern read {CENTER_STATE}",
    ]
    for number in range(1, MAX_INGEST_WORKERS + 1):
        lines += [
            "",
            f"user {INGEST_NAME.format(number=number)}",
            f"topic read {PREFIX}/+/state",
            f"topic read {PREFIX}/+/up/#",
            f"topic write {PREFIX}/+/down/#",
            f"topic write {CENTER_STATE}",
        ]
    lines += ["", f"user {ALERTS_NAME}", f"topic write {SIREN_TREE}/+"]
    for number in range(1, MAX_SIRENS + 1):
        name = SIREN_NAME.format(number=number)
        lines += ["", f"user {name}", f"topic read {SIREN_TREE}/{name}"]
    return "\n".join(lines) + "\n"


def _path(path: Path) -> str:
    text = str(path.absolute())
    if "\n" in text or text != text.strip():
        raise ConfigError(
            f"mosquitto cannot work in the directory {text!r}; choose one without line breaks in its name"
        )
    return text
