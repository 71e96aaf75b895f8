"""The box's side of enrolment for tests: a card, a place for credentials, and the commands as programs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.core.enrolment import Seen
from agent.enrol.attempt import attempt
from agent.enrol.door import Address
from agent.enrol.places import Places
from agent.enrol.renewal import Ends
from agent.enrol.vault import Vault
from tests.support.enrolment_listener import Listener, write_card
from wire.enrolment import token_text

NODE = "kel-3673011001"


class EnrolBox:
    """Everything of one box lies in `folder`. `broker_port`: where certificates are shown."""

    def __init__(self, folder: Path, listener: Listener, broker_port: int, *, node: str = NODE) -> None:
        self.folder = folder
        self.listener = listener
        self.node = node
        self.places = Places(folder / "etc", folder / "etc" / "credentials", folder / "state")
        self.ends = Ends(Address("127.0.0.1", listener.port), Address("127.0.0.1", broker_port))
        (folder / "state").mkdir(parents=True)
        self.new_card()

    def new_card(self, node: str = "", *, host: str = "127.0.0.1") -> str:
        """The first run has copied a card that the centre made; returns its token."""
        self.node = node or self.node
        token = token_text(os.urandom(20))
        self.listener.tokens[token] = self.node
        write_card(self.places.card, self.node, self.listener, token, host=host)
        (self.places.card / "agent.toml").write_text(
            f'[node]\nid = "{self.node}"\n[uplink]\nhost = "{self.ends.broker.host}"\nport = {self.ends.broker.port}\n'
        )
        return token

    def attempt(self) -> Seen:
        """One attempt to enrol, in this process; the certificate is shown to the broker of the test."""
        return attempt(self.places, self.ends.broker)

    @property
    def vault(self) -> Vault:
        return Vault(self.places.credentials)

    @property
    def token(self) -> Path:
        return self.places.token

    @property
    def state(self) -> dict[str, Any]:
        """What is written down."""
        return msgspec.json.decode(self.places.state_file.read_bytes(), type=dict[str, Any])

    def arguments(self, *command: str) -> tuple[str, ...]:
        """`sandi enrol ...` or `sandi renew ...` of this box."""
        return (*command, "--card", str(self.places.card), "--credentials", str(self.places.credentials))

    def environment(self, also: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "SANDI_ENROL_STATE": str(self.places.state), "SANDI_LANG": "id", **(also or {})}

    def run(self, *command: str, also: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The command as a program of its own, to its end."""
        return subprocess.run(
            (sys.executable, "-m", "agent.cli", *self.arguments(*command)),
            env=self.environment(also), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
