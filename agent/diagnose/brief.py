"""The figures of a rung that is fine, in half a line: who, how fast, how many lost."""

from collections.abc import Callable
from statistics import median
from typing import Final

from agent.core.observation import Observation
from agent.messages import Messages

_FINE_MS = 10.0
"""From here on a decimal of a millisecond tells nothing."""


def brief(seen: Observation, messages: Messages) -> str:
    """The figures; empty where this probe has none to show in brief."""
    words = _BY_PROBE.get(seen.probe)
    return "  ".join(part for part in words(seen, messages) if part) if words is not None else ""


def milliseconds(value_ms: float, messages: Messages) -> str:
    """`0,42 ms`, `8,3 ms`, `120 ms`."""
    digits = 2 if value_ms < 1 else 1 if value_ms < _FINE_MS else 0
    return f"{_number(value_ms, digits, messages)} ms"


def _number(value: float, digits: int, messages: Messages) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if messages.lang == "id" else text


def _pings(seen: Observation, messages: Messages) -> list[str]:
    answered = [rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None]
    lost = messages.text("cli.diagnose.brief.lost", lost=seen.lost, sent=seen.sent) if seen.sent else ""
    return [_text(seen, "address"), milliseconds(median(answered), messages) if answered else "", lost]


def _link(seen: Observation, messages: Messages) -> list[str]:
    speed = seen.detail.get("speed_mbps")
    return [_text(seen, "interface"), f"{speed} Mbit/s" if isinstance(speed, int) and speed > 0 else ""]


def _address(seen: Observation, _: Messages) -> list[str]:
    own = _text(seen, "ipv4") or _text(seen, "ipv6")
    return [f"{own} (DHCP)" if own and seen.detail.get("dhcp") is True else own]


def _connected(seen: Observation, messages: Messages) -> list[str]:
    total_ms = sum(seen.phases_ms.values()) or sum(rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None)
    days = seen.detail.get("certificate_days")
    certificate = (
        messages.text("cli.diagnose.brief.certificate", days=round(days)) if isinstance(days, int | float) else ""
    )
    return [_text(seen, "address"), milliseconds(total_ms, messages) if total_ms else "", certificate]


def _clock(seen: Observation, messages: Messages) -> list[str]:
    offset_s = seen.detail.get("offset_s")
    if not isinstance(offset_s, int | float):
        return []
    return [
        messages.text("cli.diagnose.brief.offset", offset=_number(abs(offset_s), 2, messages)),
        _text(seen, "server"),
    ]


def _internet(seen: Observation, messages: Messages) -> list[str]:
    facts = {name: seen.detail.get(name) for name in ("answered", "tried")}
    return [messages.text("cli.diagnose.brief.internet", **facts)] if None not in facts.values() else []


def _mtu(seen: Observation, messages: Messages) -> list[str]:
    size = seen.detail.get("mtu")
    return [f"{size} byte{'' if messages.lang == 'id' else 's'}"] if isinstance(size, int) else []


def _text(seen: Observation, name: str) -> str:
    value = seen.detail.get(name)
    return "".join(c for c in value if c.isprintable())[:40] if isinstance(value, str) else ""


_BY_PROBE: Final[dict[str, Callable[[Observation, Messages], list[str]]]] = {
    "icmp": _pings,
    "link": _link,
    "address": _address,
    "route": lambda seen, _: [_text(seen, "gateway"), _text(seen, "interface")],
    "gateway": lambda seen, _: [_text(seen, "address")],
    "tcp": _connected,
    "broker": _connected,
    "dns": _connected,
    "internet": _internet,
    "mtu": _mtu,
    "ntp": _clock,
}
