"""What `mmcli -J` prints, read strictly: the list of modems, one modem, its extended signal.

Every value in these documents is a text or a list of texts; `--` stands for what is not known (mmcli-output.c of
ModemManager 1.10 to 1.24). Loaded by the lte probe only.
"""

import re
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from agent.core.observation import Reason, Scalar
from agent.probes.errors import ProbeError
from agent.probes.tool import ToolError, run_tool

_Document = TypeVar("_Document")

MAX_OUTPUT_BYTES = 64 * 1024
"""A modem with every band and mode is 6 kB."""
MOST_MODEMS = 4
_PATH = re.compile(r"/org/freedesktop/ModemManager1/Modem/([0-9]{1,4})", re.ASCII)
_NUMBER = re.compile(r"(-?[0-9]{1,4}(?:\.[0-9]{1,6})?)(?: ?dBm?| ?%)?", re.ASCII)
_REGISTERED_STATES = frozenset({"registered", "connecting", "connected", "disconnecting"})
_REGISTERED = frozenset({"home", "roaming", "home-sms-only", "roaming-sms-only", "attached-rlos"})
_HARMLESS_LOCKS = frozenset({"", "none", "sim-pin2", "sim-puk2"})
"""The second PIN guards the address book and the like, not the network."""


@dataclass(frozen=True, slots=True)
class Modem:
    """One modem. Empty text and None are what it does not say. Levels in dBm and dB."""

    number: int
    state: str
    failed: str = ""
    lock: str = ""
    registration: str = ""
    operator: str = ""
    technology: str = ""
    signal_pct: int | None = None
    rsrp_dbm: float | None = None
    rsrq_db: float | None = None
    snr_db: float | None = None

    @property
    def without_sim(self) -> bool:
        """No SIM, a broken one, or one that waits for its PIN or PUK."""
        return self.failed.startswith("sim-") or (self.state in ("locked", "failed") and self.locked)

    @property
    def locked(self) -> bool:
        return self.lock not in _HARMLESS_LOCKS

    @property
    def registered(self) -> bool:
        """The network has taken us in."""
        usable = self.state not in ("failed", "locked", "disabled")
        return self.state in _REGISTERED_STATES or (usable and self.registration in _REGISTERED)

    def detail(self) -> dict[str, Scalar]:
        """As an observation's detail: what is known."""
        found: dict[str, Scalar] = {"modem": self.number, "state": self.state}
        for name in ("failed", "registration", "operator", "technology"):
            if value := getattr(self, name):
                found[name] = value
        if self.locked:
            found["lock"] = self.lock
        for name in ("signal_pct", "rsrp_dbm", "rsrq_db", "snr_db"):
            if (level := getattr(self, name)) is not None:
                found[name] = level
        return found


async def read(timeout_s: float, wanted: int | None = None) -> Modem:
    """The modem called `wanted`, else the one in use, else the first.

    Raises ProbeError: no_target without mmcli, ModemManager or modem; local_error when they give no answer.
    """
    numbers = [number for number in await _numbers(timeout_s) if wanted is None or number == wanted]
    if not numbers:
        raise ProbeError(Reason.NO_TARGET, {"hint": "ModemManager knows no modem"})
    found: list[Modem] = []
    for number in numbers[:MOST_MODEMS]:
        found.append(parse_modem(number, await _mmcli(timeout_s, "-m", str(number))))
        if found[-1].registered:
            break
    modem = next((one for one in found if one.registered), found[0])
    if not modem.registered:
        return modem
    try:
        return with_signal(modem, await _mmcli(timeout_s, "-m", str(modem.number), "--signal-get"))
    except ProbeError:  # a modem without extended signal, or one that is not allowed to tell: the rest stands
        return modem


async def _numbers(timeout_s: float) -> list[int]:
    try:
        return parse_list(await run_tool(("mmcli", "-L", "-J"), timeout_s, MAX_OUTPUT_BYTES))
    except ToolError as error:
        if error.kind in ("missing", "failed"):  # not installed; no service of that name on the bus
            raise ProbeError(Reason.NO_TARGET, {"error": error.detail}) from error
        raise ProbeError(Reason.LOCAL_ERROR, {"error": error.detail}) from error


async def _mmcli(timeout_s: float, *words: str) -> bytes:
    try:
        return await run_tool(("mmcli", *words, "-J"), timeout_s, MAX_OUTPUT_BYTES)
    except ToolError as error:
        raise ProbeError(Reason.LOCAL_ERROR, {"error": error.detail}) from error


class _List(msgspec.Struct, rename="kebab"):
    modem_list: list[str]


class _Quality(msgspec.Struct):
    value: str = "--"


class _Generic(msgspec.Struct, rename="kebab"):
    state: str
    state_failed_reason: str = "--"
    unlock_required: str = "--"
    access_technologies: list[str] = []
    signal_quality: _Quality = msgspec.field(default_factory=_Quality)


class _Registration(msgspec.Struct, rename="kebab"):
    registration_state: str = "--"
    operator_name: str = "--"
    operator_code: str = "--"


class _Modem(msgspec.Struct):
    generic: _Generic
    network: _Registration = msgspec.field(name="3gpp", default_factory=_Registration)


class _ModemDocument(msgspec.Struct):
    modem: _Modem


class _Level(msgspec.Struct):
    rsrp: str = "--"
    rsrq: str = "--"
    snr: str = "--"


class _Signal(msgspec.Struct):
    lte: _Level = msgspec.field(default_factory=_Level)
    nr: _Level = msgspec.field(name="5g", default_factory=_Level)


class _SignalOf(msgspec.Struct):
    signal: _Signal


class _SignalDocument(msgspec.Struct):
    modem: _SignalOf


def parse_list(output: bytes) -> list[int]:
    """The modems' numbers, in their order. Raises ProbeError (local_error)."""
    paths = _decoded(output, _List).modem_list
    return [int(match[1]) for path in paths if (match := _PATH.fullmatch(path))]


def parse_modem(number: int, output: bytes) -> Modem:
    """One modem's document. Raises ProbeError (local_error)."""
    modem = _decoded(output, _ModemDocument).modem
    generic, network = modem.generic, modem.network
    percent = _level(generic.signal_quality.value)
    return Modem(
        number,
        _word(generic.state) or "unknown",
        _word(generic.state_failed_reason).replace("none", ""),
        _word(generic.unlock_required),
        _word(network.registration_state),
        _text(network.operator_name) or _text(network.operator_code),
        ",".join(name for name in map(_word, generic.access_technologies[:4]) if name),
        int(percent) if percent is not None and 0 <= percent <= 100 else None,
    )


def with_signal(modem: Modem, output: bytes) -> Modem:
    """The modem with the levels of LTE, else of 5G. Raises ProbeError (local_error)."""
    signal = _decoded(output, _SignalDocument).modem.signal
    level = next((one for one in (signal.lte, signal.nr) if _level(one.rsrp) is not None), signal.lte)
    return replace(modem, rsrp_dbm=_level(level.rsrp), rsrq_db=_level(level.rsrq), snr_db=_level(level.snr))


def _decoded(output: bytes, kind: type[_Document]) -> _Document:
    try:
        return msgspec.json.decode(output, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ProbeError(Reason.LOCAL_ERROR, {"error": f"mmcli said what cannot be read: {error}"[:200]}) from error


def _level(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip())
    return float(match[1]) if match else None


def _word(text: str) -> str:
    """A keyword of ModemManager; empty when it is not known."""
    return text if re.fullmatch(r"[a-z0-9][a-z0-9+.-]{0,39}", text, re.ASCII) else ""


def _text(text: str) -> str:
    """A name out of the network: shown as it is, but for what would not be seen, and not at any length."""
    return "" if text == "--" else "".join(character for character in text if character.isprintable())[:40].strip()
