"""What is true of one site alone and belongs on its card: network, time, who may look in. Strict, bounded TOML."""

import ipaddress
import tomllib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from center.errors import CenterError

MAX_BYTES: Final = 64 * 1024
_PLAIN: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{0,253}$(?!\n)")]
Network = Annotated[str, Meta(pattern=r"^[0-9a-fA-F.:]{2,45}/[0-9]{1,3}$(?!\n)")]


class FactsError(CenterError):
    """A site's facts cannot be so."""


class Wifi(Struct, frozen=True, forbid_unknown_fields=True):
    """The site's wireless network. `country`: whose radio rules hold."""

    ssid: Annotated[str, Meta(min_length=1, max_length=32, pattern=_PLAIN)]
    psk: Annotated[str, Meta(min_length=8, max_length=63, pattern=r"^[\x20-\x7e]+$(?!\n)")]
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)")] = "ID"


class Address(Struct, frozen=True, forbid_unknown_fields=True):
    """A fixed address on the wire, `10.20.3.4/24`."""

    address: Network
    gateway: Annotated[str, Meta(max_length=45)]
    dns: tuple[Annotated[str, Meta(max_length=45)], ...] = ()


_SSH_KEY: Final = r"^(?:ssh-ed25519|ecdsa-\S+|ssh-rsa|sk-\S+) [A-Za-z0-9+/=]{20,1000}(?: [\x20-\x7e]{0,100})?$(?!\n)"


class Technician(Struct, frozen=True, forbid_unknown_fields=True):
    """The account technicians log in with: SSH keys, or a password as crypt(5) keeps it."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$(?!\n)")] = "teknisi"
    password_hash: Annotated[str, Meta(pattern=r"^(?:\$[0-9a-z]+\$[A-Za-z0-9./$=,]{8,200})?$(?!\n)")] = ""
    ssh_keys: tuple[Annotated[str, Meta(pattern=_SSH_KEY)], ...] = ()


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. Everything may be left out. `agent`: further tables of agent.toml, as they are."""

    host: Host = ""
    place: Annotated[str, Meta(max_length=60, pattern=_PLAIN)] = ""
    ntp: Host = ""
    apn: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{0,100}$(?!\n)")] = ""
    wifi: Wifi | None = None
    address: Address | None = None
    technician: Technician | None = None
    ssh_from: Annotated[tuple[Network, ...], Meta(max_length=20)] = ()
    lan_page_from: Annotated[tuple[Network, ...], Meta(max_length=20)] = ()
    agent: dict[str, dict[str, Any]] = {}


def parse_facts(text: str, source: str) -> Facts:
    """Facts from TOML. `source` names them in the error. Raises FactsError."""
    if len(text.encode()) > MAX_BYTES:
        raise FactsError(f"{source} is larger than {MAX_BYTES} bytes", f"{source} lebih besar dari {MAX_BYTES} byte")
    try:
        return build_facts(tomllib.loads(text), source)
    except (ValueError, RecursionError) as error:
        raise FactsError(f"{source}: {error}", f"{source} keliru: {error}") from error


def build_facts(tree: dict[str, Any], source: str) -> Facts:
    """Facts from a parsed table. Raises FactsError."""
    try:
        facts = msgspec.convert(tree, Facts)
        _consistent(facts)
    except (msgspec.ValidationError, ValueError) as error:
        raise FactsError(f"{source}: {error}", f"{source} keliru: {error}") from error
    return facts


def put(tree: dict[str, Any], assignment: str) -> None:
    """`--set wifi.ssid=Kantor`: a value of TOML, else a text, into the table. Raises FactsError."""
    key, equals, value = assignment.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        raise FactsError(f"--set {assignment!r} is not KEY=VALUE", f"--set {assignment!r} bukan KUNCI=NILAI")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"] if "\n" not in value else value
    except (ValueError, KeyError, RecursionError):
        parsed = value
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            raise FactsError(f"--set {assignment!r}: {name} is no table", f"--set {assignment!r}: {name} bukan tabel")
    tree[names[-1]] = parsed


def _consistent(facts: Facts) -> None:
    if "id" in facts.agent.get("node", {}):
        raise ValueError("agent.node.id: who a box is says the command, not the site")
    for text in (*facts.ssh_from, *facts.lan_page_from):
        ipaddress.ip_network(text)
    if facts.address is None:
        return
    interface = ipaddress.ip_interface(facts.address.address)
    gateway = ipaddress.ip_address(facts.address.gateway)
    for name in facts.address.dns:
        ipaddress.ip_address(name)
    if gateway not in interface.network or gateway == interface.ip:
        raise ValueError(f"the gateway {gateway} is not another address of {interface.network}")
    if interface.version != 4:
        raise ValueError("a fixed address is one of IPv4; IPv6 configures itself")
