"""A real mosquitto over mutual TLS for one test: the product's own authority, configuration and access list."""

import secrets
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nacl.public import PrivateKey

from center.broker import BrokerConfig, broker_command, find_mosquitto, write_broker_config
from center.pki import Authority, ClientCredentials, create_authority
from center.processes import die_with_parent
from tests.support.ports import free_port

_DEADLINE_S = 60.0
_KNOCK = "Client connection from"
"""What it says when somebody connects and goes again without a word."""


class RunningBroker:
    """Connect to `host`:`port` with what `issue_node` or `issue_center` hand out. Its log is at `log`."""

    def __init__(self, directory: Path, config: BrokerConfig, authority: Authority) -> None:
        self.host = config.host
        self.port = config.port
        self.authority = authority
        self.log = directory / "mosquitto.log"
        self.seal_private_key = PrivateKey.generate()
        self._directory = directory
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def issue_node(self, node: str) -> Path:
        """Enrol a node: its credential directory (ca.crt node.crt node.key seal.pub sign.key). Again = renewal."""
        out = self._directory / "nodes" / node
        seal_public_key = bytes(self.seal_private_key.public_key)
        self.authority.issue_node(node, out, seal_public_key=seal_public_key, replace=True)
        return out

    def issue_center(self, name: str = "center-ingest-1") -> ClientCredentials:
        """Credentials of one of the centre's own processes (.directory .ca .certificate .key)."""
        return self.authority.issue_center(name)

    def tls_context(self, credentials: Path | ClientCredentials) -> ssl.SSLContext:
        """A verifying TLS context for a node's directory or for a process of the centre."""
        if isinstance(credentials, ClientCredentials):
            ca, certificate, key = credentials.ca, credentials.certificate, credentials.key
        else:
            ca, certificate, key = credentials / "ca.crt", credentials / "node.crt", credentials / "node.key"
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(certificate, key)
        return context

    def start(self) -> None:
        """Start it with the configuration as it would be written now (with what was revoked), wait until its loop runs:
        it listens before that, before it has set up its signals. That it is this one who answers, its log says."""
        if self._process is not None and self._process.poll() is None:
            return
        write_broker_config(self._directory / "broker", self._config, self.authority)
        before = self.knocks()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                broker_command(self._directory / "broker"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - calls prctl and getppid only
            )
        deadline = time.monotonic() + _DEADLINE_S
        while not (_accepts(self.host, self.port) and self.knocks() > before):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"mosquitto did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.005)

    @property
    def pid(self) -> int:
        """Of the running broker."""
        assert self._process is not None
        return self._process.pid

    def knocks(self) -> int:
        """How many have connected and gone again without a word, as its log says: its loop has seen them."""
        return self.log.read_text().count(_KNOCK) if self.log.exists() else 0

    def stop(self) -> None:
        """End it in order (SIGTERM) and wait for it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL) and wait for it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_DEADLINE_S)

    def restart(self) -> None:
        """Stop and start: also how a revocation takes effect."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it hang (SIGSTOP): connections stay open and nothing is answered. `resume` ends it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_broker(tmp_path: Path, host: str = "127.0.0.1", names: tuple[str, ...] = ()) -> Iterator[RunningBroker]:
    """Start a broker in `tmp_path` on a free port; it is gone when the block ends, whatever happens.

    `host` is where it listens (an address in a network namespace works too), `names` are further names for its
    certificate beside localhost, 127.0.0.1 and `host`.
    """
    directory = tmp_path / f"broker-{secrets.token_hex(3)}"
    directory.mkdir()
    authority = create_authority(directory / "pki")
    authority.issue_server({"localhost", "127.0.0.1", host, *names})
    for attempt in range(5):
        broker = RunningBroker(directory, BrokerConfig(host=host, port=free_port(host)), authority)
        try:
            broker.start()
            break
        except RuntimeError:  # another test may have taken the port in between
            if attempt == 4:
                raise
    try:
        yield broker
    finally:
        broker.resume()
        broker.stop()


@contextmanager
def other_rules(broker: RunningBroker, folder: Path, *lines: str) -> Iterator[int]:
    """Another mosquitto of the same authority, which lets in whom `lines` of its configuration say; its port."""
    authority, port = broker.authority, free_port()
    path = folder / f"mosquitto-{secrets.token_hex(3)}.conf"
    listening = (
        "user root",
        f"listener {port} 127.0.0.1",
        f"cafile {authority.ca_certificate}",
        f"certfile {authority.server_certificate}",
        f"keyfile {authority.server_key}",
    )
    path.write_text("\n".join((*listening, *lines, "")), encoding="utf-8")
    process = subprocess.Popen(
        (str(find_mosquitto()), "-c", str(path)),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - calls prctl and getppid only
    )
    try:
        deadline = time.monotonic() + _DEADLINE_S
        while not _accepts("127.0.0.1", port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("mosquitto did not start")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(_DEADLINE_S)


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
