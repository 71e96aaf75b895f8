"""A mail server of a few lines (RFC 5321): takes mails, or refuses or breaks off where it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmallSmtp:
    """`mails` as they came (recipients, text); `refuse`: answers by the first word of a command; "" = breaks off."""

    port: int = 0
    mails: list[tuple[list[str], str]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[SmallSmtp]:
    """Listens on a port of its own."""
    state = SmallSmtp()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            to: list[str] = []
            self.say("220 small")
            while line := self.rfile.readline().decode().strip():
                word = line.split()[0].upper()
                state.said.append(line)
                refusal = state.refuse.get(word)
                if refusal == "":
                    return
                if refusal is not None:
                    self.say(refusal)
                    continue
                if word == "RCPT":
                    to.append(line.partition(":")[2].strip(" <>").split(">")[0])
                if word == "DATA":
                    self.say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += self.rfile.readline()
                    state.mails.append((to, text.decode()))
                    if state.refuse.get("END") == "":
                        return
                self.say(
                    {"EHLO": "250-small\r\n250 AUTH PLAIN", "QUIT": "221 bye", "AUTH": "235 ok"}.get(word, "250 ok")
                )
                if word == "QUIT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join(5)
