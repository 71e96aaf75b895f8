"""The ladder as data: the rungs in their order, what each stands on, and which fault explains which."""

from collections.abc import Callable
from typing import Final

from agent.core.ladder import own_side, quality, services, way
from agent.core.ladder import sites as public
from agent.core.ladder.finding import Judged
from agent.core.ladder.table import Table
from wire.shape import Struct

Judge = Callable[[Table], Judged]


class Rung(Struct, frozen=True):
    """`name` is one of `wire.verdicts.RUNGS`. While a rung in `needs` has failed, this one cannot be judged.

    `shows`: the probes, and at which target, whose observation tells best that all is well (target "": any).
    """

    name: str
    judges: tuple[Judge, ...]
    needs: tuple[str, ...] = ()
    shows: tuple[tuple[str, str], ...] = ()


_OWN = ("link", "address", "route")
_NEAR = (*_OWN, "gateway")
_FAR = (*_NEAR, "isp", "center")
_CENTER = (("icmp", "center"), ("tcp", "center"))

LADDER: Final = (
    Rung("power", (own_side.power,), shows=(("power", ""),)),
    Rung("link", (own_side.link,), shows=(("link", ""),)),
    Rung("address", (own_side.address,), ("link",), (("address", ""),)),
    Rung("route", (own_side.route,), ("link", "address"), (("route", ""),)),
    Rung("gateway", (way.gateway,), _OWN, (("icmp", "gateway"), ("gateway", "gateway"))),
    Rung("isp", (way.isp,), _NEAR, (("trace", "center"),)),
    Rung("center", (way.center,), (*_NEAR, "isp"), _CENTER),
    Rung("broker", (services.broker,), _FAR, (("broker", "center"),)),
    Rung("names", (services.names,), _NEAR, (("dns", ""),)),
    Rung("portal", (services.portal,), _NEAR, (("portal", "portal"),)),
    Rung("internet", (services.internet, quality.ipv6), _NEAR, (("internet", "internet"),)),
    Rung("mtu", (quality.mtu,), _FAR, (("mtu", "center"),)),
    Rung("quality", (quality.latency, quality.loss, quality.flaps), _FAR, _CENTER[:1]),
    Rung("sites", (public.pages, public.certificates), _NEAR, (("site", ""), ("http", ""))),
    Rung("clock", (own_side.clock,), shows=(("ntp", ""),)),
)

_INSIDE = ("L0", "L1", "L2", "L3", "L4")
_OUTSIDE = ("L5a", "L5b", "L5c", "L5d", "L6a", "L6b", "L6c", "L6d", "L7")
_BROKER = frozenset({"B1", "B2", "B3", "B4", "B5"})
_SITES = frozenset({"W1", "W2"})
# Silence is what a dead way makes of all that lies beyond; a lie, a portal, a wrong clock are found out by answers.
_SILENCE = frozenset({"D1", "I1", "I2", "M1", "M2", "Q1", "Q2", "Q3", "Q4"}) | _BROKER | _SITES

EXPLAINS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((*_INSIDE, *_OUTSIDE), _SILENCE),
    # a walled garden answers for everybody, or drops what is no web page
    "P1": frozenset({*_OUTSIDE, "D1", "D2", "I1", "I2"}) | _BROKER | _SITES,
    "D2": _BROKER | _SITES | {"P1"},
    "D1": _SITES,
    "M2": frozenset({"B2", "B3", "W1"}),
    "Q2": frozenset({"B2", "B3", "D1", "I1"}),
    "Q4": frozenset({"Q1", "Q2", "Q3", "B2", "B3", "D1", "I1"}),
    "Q3": frozenset({"Q1"}),
    "I1": _SITES | {"I2"},
}
"""Fault -> the findings that are merely its consequences."""

CUTS: Final = frozenset({*_INSIDE, *_OUTSIDE})
"""Faults that let nothing through to the centre; what rests on an answer came by another way, and is a fault apart."""

ONLY_ALSO: Final = frozenset({"I2"})
"""Never the verdict: a note beside it."""
