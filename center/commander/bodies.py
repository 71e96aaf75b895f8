"""What travels to one node of an order, made from the book's entry alone."""

from center.commander.entries import Aim, Ordered
from center.core.toml_over import laid_over
from wire import codec
from wire.bodies import Command, ConfigRevision, encode_body
from wire.commands import COMMANDS, decode_arguments
from wire.errors import WireError


def body_of(order: Ordered, aim: Aim) -> bytes:
    """The exact bytes its signature will cover. Raises WireError when they are none a node would take."""
    kind = COMMANDS.get(order.command)
    if kind is None:
        raise WireError("kind", f"{order.command!r} is not a command of this version")
    if kind.leaf == "config":
        body = encode_body(
            ConfigRevision(order.generation, order.revision, toml_of(order, aim), order.confirm_within_s)
        )
    else:
        arguments = {**order.arguments, **aim.over}
        decode_arguments(order.command, arguments)
        body = encode_body(Command(order.command, arguments))
    codec.decode_downlink_body(kind.leaf, body)
    return body


def named_keys(order: Ordered, aim: Aim) -> set[str]:
    """The public keys that the command `keys` names, base64."""
    return set(str({**order.arguments, **aim.over}.get("keys", "")).split())


def toml_of(order: Ordered, aim: Aim) -> str:
    """The configuration of one node. Raises WireError when it is not TOML."""
    over = order.per_node.get(aim.node, "")
    try:
        return laid_over(order.toml, over) if over else order.toml
    except ValueError as error:
        raise WireError("schema", f"{aim.node}: not TOML: {error}") from error
