"""The centre of the laboratory: a real mosquitto with the product's own configuration, and what may take its place."""

import asyncio
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nacl.public import PrivateKey

from center.broker import BrokerConfig, broker_command, write_broker_config
from center.pki import create_authority
from tests.netlab.credentials import Pair, signer_in
from tests.netlab.loop import ServerLoop, bound
from tests.support.lab import Box

PORT = 8883
NODE = "kel-3673011001"
NAME = "pusat.sandi.test"
_START_S = 30.0
_MANY_NAMES = tuple(f"layanan-{number:02d}.kantor-pemerintahan.serangkota.test" for number in range(30))
"""A certificate for many names, as hosting makes them: the server's first flight is over two kilobytes, so it meets
every limit on packet size."""


class Centre:
    """`credentials` is the node's folder (ca.crt, node.crt, node.key, ...); the broker listens on `address`."""

    def __init__(self, folder: Path, box: Box, address: str, loop: ServerLoop) -> None:
        self.box = box
        self.address = address
        self.folder = folder
        self._loop = loop
        self._authority = create_authority(folder / "pki")
        self.signer = signer_in(folder / "pki")
        self.names = (address, NAME, *_MANY_NAMES)
        self._authority.issue_server(self.names)
        self.credentials = folder / "node"
        seal = bytes(PrivateKey.generate().public_key)
        self._authority.issue_node(NODE, self.credentials, seal_public_key=seal)
        self._process: subprocess.Popen[bytes] | None = None
        self.good = Pair(self._authority.server_certificate, self._authority.server_key)
        self.start()

    def start(self, certificate: Pair | None = None, **settings: str) -> None:
        """Start mosquitto, with another certificate or other settings where they are given."""
        home = self.folder / "broker"
        config = write_broker_config(home, BrokerConfig(host=self.address, port=PORT), self._authority)
        used = certificate or self.good
        changed = {"certfile": str(used.certificate), "keyfile": str(used.key), **settings}
        lines = [line for line in config.read_text().splitlines() if line.split(" ")[0] not in changed]
        config.write_text("\n".join([*lines, *(f"{name} {value}" for name, value in changed.items())]) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            command = ("ip", "netns", "exec", self.box.name, *broker_command(home))
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mosquitto did not start:\n{(self.folder / 'mosquitto.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End mosquitto, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_START_S)

    def restart(self, certificate: Pair | None = None, **settings: str) -> None:
        self.stop()
        self.start(certificate, **settings)

    def hang(self) -> None:
        """Stop mosquitto in the middle of whatever it does (SIGSTOP); `go_on` wakes it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def replaced(self, manner: str) -> Iterator[None]:
        """Something else in the broker's place: `silent` (accepts and says nothing), `mqtt-silent` (TLS, and then
        nothing), `garbage` (TLS, and then no MQTT), `closing` (TLS, and hangs up on CONNECT)."""
        self.stop()
        stand_in = StandIn(self._loop, self.box, self.address, manner, None if manner == "silent" else self._tls())
        try:
            yield
        finally:
            stand_in.close()
            self.start()

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.good.certificate, self.good.key)
        context.load_verify_locations(self._authority.ca_certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _listens(self) -> bool:
        listing = subprocess.run(
            ("ip", "netns", "exec", self.box.name, "ss", "-Hltn", f"sport = :{PORT}"), capture_output=True, check=True
        )
        return bool(listing.stdout.strip())


class StandIn:
    """A server on the broker's port that does not do its work."""

    def __init__(self, loop: ServerLoop, box: Box, address: str, manner: str, tls: ssl.SSLContext | None) -> None:
        self._loop = loop
        self._manner = manner
        self._open: set[asyncio.StreamWriter] = set()
        sock = bound(box, PORT, socket.SOCK_STREAM, address)

        async def start() -> asyncio.Server:
            return await asyncio.start_server(self._serve, sock=sock, ssl=tls)

        self._server = loop.run(start())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            said = await reader.read(4096)
            if self._manner == "closing" or not said:
                return
            if self._manner == "garbage":
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            while await reader.read(4096):
                continue
        except OSError:
            return
        finally:
            self._open.discard(writer)
            writer.close()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()

        self._loop.run(end())
