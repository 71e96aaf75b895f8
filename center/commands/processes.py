"""Commands that run the centre: all of it under one supervisor, or one process of it."""

import asyncio
import logging.config
from dataclasses import replace
from pathlib import Path

import click

from center.commands.common import data_option, language, say, user_id
from center.config import CenterConfig, load_config, with_endpoints
from center.logs import logging_config
from center.notify import notify_ready
from center.phrases import phrase


@click.command()
@data_option
@click.option("--http", metavar="HOST:PORT", help="Where the pages are served (default 127.0.0.1:8080).")
@click.option("--mqtt", metavar="HOST:PORT", help="Where nodes connect (default 127.0.0.1:8883).")
@click.option("--throughput", metavar="HOST:PORT", help="Where nodes test their line (default: behind --mqtt, 8884).")
@click.option("--enrol", metavar="HOST:PORT", help="Where boxes ask for certificates (default: two behind --mqtt).")
@click.option("--workers", type=click.IntRange(1, 16), help="Ingest processes (default 1).")
def up(
    data: Path, http: str | None, mqtt: str | None, *, throughput: str | None, enrol: str | None, workers: int | None
) -> int:
    """Run everything: broker, ingest, worker, alerts, web, line tests, signer and enrolment under one supervisor.

    The first start makes database, certificates, sites and an admin account whose password is printed once.
    """
    from center.broker import find_mosquitto
    from center.city import center_layers, endpoint, issue_ingest_credentials, print_text, run_layers
    from center.ports import require_free
    from center.setup import prepare
    from center.sole_use import sole_use

    config = with_endpoints(load_config(data), http, mqtt, workers, throughput, enrol=enrol)
    with_text = language()
    find_mosquitto()
    with sole_use(data):
        require_free(config.web.host, config.web.port, "HTTP", "--http")
        require_free(config.mqtt.host, config.mqtt.port, "MQTT", "--mqtt")
        if config.throughput.enabled and config.throughput.port:  # one that nobody chose is tried again and again
            require_free(*config.throughput_endpoint, "throughput", "--throughput")
        if config.enrolment.enabled and config.enrolment.port:
            require_free(*config.enrolment_endpoint, "enrolment", "--enrol")
        authority = prepare(data, config, say)
        issue_ingest_credentials(authority, config.ingest.workers)

        def tell() -> None:
            wall = config.web.public_url or f"http://{endpoint(config.web.host, config.web.port)}/"
            print_text(phrase(with_text, "wall", url=wall))
            print_text(phrase(with_text, "broker", host=config.mqtt.host, port=config.mqtt.port))
            if config.throughput.enabled:
                host, port = config.throughput_endpoint
                print_text(phrase(with_text, "throughput", host=host, port=port))
            if config.enrolment.enabled:
                host, port = config.enrolment_endpoint
                print_text(phrase(with_text, "enrol", host=host, port=port))
            print_text(phrase(with_text, "data", data=data))
            print_text(phrase(with_text, "stop-hint"))

        return run_layers(center_layers(data, config, authority), data, with_text, tell)


@click.command()
@data_option
def init(data: Path) -> None:
    """Make the centre's data directory (database, certificates, sites, admin account) without starting it."""
    from center.setup import prepare
    from center.sole_use import sole_use

    config = load_config(data)
    with sole_use(data):
        prepare(data, config, say)


@click.command()
@data_option
@click.option("--mqtt", metavar="HOST:PORT", help="Where nodes connect (default 127.0.0.1:8883).")
@click.option("--runtime", metavar="DIR", help="Where its configuration is written (default: DATA/broker).")
def broker(data: Path, mqtt: str | None, runtime: str | None) -> int:
    """Run the MQTT broker alone, in the foreground; restarted when a node is revoked."""
    from center.broker import find_mosquitto
    from center.broker_log import FILE_NAME
    from center.city import broker_spec, run_layers
    from center.ports import require_free
    from center.ready import handed_over, server
    from center.setup import broker_names

    config = with_endpoints(load_config(data), None, mqtt, None)
    find_mosquitto()
    trust = server(data, broker_names(config))
    require_free(config.mqtt.host, config.mqtt.port, "MQTT", "--mqtt")
    directory = Path(runtime).absolute() if runtime else data / "broker"
    spec = broker_spec(directory, config, trust)
    if handed_over() is not None:  # files of one start: who changes them starts the unit again (sandi-broker-crl.path)
        spec = replace(spec, restart_on_change=None)
    seen = directory / FILE_NAME if runtime else None
    return run_layers([[spec]], data, language(), lambda: None, status=False, seen=seen)


@click.command()
@data_option
def credentials(data: Path) -> None:
    """Issue what the centre's separate processes need, so that none of them has to read the authority's key.

    Run it as the user that owns pki/ca.key. What is there and good is kept: running it again changes nothing.
    """
    from center.ready import issue_all

    for name in issue_all(data, load_config(data)):
        say("credentials-ready", name=name)


@click.command()
@data_option
@click.option("--worker", type=click.IntRange(1, 16), default=1, show_default=True, help="Number of this process.")
def ingest(data: Path, worker: int) -> None:
    """Run one ingest process: what arrives is committed to the database, then acknowledged."""
    config = _prepared(data)
    from center.broker import INGEST_NAME
    from center.ingest.service import run
    from center.ready import client

    run(config.mqtt, client(data, INGEST_NAME.format(number=worker)), worker=worker, on_ready=notify_ready)


@click.command()
@data_option
def worker(data: Path) -> None:
    """Run the worker: turns stored records into states, reports, pictures and complaints."""
    _prepared(data)
    from center.worker.service import run

    run(on_ready=notify_ready)


@click.command()
@data_option
def alerts(data: Path) -> None:
    """Run the alerts: messages about incidents go out through the channels, sirens sound."""
    config = _prepared(data)
    from center.alerts.service import centre_of, run
    from center.broker import ALERTS_NAME
    from center.ready import client

    client(data, ALERTS_NAME)
    run(centre_of(data, config.mqtt.host, config.mqtt.port, config.web.public_url), on_ready=notify_ready)


@click.command()
@data_option
@click.option("--http", metavar="HOST:PORT", help="Where the pages are served (default 127.0.0.1:8080).")
def web(data: Path, http: str | None) -> None:
    """Run the web pages alone."""
    if http:
        import os

        os.environ["SANDI_CENTER_HTTP"] = http
    config = _prepared(data)
    from center.web_server import serve

    asyncio.run(serve(config.web.host, config.web.port))


@click.command()
@data_option
@click.option("--listen", metavar="HOST:PORT", help="Where nodes test their line (default: behind the broker's, 8884).")
@click.option("--state", metavar="DIR", help="Where it is kept how much nodes have used today (default: DATA).")
def throughput(data: Path, listen: str | None, state: str | None) -> None:
    """Run the endpoint where nodes test what their line can carry."""
    from center.ready import server
    from center.setup import broker_names
    from center.throughput.config import limits_of
    from center.throughput.peer import server_context
    from center.throughput.service import run

    config = with_endpoints(load_config(data), None, None, None, listen)
    tls = server_context(server(data, broker_names(config)))
    logging.config.dictConfig(logging_config())
    kept = Path(state).absolute() if state else data
    asyncio.run(run(kept, config.throughput_endpoint, limits_of(config.throughput), tls, on_ready=notify_ready))


@click.command()
@data_option
@click.option("--listen", metavar="HOST:PORT", help="Where boxes ask (default: two behind the broker's, 8885).")
@click.option("--socket", type=click.Path(path_type=Path), help="The signer's socket (default: DATA/run/signer.sock).")
@click.option("--keys", type=click.Path(path_type=Path), help="Folder of server.crt, server.key (default: pki/enrol).")
def enrol(data: Path, listen: str | None, socket: Path | None, keys: Path | None) -> None:
    """Run the listener where boxes ask for certificates; it has neither the database nor the authority's key."""
    from center.enrolment.frames import SOCKET
    from center.enrolment.releases import FOLDER
    from center.enrolment.service import limits_of, run
    from center.setup import ENROL_PART

    config = with_endpoints(load_config(data), None, None, None, enrol=listen)
    logging.config.dictConfig(logging_config())
    folder, path = keys or data / "pki" / ENROL_PART, socket or data / SOCKET
    limits = limits_of(config.enrolment)
    asyncio.run(
        run(
            folder.absolute(), path.absolute(), config.enrolment_endpoint, limits, on_ready=notify_ready,
            releases=data / FOLDER,
        )
    )  # fmt: skip


@click.command()
@data_option
@click.option("--socket", type=click.Path(path_type=Path), help="Where it answers (default: DATA/run/signer.sock).")
@click.option("--peer", "peers", multiple=True, metavar="USER", help="User of the listener, where it is another.")
def signer(data: Path, socket: Path | None, peers: tuple[str, ...]) -> None:
    """Run the signer: the one process that makes boxes' certificates. It has no network, only a unix socket."""
    config = _prepared(data)
    from center.commander.keys import published
    from center.enrolment.answering import Answering
    from center.enrolment.frames import SOCKET
    from center.enrolment.refusals import Refusals
    from center.enrolment.signer import Signer, run
    from center.pki import open_authority
    from center.sealing import load_public_key
    from center.setup import issue_servers

    authority = open_authority(data / "pki")
    issue_servers(authority, config)
    answering = Answering(
        authority, load_public_key(data / "keys"), config.enrolment.certificate_days,
        command_keys=lambda: published(data),
    )  # fmt: skip
    users = frozenset(user_id(name) for name in peers)
    asyncio.run(run(Signer(answering, Refusals(), users), (socket or data / SOCKET).absolute(), on_ready=notify_ready))


def _prepared(data: Path) -> CenterConfig:
    """Logging, Django and a database of this version, for a process of the centre; what it is configured to be."""
    from center.database import open_database

    logging.config.dictConfig(logging_config())
    open_database()
    from django.conf import settings

    config: CenterConfig = settings.CENTER
    return replace(config)
