"""Parts for the alerts' tests: receivers that listen, channels and incidents in the tables, and a drained outbox."""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

DEADLINE_S = 90.0
_PATIENT = (
    "import sys; from center.alerts import http_post; http_post.TIMEOUT_S = http_post.DEADLINE_S = 90.0; "
    "from center.cli import main; sys.exit(main())"
)


def alerts_command(data: Path) -> tuple[str, ...]:
    """The alerts as a process of its own; it waits for a receiver's answer however busy the machine is."""
    return sys.executable, "-c", _PATIENT, "alerts", "--data", str(data)


@dataclass
class Receiver:
    """What an HTTP server was sent, and how it is to answer."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"ok": true}'
    location: str = ""
    """Where it sends whoever asks."""
    breaks_off: bool = False
    """Takes the request and closes without a word."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Answers wait until this is set."""
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """(path, headers in small letters, body) in order of arrival."""
    arrived: threading.Condition = field(default_factory=threading.Condition)
    _open: set[tuple[str, int]] = field(default_factory=set)
    _over: set[tuple[str, int]] = field(default_factory=set)
    """Who is connected, and who was."""

    def wait(self, count: int) -> None:
        """Until so many requests have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.seen) >= count, DEADLINE_S), f"{len(self.seen)} of {count}"

    def settle(self) -> None:
        """Until whatever a process that is dead by now had sent is seen, or given up as half a request: what it left
        in its sockets is read later than its end is noticed. Connections are accepted in order: one more is the last.
        """
        host, _, port = self.url.removeprefix("http://").partition("/")[0].partition(":")
        with socket.socket() as last:
            last.bind((host, 0))
            mine = last.getsockname()
            self._over.discard(mine)
            last.connect((host, int(port)))
        with self.arrived:
            assert self.arrived.wait_for(lambda: mine in self._over and not self._open, DEADLINE_S), "still connected"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _path, _headers, body in self.seen]


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a port of its own; it answers at once unless `hold` is cleared."""
    receiver = Receiver()
    receiver.hold.set()
    server = _server(receiver)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/masuk"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def _server(receiver: Receiver) -> ThreadingHTTPServer:
    """Tells the receiver which connections are open and which are over."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def process_request(self, request: Any, client_address: Any) -> None:
            with receiver.arrived:
                receiver._open.add(client_address)
            super().process_request(request, client_address)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                with receiver.arrived:
                    receiver._open.discard(client_address)
                    receiver._over.add(client_address)
                    receiver.arrived.notify_all()

    return Server(("127.0.0.1", 0), _handler(receiver))


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """Notes what is posted to the receiver and answers as it says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it died before the end
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.arrived:
                receiver.seen.append((self.path, headers, body))
                receiver.arrived.notify_all()
            receiver.hold.wait(DEADLINE_S)
            if receiver.breaks_off:
                self.close_connection = True
                return
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(receiver.answer)))
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, *_: object) -> None:
            return

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

    return Handler


def free_address() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def add_channel(name: str, kind: str, settings: dict[str, Any], secret: str = "", **fields: Any) -> None:
    """A channel in the table, with its secret in its file."""
    from django.conf import settings as django_settings

    from center.alerts.models import Channel
    from center.alerts.secret_files import write_secret

    Channel.objects.create(name=name, kind=kind, settings=json.dumps(settings), secret=name, **fields)
    if secret:
        write_secret(django_settings.DATA_DIR, name, secret.encode())


def add_route(channel: str, **fields: Any) -> int:
    """A route to it; what is not said matches everything."""
    from center.alerts.models import Route

    fields = {key: json.dumps(value) if isinstance(value, list) else value for key, value in fields.items()}
    return int(Route.objects.create(name=f"ke {channel}", channel_id=channel, **fields).pk)


def incident(what: str = "opened", number: int | None = None, **changes: Any) -> int:
    """An incident in its table as the worker leaves it, and the word of it to the alerts; its id."""
    from django.db import transaction

    from center.alerts.queue import IncidentChange, incident_changed
    from center.operations.models import Incident

    now = time.time_ns() // 1_000_000
    values = {
        "severity": "critical", "kind": "node", "subject": "kel-1", "cause": "L5b", "party": "isp", "nodes": ("kel-1",),
        "sites": ("kel-1",), "kecamatan": ("Serang",), "started_ms": now - 90_000, "at_ms": now,
        "text_id": "Kelurahan Satu tidak terhubung", "text_en": "Kelurahan Satu is not connected", **changes,
    }  # fmt: skip
    with transaction.atomic():
        if number is None:
            own = {key: values[key] for key in ("kind", "subject", "severity", "cause", "party", "started_ms")}
            number = int(Incident.objects.create(opened_ms=now, **own).pk)
        row = Incident.objects.filter(pk=number)
        if what == "acknowledged":
            row.update(acknowledged_ms=now, acknowledged_by="operator")
        if what == "resolved":
            row.update(resolved_ms=now)
        if what == "reopened":
            row.update(resolved_ms=None)
        incident_changed(IncidentChange(incident=number, what=what, **values))
    return number


def drain(*services: Any, until: Any = None) -> None:
    """Rounds of these processes until `until()` (default: nothing is due and nothing under way)."""
    from center.alerts.outbox import now_ms

    def done() -> bool:
        if until is not None:
            return bool(until())
        return all(one.idle() and not one._outbox.channels_due(now_ms()) for one in services)

    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        for one in services:
            one.round()
        if done():
            return
        assert time.monotonic() < deadline_s, "the outbox did not become empty"
        time.sleep(0.01)


def states() -> dict[str, str]:
    """what -> state of every delivery, newest of each."""
    from center.alerts.models import Delivery

    return dict(Delivery.objects.order_by("id").values_list("what", "state"))
