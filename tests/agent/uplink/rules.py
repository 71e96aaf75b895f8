"""What the broker of a test lets its nodes publish: which streams, and how much at once."""

import signal
import socket
import subprocess

from tests.support.broker import RunningBroker
from tests.support.processes import wait_until

_READING = "Warning: ACL pattern"
"""It remarks on one of the patterns each time it reads them."""
_KNOCK = "Client connection from"
"""What it says when somebody connects and goes again without a word."""


def allow(broker: RunningBroker, *streams: str) -> None:
    """From now on these streams only; returns when the broker has read it. Its next `restart` takes it back."""
    acl = broker._directory / "broker" / "acl"
    whole = "pattern write sandi/v1/%u/up/#"
    kept = [line for line in acl.read_text().splitlines() if not line.startswith(whole[:-1])]
    acl.write_text("\n".join([*kept, *(whole.replace("#", stream) for stream in streams), ""]))
    assert broker._process is not None
    # It listens before it has set up its signals. Who is answered at the door was seen by its loop, which comes after.
    knocks = _said(broker, _KNOCK)
    wait_until(
        lambda: _listens(broker) and _said(broker, _KNOCK) > knocks, "the broker to be up", detail=broker.log.read_text
    )
    before = _said(broker, _READING)
    broker._process.send_signal(signal.SIGHUP)
    wait_until(
        lambda: _said(broker, _READING) > before, "the broker to have read its rules", detail=broker.log.read_text
    )


def restart_with(broker: RunningBroker, conf_text: str) -> None:
    """Another configuration file; returns when it listens. Its next `restart` takes it back."""
    conf = broker._directory / "broker" / "mosquitto.conf"
    conf.write_text(conf_text)
    broker.stop()
    with broker.log.open("ab") as log:
        broker._process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(conf)], stdout=log, stderr=log)
    wait_until(lambda: _listens(broker), "the broker to listen", detail=broker.log.read_text)


def _listens(broker: RunningBroker) -> bool:
    try:
        socket.create_connection((broker.host, broker.port), 1).close()
    except OSError:
        return False
    return True


def _said(broker: RunningBroker, words: str) -> int:
    return broker.log.read_text().count(words)
