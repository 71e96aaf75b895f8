"""Asking the neighbours of a node that is not heard: who is asked, where the node was last, what they said.

The node's own address stands in its newest health reports (the probe `address`); from where it came in, the broker's
count knows (`center.broker_log`). Everything that is judged is judged in `center.core.witnesses`.
"""

import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings

from center.broker_log import read_seen
from center.commander.frames import Order
from center.core.witnesses import BOX, MOST, ROUTER, Answer, Peer, Question, Verdict, choose, questions, verdict
from center.errors import CenterError
from center.ingest.database import select
from center.sites.upstreams import links_of_nodes, providers_of_nodes

REPORTS_BACK: Final = 20
"""The newest reports of a node of which one holds its address: a box that is being cut off tells less and less."""
NEAR: Final = 3 * MOST
"""Of so many possible witnesses the own network is looked up."""
_REPORTS = "SELECT json FROM connectivity_report WHERE node = %s ORDER BY at_ms DESC, id DESC LIMIT %s"
_PEERS = """
SELECT n.id, n.site_id, t.kecamatan, COALESCE(s.state, 'UNKNOWN') FROM sites_node n
JOIN sites_site t ON t.code = n.site_id LEFT JOIN connectivity_nodestate s ON s.node = n.id
WHERE NOT n.retired ORDER BY n.id
"""
_TARGETS = (
    "SELECT node, state, arguments, result FROM operations_operationtarget WHERE operation_id = %s ORDER BY position"
)
_OF_NODE = """
SELECT o.id, o.arguments FROM operations_operation o WHERE o.command = 'witness' ORDER BY o.made_ms DESC, o.id LIMIT 200
"""
_FINAL = frozenset({"done", "failed", "rejected", "expired", "skipped"})


class WitnessError(CenterError):
    """Nobody can be asked. `code`: node | neighbours | address, or the commander's refusal."""

    def __init__(self, code: str, message: str, indonesian: str) -> None:
        super().__init__(message, indonesian)
        self.code = code


class _Window(msgspec.Struct):
    probe: str
    detail: dict[str, Any] = {}


class _Body(msgspec.Struct):
    probes: tuple[_Window, ...] = ()


_BODY = msgspec.json.Decoder(_Body)


def ask_neighbours(node: str, by: str, otp: str = "") -> str:
    """Order at most three neighbours to look for `node`; the operation's id. Blocks (the commander is asked).

    Raises WitnessError (nobody can be asked, or the commander refuses) and CommanderError.
    """
    from center.commander.client import ask_now

    answer = ask_now(Path(settings.DATA_DIR), order_for(node, by, otp))
    if answer.code:
        raise WitnessError(answer.code, answer.detail or answer.code, answer.detail or answer.code)
    return answer.operation


def order_for(node: str, by: str, otp: str = "") -> Order:
    """The order `ask_neighbours` gives. Raises WitnessError."""
    asked = questions_about(node)
    hosts = {one.host for one in asked}
    arguments: dict[str, str | int | float | bool | None] = {"node": node, "host": asked[0].host}
    return Order(
        key=f"witness-{uuid.uuid4()}",
        command="witness",
        nodes=tuple(one.node for one in asked),
        by=by,
        arguments=arguments,
        per_node_arguments={} if len(hosts) == 1 else {one.node: {"node": node, "host": one.host} for one in asked},
        otp=otp,
    )


def questions_about(node: str) -> tuple[Question, ...]:
    """Whom to ask what. Raises WitnessError where that is nobody, and says why."""
    peers = peers_of_city()
    cut = peers.get(node)
    if cut is None:
        raise WitnessError("node", f"there is no node {node}", f"tidak ada node {node}")
    cut = replace(cut, own=own_address(node))
    near = {one.node: replace(one, own=own_address(one.node)) for one in choose(cut, peers.values(), NEAR)}
    asked = questions(cut, [near.get(name, one) for name, one in peers.items()])
    if asked:
        return asked
    if cut.own or cut.seen:
        raise WitnessError(
            "neighbours",
            "no neighbour that is up can be asked: none is of its provider or kecamatan, or its address is not its own",
            "tidak ada tetangga aktif yang dapat ditanya: tidak ada yang seprovider atau sekecamatan, atau alamatnya "
            "bukan miliknya sendiri",
        )
    raise WitnessError(
        "address",
        "the centre knows no address of this box: it has not reported one yet",
        "pusat belum mengetahui alamat kotak ini: kotak belum pernah melaporkannya",
    )


def peers_of_city() -> dict[str, Peer]:
    """Node -> what is known of it but its own address, for all that are not retired."""
    links, providers, seen = links_of_nodes(), providers_of_nodes(), _seen_from()
    found = {}
    for node, site, kecamatan, state in select(_PEERS):
        lines = frozenset(link.upstream for link in links.get(node, ()) if link.kind == "line")
        provider = providers[node].code if node in providers else ""
        found[node] = Peer(node, site, state, provider, kecamatan, lines, "", seen.get(node, ""))
    return found


def own_address(node: str) -> str:
    """ "10.3.4.5/24" as the node last told it (IPv6 where it has no other); "" when it never did."""
    for (text,) in select(_REPORTS, (node, REPORTS_BACK)):
        with contextlib.suppress(msgspec.MsgspecError):
            for window in _BODY.decode(text).probes:
                told = window.detail.get("ipv4") or window.detail.get("ipv6")
                if window.probe == "address" and isinstance(told, str):
                    return told
    return ""


def _seen_from() -> dict[str, str]:
    """Node -> the address it last came in from; without any where the broker's count cannot be read."""
    try:
        nodes = read_seen(Path(settings.DATA_DIR)).nodes
    except (OSError, ValueError):
        return {}
    newest: dict[str, tuple[int, str]] = {}
    for address, came in nodes.items():
        for node, last_ms in came.items():
            newest[node] = max(newest.get(node, (0, "")), (last_ms, address))
    return {node: address for node, (_, address) in newest.items()}


def verdict_of(operation: str) -> Verdict | None:
    """What the neighbours have said so far; None for an operation that did not ask them."""
    rows = select(_TARGETS, (operation,))
    found = select("SELECT command, arguments FROM operations_operation WHERE id = %s", (operation,))
    if not found or found[0][0] != "witness":
        return None
    common = _decoded(found[0][1])
    own = own_address(str(common.get("node", "")))
    answers = [
        _answer(node, state, {**common, **_decoded(arguments)}, _decoded(result), own)
        for node, state, arguments, result in rows
    ]
    return verdict(answers, own, over=all(state in _FINAL for _, state, _, _ in rows))


def newest_about(node: str) -> str:
    """The newest operation that asked neighbours about this node; "" for none."""
    for operation, arguments in select(_OF_NODE):
        if _decoded(arguments).get("node") == node:
            return str(operation)
    return ""


def _answer(node: str, state: str, asked: Mapping[str, Any], result: Mapping[str, Any], own: str) -> Answer:
    kind = BOX if str(asked.get("host", "")) == own.partition("/")[0] else ROUTER
    return Answer(node, kind, state == "done", bool(result.get("reached")), str(result.get("last", "")))  # type: ignore[arg-type]


def _decoded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
