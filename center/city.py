"""The centre's processes: which there are, in which order they start, how one knows that they work."""

import asyncio
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from center.broker import INGEST_NAME, BrokerConfig, Trust, broker_command, write_broker_config
from center.broker_log import FILE, BrokerLog
from center.child import ChildSpec
from center.config import DATA_VARIABLE, CenterConfig
from center.errors import CenterError
from center.files import make_directory
from center.notify import feed_for_ever, notify_ready
from center.phrases import Language, phrase
from center.pki import Authority
from center.ports import listens
from center.setup import ENROL_PART
from center.supervisor import Supervisor

WEB_GRACE_S = 3
"""How long open pages get at shutdown; with the others' share everything is gone within 5 s."""

ALERTS_GRACE_S = 3.0
"""A message under way gets this long to arrive; what does not is sent again, marked as a repeat."""


def center_layers(data: Path, config: CenterConfig, authority: Authority) -> list[list[ChildSpec]]:
    """Broker, then ingest, then worker, alerts, web, the endpoint for line tests, signer, the listener where boxes
    enrol, and commander; stopped the other way round."""
    environment = {
        DATA_VARIABLE: str(data),
        "SANDI_CENTER_HTTP": endpoint(config.web.host, config.web.port),
        "SANDI_CENTER_MQTT": endpoint(config.mqtt.host, config.mqtt.port),
        "SANDI_CENTER_ENROL": endpoint(*config.enrolment_endpoint),
    }

    def own(name: str, *arguments: str, stop_timeout_s: float) -> ChildSpec:
        command = [sys.executable, "-m", "center.cli", *arguments]
        return ChildSpec(name, lambda: command, stop_timeout_s=stop_timeout_s, environment=environment)

    listen = endpoint(*config.throughput_endpoint)
    throughput = replace(
        own("throughput", "throughput", "--listen", listen, stop_timeout_s=0.8),
        restart_on_change=trust_files(authority),
    )
    signer = replace(own("signer", "signer", stop_timeout_s=0.8), restart_on_change=authority.ca_certificate)
    enrol = own("enrol", "enrol", "--listen", endpoint(*config.enrolment_endpoint), stop_timeout_s=0.8)
    enrol = replace(enrol, restart_on_change=authority.directory / ENROL_PART / "server.crt")
    alerts = own("alerts", "alerts", stop_timeout_s=ALERTS_GRACE_S)  # a channel at fault must not keep the wall dark
    alerts = replace(alerts, restart_on_change=authority.ca_certificate)
    commander = replace(
        own("commander", "commander", "serve", stop_timeout_s=0.8), essential=False
    )  # nobody is ordered about
    return [
        [broker_spec(data / "broker", config, authority)],
        [
            replace(
                own(f"ingest-{number}", "ingest", "--worker", str(number), stop_timeout_s=0.8),
                restart_on_change=authority.ca_certificate,
            )
            for number in range(1, config.ingest.workers + 1)
        ],
        [
            own("worker", "worker", stop_timeout_s=0.8),
            *([replace(alerts, essential=False)] if config.alerts.enabled else []),
            own("web", "web", stop_timeout_s=WEB_GRACE_S + 0.3),
            *([throughput] if config.throughput.enabled else []),
            *([signer, enrol] if config.enrolment.enabled else []),
            commander,
        ],
    ]


def broker_spec(directory: Path, config: CenterConfig, authority: Trust) -> ChildSpec:
    """mosquitto with a configuration freshly written into `directory`; restarted when the revocation list changes."""

    def command() -> Sequence[str]:
        broker = BrokerConfig(host=config.mqtt.host, port=config.mqtt.port)
        write_broker_config(directory, broker, authority)
        return broker_command(directory)

    def broker_listens(pid: int) -> bool:
        return listens(pid, config.mqtt.port)

    return ChildSpec("broker", command, broker_listens, stop_timeout_s=0.5, restart_on_change=trust_files(authority))


def trust_files(authority: Trust) -> tuple[Path, ...]:
    """What a server reads at its start and must read again when it changes: who was taken back, which authorities are
    trusted, and its own certificate, which another authority may have signed."""
    return (authority.revocations, authority.ca_certificate, authority.server_certificate)


def issue_ingest_credentials(authority: Authority, workers: int) -> None:
    """Every ingest process has its own name at the broker."""
    for number in range(1, workers + 1):
        authority.issue_center(INGEST_NAME.format(number=number))


def run_layers(
    layers: list[list[ChildSpec]],
    data: Path,
    language: Language,
    when_ready: Callable[[], None],
    *,
    status: bool = True,
    seen: Path | None = None,
) -> int:
    """Supervise in the foreground until stopped; returns the exit code. `seen`: where whom the broker turned away is
    counted, if not in DATA/run."""
    raise_file_limit()
    run_dir = data / "run"
    with suppress(OSError):  # a broker in a unit of its own has a place of its own
        make_directory(run_dir, 0o700)
    lines = BrokerLog(seen or data / FILE, print_line)
    supervisor = Supervisor(layers, reporter(language), lines.line, run_dir / "supervisor.json" if status else None)

    def ready() -> None:
        when_ready()
        notify_ready()

    async def run() -> int:
        feeder = asyncio.create_task(feed_for_ever(), name="watchdog")
        try:
            return await supervisor.run(ready)
        finally:
            feeder.cancel()

    try:
        return asyncio.run(run())
    finally:
        lines.save()


def raise_file_limit() -> None:
    """The broker holds a descriptor per node, the web one per open page; the soft limit is often 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))


def reporter(language: Language) -> Callable[..., None]:
    """Says the supervisor's events in one language."""

    def report(event: str, **fields: object) -> None:
        if event in {"starting", "ready"} and fields.pop("again", False):
            event = "restarting" if event == "starting" else event
        if "code" in fields:
            code = int(str(fields.pop("code")))
            fields["how"] = phrase(language, "by-signal" if code < 0 else "by-code", number=abs(code))
        if isinstance(error := fields.get("error"), CenterError):
            fields["error"] = error.text(language)
        print_line("sandi", phrase(language, event, **fields))

    return report


def print_line(name: str, line: str) -> None:
    """One line of one process, with its name in front."""
    print_text(f"{name:<9}| {line}")


def print_text(text: str) -> None:
    """One line to standard output. When nobody reads it any more or its disk is full, the work goes on."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return


def endpoint(host: str, port: int) -> str:
    """HOST:PORT, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
