"""center.toml: one frozen dataclass per part, defaults beside the fields, unknown keys refused by name.

The file is optional; a city that runs everything on one machine needs none. Options on the command line go before it.
"""

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from center.enrolment.config import EnrolmentConfig
from center.errors import ConfigError
from center.open311.config import Open311Config
from center.throughput.config import ThroughputConfig
from wire.enrolment import PORT_AFTER_BROKER as ENROLMENT_AFTER_BROKER
from wire.throughput import PORT_AFTER_BROKER

DATA_VARIABLE = "SANDI_CENTER_DATA"
DEFAULT_DATA = Path("/var/lib/sandi-center")
CONFIG_NAME = "center.toml"
MAX_WORKERS = 16


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where the pages are served. In production a proxy on the same machine terminates TLS in front of it."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """How browsers reach it, e.g. "https://sandi.serangkota.go.id": sets allowed host, cookies and HSTS."""
    allowed_hosts: tuple[str, ...] = ()
    """Further host names under which pages may be asked for."""
    require_totp: bool = False
    """Operators and administrators need a second factor (a code from a telephone) to get in."""


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """Where nodes connect. `names` are the host names and addresses the nodes use: they go into its certificate."""

    host: str = "127.0.0.1"
    port: int = 8883
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """Empty = SQLite in the data directory; else "postgresql://user:password@host:5432/name"."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """How many ingest processes share the stream of records."""

    workers: int = 1


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long what nodes sent is kept; 0 = for good. What outages and availability rest on is always kept for good."""

    raw_days: int = 14
    """Raw records and health reports. Charts of older days are drawn from rollups."""
    picture_days: int = 7
    picture_rules: tuple[str, ...] = ()
    """Exceptions, "PURPOSE=DAYS" or "NODE/CAMERA=DAYS": "traffic=3", "kel-3673011001/depan=14"; the narrower counts."""
    pictures_gb: int = 50
    """All pictures together at most (10^9 bytes; 0: no limit). Over it the oldest go first."""
    disk_free_pct: int = 3
    """So much of the disk stays free: before it is full, the oldest pictures go (0: they never make room)."""
    journal_months: int = 13
    """Verdicts, paths, warnings, operations and other journal entries, and rollups of five minutes."""
    command_output_days: int = 90
    """What commands from afar printed; what was asked, of which node, and how it ended stay as long as the journal."""
    hourly_years: int = 5
    """Rollups of an hour; those of a day are kept for good."""


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_RULE = re.compile(r"(security|disaster|traffic|[a-z0-9-]{1,64}/[\x21-\x3c\x3e-\x7e]{1,64})=[0-9]{1,4}", re.ASCII)
_ROLE = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
MOST_TERM_DAYS = 366
LEAST_RAW_DAYS = 4
"""A box that was cut off for 72 hours delivers what it kept into rollups that still know every report."""


@dataclass(frozen=True, slots=True)
class ReportsConfig:
    """What reports go by. `holidays`: days like "2026-12-25" that are no contract hours of providers for whom the
    registry says that holidays do not count. `survey_least_answers`: with fewer no satisfaction index is printed."""

    holidays: tuple[str, ...] = ()
    survey_least_answers: int = 30


@dataclass(frozen=True, slots=True)
class ComplaintsConfig:
    """By when a complaint has to be seen to, in working days (`center.core.complaint_deadlines`), and when it goes.

    Permen PANRB and Perwal change: every term is a setting. Changed terms are counted anew for what is open.
    """

    verification_days: int = 3
    follow_up_days: int = 5
    auto_close_days: int = 10
    """Answered, or asked for more, and no word from the citizen for so long: it closes by itself."""
    ppid_days: int = 10
    ppid_extension_days: int = 7
    objection_days: int = 30
    reminder_days: int = 1
    """Agencies are reminded of what ends within so many working days."""
    escalation_days: int = 3
    """Overdue by more than this is escalated: it calls the next level of the alert routes."""
    erase_after_days: int = 30
    """What was typed and photographed goes so many days (of the calendar) after the end; 0: never by itself."""
    joint_leave: bool = True
    """Whether the government's joint leave (cuti bersama) is no working day."""
    holidays: tuple[str, ...] = ()
    """Further days that are none, like "2026-12-24"."""
    working_days: tuple[str, ...] = ()
    """Days that are working days whatever the calendar says."""


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """Whether `sandi-center up` runs the alerts too; not where a unit of their own does."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CenterConfig:
    """The whole of center.toml."""

    web: WebConfig = field(default_factory=WebConfig)
    mqtt: MqttConfig = field(default_factory=MqttConfig)
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    throughput: ThroughputConfig = field(default_factory=ThroughputConfig)
    enrolment: EnrolmentConfig = field(default_factory=EnrolmentConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    reports: ReportsConfig = field(default_factory=ReportsConfig)
    open311: Open311Config = field(default_factory=Open311Config)
    complaints: ComplaintsConfig = field(default_factory=ComplaintsConfig)

    @property
    def throughput_endpoint(self) -> tuple[str, int]:
        """Where line tests are served: what is configured, else the broker's host and the port behind its own."""
        return self.throughput.host or self.mqtt.host, self.throughput.port or self.mqtt.port + PORT_AFTER_BROKER

    @property
    def enrolment_endpoint(self) -> tuple[str, int]:
        """Where boxes ask for certificates: what is configured, else the broker's host and two behind its port."""
        return self.enrolment.host or self.mqtt.host, self.enrolment.port or self.mqtt.port + ENROLMENT_AFTER_BROKER


def data_directory(option: str | Path | None = None) -> Path:
    """The data directory: the option, else the environment variable SANDI_CENTER_DATA, else /var/lib/sandi-center."""
    return Path(option or os.environ.get(DATA_VARIABLE) or DEFAULT_DATA).absolute()


def load_config(data: Path) -> CenterConfig:
    """Read DATA/center.toml; defaults when there is none.

    Raises:
        ConfigError: names file, key, value and what would be right.
    """
    path = data / CONFIG_NAME
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return CenterConfig()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    config: CenterConfig = _build(CenterConfig, tree, str(path), "")
    _check(config, str(path))
    return config


def parse_endpoint(text: str, option: str) -> tuple[str, int]:
    """Split "HOST:PORT" (IPv6 as "[::1]:8080"); ConfigError names the option."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path:
        raise ConfigError(f"{option} {text!r} is not HOST:PORT; for example 127.0.0.1:8080")
    return host, port


def with_endpoints(
    config: CenterConfig,
    http: str | None,
    mqtt: str | None,
    workers: int | None,
    throughput: str | None = None,
    *,
    enrol: str | None = None,
) -> CenterConfig:
    """The configuration with what the command line says put over it."""
    if http:
        host, port = parse_endpoint(http, "--http")
        config = replace(config, web=replace(config.web, host=host, port=port))
    if mqtt:
        host, port = parse_endpoint(mqtt, "--mqtt")
        config = replace(config, mqtt=replace(config.mqtt, host=host, port=port))
    if throughput:
        host, port = parse_endpoint(throughput, "--throughput")
        config = replace(config, throughput=replace(config.throughput, host=host, port=port))
    if enrol:
        host, port = parse_endpoint(enrol, "--enrol")
        config = replace(config, enrolment=replace(config.enrolment, host=host, port=port))
    if workers:
        config = replace(config, ingest=IngestConfig(workers))
    _check(config, "command line")
    return config


def _check(config: CenterConfig, source: str) -> None:
    for part, port in (("web", config.web.port), ("mqtt", config.mqtt.port)):
        if not 1 <= port <= 65535:
            raise ConfigError(f"{source}: {part}.port = {port} is not a TCP port (1 to 65535)")
    _check_throughput(config, source)
    _check_enrolment(config, source)
    _check_retention(config, source)
    _check_holidays(config, source)
    if not 2 <= config.reports.survey_least_answers <= 10_000:
        raise ConfigError(
            f"{source}: reports.survey_least_answers = {config.reports.survey_least_answers} must be 2 to 10000"
        )
    _check_complaints(config, source)
    if not 1 <= config.ingest.workers <= MAX_WORKERS:
        raise ConfigError(f"{source}: ingest.workers = {config.ingest.workers} must be 1 to {MAX_WORKERS}")
    url = config.web.public_url
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise ConfigError(f"{source}: web.public_url = {url!r} must be like https://sandi.serangkota.go.id")
    database = config.database.url
    if database and (urlsplit(database).scheme not in {"postgresql", "postgres"} or not urlsplit(database).path[1:]):
        raise ConfigError(f"{source}: database.url must be like postgresql://user:password@host:5432/name")


def _check_holidays(config: CenterConfig, source: str) -> None:
    part = config.complaints
    for key, listed in (
        ("reports.holidays", config.reports.holidays),
        ("complaints.holidays", part.holidays),
        ("complaints.working_days", part.working_days),
    ):
        for day in listed:
            if not _DAY.fullmatch(day) or not _is_date(day):
                raise ConfigError(f"{source}: {key}: {day!r} is no day; write it like 2026-12-25")


def _check_complaints(config: CenterConfig, source: str) -> None:
    part = config.complaints
    for item in fields(part):
        value = getattr(part, item.name)
        if type(value) is int and not 0 <= value <= MOST_TERM_DAYS:
            raise ConfigError(f"{source}: complaints.{item.name} = {value} must be 0 to {MOST_TERM_DAYS}")


def _is_date(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _check_retention(config: CenterConfig, source: str) -> None:
    part = config.retention
    for item in fields(part):
        value = getattr(part, item.name)
        if type(value) is int and not 0 <= value <= 36_500:
            raise ConfigError(f"{source}: retention.{item.name} = {value} must be 0 (for good) or more")
    if part.disk_free_pct > 50:
        raise ConfigError(f"{source}: retention.disk_free_pct = {part.disk_free_pct} must be 0 to 50")
    for rule in part.picture_rules:
        if not _RULE.fullmatch(rule):
            raise ConfigError(
                f'{source}: retention.picture_rules: {rule!r} is no rule; write "traffic=3" or "NODE/CAMERA=14"'
            )
    if 0 < part.raw_days < LEAST_RAW_DAYS:
        raise ConfigError(f"{source}: retention.raw_days = {part.raw_days} must be {LEAST_RAW_DAYS} or more, or 0")


def _check_throughput(config: CenterConfig, source: str) -> None:
    part = config.throughput
    if not part.enabled:
        return
    if not 0 <= part.port <= 65535:
        raise ConfigError(
            f"{source}: throughput.port = {part.port} is not a TCP port (1 to 65535; 0: behind mqtt.port)"
        )
    port = config.throughput_endpoint[1]
    if port > 65535:
        raise ConfigError(f"{source}: there is no port behind mqtt.port = {config.mqtt.port}; set throughput.port")
    if port == config.web.port:
        raise ConfigError(
            f"{source}: port {port} is the web's and the line tests'; set throughput.port (or --throughput)"
        )
    if part.daily_mb_per_node < 1 or part.streams < 1:
        raise ConfigError(f"{source}: throughput.daily_mb_per_node and throughput.streams must be 1 or more")


def _check_enrolment(config: CenterConfig, source: str) -> None:
    part = config.enrolment
    for key, least, most in (
        ("token_days", 1, MOST_TERM_DAYS),
        ("certificate_days", 30, 3653),
        ("per_address_per_minute", 1, 100_000),
    ):
        if not least <= getattr(part, key) <= most:
            raise ConfigError(f"{source}: enrolment.{key} = {getattr(part, key)} must be {least} to {most}")
    for role in part.confirm:
        if not _ROLE.fullmatch(role):
            raise ConfigError(f"{source}: enrolment.confirm: {role!r} is no role of a box such as kelurahan-kiosk")
    if not part.enabled:
        return
    if not 0 <= part.port <= 65535:
        raise ConfigError(
            f"{source}: enrolment.port = {part.port} is not a TCP port (1 to 65535; 0: two behind mqtt.port)"
        )
    port = config.enrolment_endpoint[1]
    if port > 65535:
        raise ConfigError(f"{source}: there is no port two behind mqtt.port = {config.mqtt.port}; set enrolment.port")
    others = {config.web.port: "the web's", config.mqtt.port: "the broker's"}
    if config.throughput.enabled:
        others[config.throughput_endpoint[1]] = "the line tests'"
    if port in others:
        raise ConfigError(f"{source}: port {port} is {others[port]} and enrolment's; set enrolment.port (or --enrol)")


def _build(kind: type[Any], tree: dict[str, Any], source: str, prefix: str) -> Any:
    """Fill a dataclass from a table, strictly; the type hints say what each key takes."""
    hints = get_type_hints(kind)
    names = [item.name for item in fields(kind)]
    values: dict[str, Any] = {}
    for key, value in tree.items():
        where = f"{prefix}{key}"
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else f"; known here: {', '.join(names)}"
            raise ConfigError(f"{source}: unknown key {where}{hint}")
        expected = hints[key]
        if hasattr(expected, "__dataclass_fields__"):
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: {where} must be a table [{where}]")
            values[key] = _build(expected, value, source, f"{where}.")
        else:
            values[key] = _value(expected, value, f"{source}: {where} = {value!r}")
    return kind(**values)


def _value(expected: Any, value: Any, what: str) -> Any:
    if get_origin(expected) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f'{what} must be a list of texts such as ["a", "b"]')
        return tuple(value)
    accepted = get_args(expected) if isinstance(expected, UnionType) else (expected,)
    if type(value) not in accepted:
        words = {"int": "a number", "str": "a text", "bool": "true or false"}
        raise ConfigError(f"{what} must be {' or '.join(words[kind.__name__] for kind in accepted)}")
    return value
