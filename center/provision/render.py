"""What lies on one node's card, as bytes by name. Nothing is read or written here."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from msgspec import json

from center.provision import configtxt
from center.provision.agenttoml import agent_toml
from center.provision.catalogue import FIRST_RUN, Catalogue
from center.provision.facts import Facts
from center.provision.shapes import Model, Role, Setting, SystemFile
from wire.card import Card, card_text

_PLACEHOLDER: Final = re.compile(r"@([A-Z_]+)@")
_VALUES: Final = re.compile(rb"^# >>> values\n.*?^# <<< values\n", re.M | re.S)
WIDTH: Final = 118


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: one node's card. `broker_port`: where its agent connects. `place`: the site's own name."""

    node: str
    model: Model
    role: Role
    facts: Facts
    host: str
    port: int
    broker_port: int
    place: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """`files` by name below `sandi/`, without token and authority. The others are for the partition's own two files."""

    files: dict[str, bytes]
    config_lines: list[str]
    add: list[str]
    take: list[str]


def render(catalogue: Catalogue, order: Order) -> Rendered:
    """Everything of a card that does not come from the authority."""
    model, role = order.model, order.role
    values = _values(order)
    root: dict[str, tuple[str, bytes]] = {
        file.path: (file.mode, system_file(file, values)) for file in catalogue.files if _wanted(file, order.facts)
    }
    root |= {copy.path: (copy.mode, catalogue.texts[copy.file]) for copy in catalogue.copies}
    card = Card(order.node, model.name, role.name, order.host, order.port, order.made_at)
    later = [*model.cmdline, *role.cmdline, *(catalogue.boot.wifi if order.facts.wifi else ())]
    files = {f"root{path}": content for path, (_, content) in sorted(root.items())}
    files["root.json"] = _root_json(root)
    files["node.toml"] = card_text(card).encode()
    files["agent.toml"] = agent_toml(
        order.node, host=order.host, port=order.broker_port, role=role, facts=order.facts, place=order.place
    ).encode()
    files["firstrun.sh"] = _first_run(catalogue, order)
    return Rendered(
        files,
        configtxt.block(model.section, _lines(model.config), _lines(role.config)),
        [fill(word, values) for word in (*_lines(later), *_lines(catalogue.boot.first_run))],
        catalogue.words_to_take,
    )


def system_file(file: SystemFile, values: dict[str, str]) -> bytes:
    """A file of the operating system, each statement below its reason."""
    lines: list[str] = []
    for statement in file.line:
        if file.comments:
            lines += [f"# {statement.why}", f"# {statement.source}"]
        lines += [line for line in fill(statement.text.strip("\n"), values).split("\n") if line or not file.comments]
    return ("\n".join(lines) + "\n").encode()


def fill(text: str, values: dict[str, str]) -> str:
    """Put the values in place of `@NAME@`. A name nobody knows is a mistake of ours: KeyError."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def placeholders(order_facts: Facts) -> frozenset[str]:
    """Names that may stand in a file, for the lint."""
    return frozenset(_site_values(order_facts)) | {
        "NODE",
        "MODEL",
        "ROLE",
        "WATCHDOG_RUNTIME",
        "WATCHDOG_REBOOT",
        "NTP",
    }


def _values(order: Order) -> dict[str, str]:
    return {
        "NODE": order.node,
        "MODEL": order.model.name,
        "ROLE": order.role.name,
        "WATCHDOG_RUNTIME": str(order.model.watchdog.runtime_s),
        "WATCHDOG_REBOOT": str(order.model.watchdog.reboot_s),
        "NTP": order.facts.ntp or order.host,
        **_site_values(order.facts),
    }


def _site_values(facts: Facts) -> dict[str, str]:
    wifi, address = facts.wifi, facts.address
    return {
        "SSID": "" if wifi is None else _keyfile_bytes(wifi.ssid),
        "PSK": "" if wifi is None else _keyfile_text(wifi.psk),
        "COUNTRY": "" if wifi is None else wifi.country,
        "APN": facts.apn,
        "ADDRESS": "" if address is None else address.address,
        "GATEWAY": "" if address is None else address.gateway,
        "DNS": "" if address is None else "".join(f"{name};" for name in address.dns),
        "FIREWALL_ALLOW": "\n".join(
            f"    {'ip6' if ':' in network else 'ip'} saddr {network} tcp dport {port} accept"
            for port, networks in ((22, facts.ssh_from), (8080, facts.lan_page_from))
            for network in networks
        ),
    }


def _keyfile_text(text: str) -> str:
    r"""A text in a keyfile: backslash and a space in front are escaped (GKeyFile)."""
    escaped = text.replace("\\", "\\\\")
    return f"\\s{escaped[1:]}" if escaped.startswith(" ") else escaped


def _keyfile_bytes(text: str) -> str:
    """An SSID: as text where it is plain, else as a list of bytes, which NetworkManager reads for any name."""
    if re.fullmatch(r"[A-Za-z0-9_.-][A-Za-z0-9_. -]*", text):
        return text
    return "".join(f"{byte};" for byte in text.encode())


def _wanted(file: SystemFile, facts: Facts) -> bool:
    return {
        "always": True,
        "dhcp": facts.address is None,
        "static": facts.address is not None,
        "wifi": facts.wifi is not None,
        "apn": bool(facts.apn),
    }[file.when]


def _root_json(root: dict[str, tuple[str, bytes]]) -> bytes:
    """One file a line: the first run reads it without a JSON library."""
    rows = [
        json.encode({"path": path, "mode": mode, "sha256": hashlib.sha256(content).hexdigest()}).decode()
        for path, (mode, content) in sorted(root.items())
    ]
    return ('{"files": [\n' + ",\n".join(rows) + "\n]}\n").encode()


def _first_run(catalogue: Catalogue, order: Order) -> bytes:
    """The script with this card's values in front. They are of narrow alphabets; quoted all the same."""
    technician = order.facts.technician
    values = {
        "NODE": order.node,
        "MODEL": order.model.name,
        "BOARD": order.model.board,
        "ROLE": order.role.name,
        "UNITS": " ".join(unit.name for unit in order.role.unit if _has_work(unit.name, order.facts)),
        "FIRST_RUN_WORDS": " ".join(_lines(catalogue.boot.first_run)),
        "LATER_WORDS": " ".join(_lines(catalogue.boot.later)),
        "ROOT_MB": str(catalogue.boot.root_mb.value),
        "DATA_MB": str(catalogue.boot.data_mb.value),
        "EEPROM": "\n".join(_lines(order.model.eeprom)),
        "TECHNICIAN": technician.name if technician else "",
        "TECHNICIAN_HASH": technician.password_hash if technician else "",
        "TECHNICIAN_KEYS": "\n".join(technician.ssh_keys) if technician else "",
    }
    lines = [f"{name}={_quoted(value)}" for name, value in values.items()]
    block = "\n".join(("# >>> values", *lines, "# <<< values")) + "\n"
    return _VALUES.sub(lambda _: block.encode(), catalogue.texts[FIRST_RUN], count=1)


def _has_work(unit: str, facts: Facts) -> bool:
    """A kiosk without a panel, scanner or printer would show a failed unit for ever. Who adds one enables it."""
    return unit != "sandi-kiosk-serial.service" or bool(facts.agent.get("kiosk", {}).get("serial"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _lines(settings: tuple[Setting, ...] | list[Setting]) -> list[str]:
    return [setting.line for setting in settings]
