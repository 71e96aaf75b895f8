"""Gathering the pieces: each says what it takes; what cannot be had is said, and never stops the rest."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from agent.bundle.journaldoor import UNITS as DOOR_UNITS
from agent.bundle.journaldoor import lines_of
from agent.bundle.pieces import Basket, output_of
from agent.bundle.programs import programs
from agent.config import AgentConfig
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.journals import numbered
from agent.names import CONTROL_SOCKET, MOST_ROWS
from agent.version import VERSION
from wire import PROTOCOL_VERSION

UNITS: Final = ("sandi-agent.service", "sandi-watch@tty1.service", "sandi-lan-page.service")
LOG_LINES: Final = 3000
PACKAGES: Final = ("click", "msgspec", "paho-mqtt", "psutil", "PyNaCl", "pyserial", "rich", "tomli")
MOST_JOURNALS: Final = 20
MOST_JOURNAL_BYTES: Final = 256 * 1024
_PRIVATE: Final = frozenset({"by", "note", "ticket"})
"""Of a technician's stay: who he is and what he wrote stays here."""


def versions(basket: Basket) -> None:
    """Of the software and of the machine; not its name on the network."""
    found = {name: _version(name) for name in PACKAGES}
    machine = {"kernel": platform.release(), "machine": platform.machine(), "python": platform.python_version()}
    release = _text("/etc/os-release")
    basket.add(
        "versions.json",
        _json({"sandi": VERSION, "protocol": PROTOCOL_VERSION, "packages": found, **machine, "os_release": release}),
    )


def agent_state(basket: Basket, config: AgentConfig) -> None:
    """What the agent says; of one that does not run, what it left: its last sign of life and its outbox's figures."""
    data_dir, socket = config.node.data_dir, config.node.run_dir / CONTROL_SOCKET
    try:
        status = ask(socket, {"op": "status"})
        basket.add("status.json", _json(_impersonal(status)))
        for view in ("outbox", "outbox_ledger", "outbox_dead"):
            basket.add(f"{view}.json", _json(ask(socket, {"op": view})))
        return
    except NoDaemonError as error:
        basket.leave_out("status.json", "denied" if error.denied else "no_agent")
    except RefusedError as error:
        basket.leave_out("status.json", "failed", str(error))
    from agent.cli_dead import remains, rows_left

    left = remains(data_dir)
    basket.add("remains.json", _json({"obstacle": left.obstacle, "last_sign": left.sign, "outbox": left.figures}))
    for view in ("outbox_ledger", "outbox_dead"):
        rows = rows_left(data_dir, view, MOST_ROWS)
        if rows is None:
            basket.leave_out(f"{view}.json", "unreadable")
        else:
            basket.add(f"{view}.json", _json(rows))


def journals(basket: Basket, data_dir: Path) -> None:
    """The node's own journals of its outages, the newest ones."""
    folder = data_dir / "journal"
    try:
        found = [path for _, path in numbered(folder)]
    except OSError:
        basket.leave_out("journal/", "unreadable")
        return
    if not found:
        basket.leave_out("journal/", "none")
    if len(found) > MOST_JOURNALS:
        basket.leave_out("journal/", "older", str(len(found) - MOST_JOURNALS))
    for path in found[-MOST_JOURNALS:]:
        try:
            # Who writes there is not who reads here, mostly root: a link would lead to any file of the box.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                content = file.read(MOST_JOURNAL_BYTES)
        except OSError as error:
            basket.leave_out(f"journal/{path.name}", "unreadable", str(error))
        else:
            basket.add(f"journal/{path.name}", content.decode("utf-8", "replace"))


def logs(basket: Basket) -> None:
    """The last lines of our own units, and the kernel's of power, storage and network."""
    for name, command in (
        ("log.txt", ("journalctl", *(f"--unit={unit}" for unit in UNITS), f"--lines={LOG_LINES}")),
        ("kernel.txt", ("journalctl", "--dmesg", "--lines=500")),
    ):
        try:
            basket.add(name, output_of(*command, "--no-pager", "--output=short-iso", "--no-hostname"))
        except OSError as error:
            if name == "log.txt" and _by_the_door(basket, name):
                continue
            basket.leave_out(name, "failed", str(error))


def _by_the_door(basket: Basket, name: str) -> bool:
    """The agent's own user may not read the journal, but may ask for our units' lines; False where it may not."""
    try:
        basket.add(name, "".join(f"-- {unit}\n{lines_of(unit)}" for unit in DOOR_UNITS))
    except OSError:
        return False
    return True


def network(basket: Basket) -> None:
    """Addresses, routes, the gateway's entry among the neighbours, resolvers, the state of the interfaces."""
    for name, words in (("addresses", ("addr",)), ("routes", ("route",)), ("routes6", ("-6", "route"))):
        _try(basket, f"network/{name}.json", lambda words=words: output_of("ip", "-j", *words))  # type: ignore[misc]
    _try(basket, "network/neighbours.json", _gateways)
    for path in ("/etc/resolv.conf", "/proc/net/dev", "/proc/net/snmp", "/proc/sys/net/ipv4/ping_group_range"):
        _try(basket, f"network/{Path(path).name}.txt", lambda path=path: _text_or_raise(path))  # type: ignore[misc]
    basket.add("network/interfaces.json", _json(_interfaces()))


def system(basket: Basket, data_dir: Path | None) -> None:
    """Memory, load, disks, the largest programs, the board's own word on its supply."""
    for path in ("/proc/meminfo", "/proc/loadavg", "/proc/uptime", "/proc/device-tree/model"):
        _try(basket, f"system/{Path(path).name}.txt", lambda path=path: _text_or_raise(path))  # type: ignore[misc]
    _try(basket, "system/programs.json", lambda: _json(programs()))
    _try(basket, "system/df.txt", lambda: output_of("df", "-h", str(data_dir or "/")))
    _try(basket, "system/throttled.txt", lambda: output_of("vcgencmd", "get_throttled"))


def _impersonal(status: Mapping[str, object]) -> dict[str, object]:
    stay = status.get("maintenance")
    kept = {name: value for name, value in stay.items() if name not in _PRIVATE} if isinstance(stay, dict) else None
    return {**status, "maintenance": kept}


def _gateways() -> str:
    """Only the gateways': who else is on this network is nobody's business at the city."""
    neighbours = json.loads(output_of("ip", "-j", "neigh"))
    gateways = {route.get("gateway") for route in json.loads(output_of("ip", "-j", "route", "show", "default"))}
    kept = [one for one in neighbours if one.get("dst") in gateways]
    return _json({"gateways": kept, "others": len(neighbours) - len(kept)})


def _interfaces() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for folder in sorted(Path("/sys/class/net").glob("*")):
        names = ("operstate", "carrier", "carrier_changes", "speed", "duplex", "mtu", "tx_queue_len")
        found[folder.name] = {name: value for name in names if (value := _text(str(folder / name)).strip())}
    return found


def _try(basket: Basket, name: str, make: Callable[[], str]) -> None:
    try:
        basket.add(name, make())
    except (OSError, ValueError) as error:
        basket.leave_out(name, "failed", str(error))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _text(path: str) -> str:
    try:
        return _text_or_raise(path)
    except OSError:
        return ""


def _text_or_raise(path: str) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read(64 * 1024).decode("utf-8", "replace").rstrip("\0")


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)
