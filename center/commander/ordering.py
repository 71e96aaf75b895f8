"""What may be ordered: the checks of an order, an approval, a stop. Each ends in the book or in a refusal.

An order, in this order of checks:

1. Its key is known: the operation that was made under it, when the same was asked; nothing is checked anew.
2. The command is known, its arguments decode for every node, the configuration is TOML; keys are this commander's own.
3. The nodes are of this centre, each once, and none is retired.
4. It is not too much (`rate`): what measures or shows, over all accounts.
5. touch and grave: the one-time code is the person's own. In one transaction with the order in the book.

From the book it goes to the main database (`center.commander.mirror`), and from there to the boxes
(`center.commander.dispatch`); a grave order after somebody else has approved it, within APPROVE_WITHIN_MS.
"""

import hashlib
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from center.commander import people
from center.commander.bodies import body_of, named_keys
from center.commander.book import Book, Standing
from center.commander.entries import Aim, Approved, Ordered, Stopped
from center.commander.frames import Approve, Order, Stop
from center.commander.keys import KeyRing
from center.core.rollout import wave_numbers
from wire.commands import COMMANDS
from wire.errors import WireError

APPROVE_WITHIN_MS: Final = 30 * 60_000
MINUTE_MS: Final = 60_000
LOOKS_A_MINUTE: Final = 240
"""Nodes asked for what measures or shows, in any minute, by all accounts together. One order over more goes when the
minute before it was quiet."""


class RefusedError(Exception):
    """An order that is not carried out. `code` as in `center.commander.frames.Answer`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class Ordering:
    """`nodes`: of these, those that may be ordered about; `generation` and `newest_revision`: the main database's."""

    book: Book
    keys: KeyRing
    nodes: Callable[[tuple[str, ...]], set[str]]
    generation: Callable[[], str]
    newest_revision: Callable[[str], int]
    now_ms: Callable[[], int]

    def order(self, asked: Order) -> Standing:
        """A standing order. Raises RefusedError, BookError, or a database's error."""
        digest = digest_of(asked)
        known = self.book.asked(asked.key)
        if known is None:
            made = self._checked(asked, digest)
            known = self._written(made, asked.otp)
        if known.digest != digest:
            raise RefusedError("state", "this key was used for another order; take a new one")
        standing = self.book.standing(known.id)
        assert standing is not None
        return standing

    def _checked(self, asked: Order, digest: str) -> Ordered:
        kind = COMMANDS.get(asked.command)
        if kind is None:
            raise RefusedError("command", f"{asked.command} is not a command of this version")
        strangers = (set(asked.per_node_arguments) | set(asked.per_node)) - set(asked.nodes)
        if strangers:
            raise RefusedError("arguments", f"given for nodes that are not in the order: {_some(strangers)}")
        self._require_nodes(asked.nodes)
        generation = self.generation()
        config = kind.leaf == "config"
        waves = wave_numbers(len(asked.nodes), asked.roll.canary, asked.roll.batch_size)
        order = Ordered(
            id=str(uuid.uuid4()), key=asked.key, digest=digest, command=asked.command, gravity=kind.gravity,
            by=asked.by, at_ms=self.now_ms(), generation=generation, arguments=asked.arguments,
            aims=tuple(
                Aim(str(uuid.uuid4()), node, wave, asked.per_node_arguments.get(node, {}))
                for node, wave in zip(asked.nodes, waves, strict=True)
            ),
            roll=asked.roll, note=asked.note, toml=asked.toml, per_node=asked.per_node,
            confirm_within_s=asked.confirm_within_s, revision=self._revision(generation) if config else 0,
        )  # fmt: skip
        self._require_sense(order, config)
        return order

    def _require_nodes(self, nodes: tuple[str, ...]) -> None:
        if len(set(nodes)) != len(nodes):
            raise RefusedError("nodes", "a node is named twice")
        if missing := set(nodes) - self.nodes(nodes):
            raise RefusedError("nodes", f"not enrolled here, or retired: {_some(missing)}")

    def _require_sense(self, order: Ordered, config: bool) -> None:
        """Every node's body is one it would take. Raises RefusedError."""
        if config and (order.arguments or any(aim.over for aim in order.aims)):
            raise RefusedError("arguments", "a configuration has no arguments")
        if not config and (order.toml or order.per_node):
            raise RefusedError("arguments", f"{order.command} brings no configuration")
        if config and not order.toml and set(order.per_node) != {aim.node for aim in order.aims}:
            raise RefusedError("arguments", "an empty configuration")
        try:
            tomllib.loads(order.toml)
            for aim in order.aims:
                body_of(order, aim)
        except (WireError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise RefusedError("arguments", str(error)[:300]) from error
        if order.command == "keys":
            self._require_own_keys(order)

    def _require_own_keys(self, order: Ordered) -> None:
        """Nobody makes the boxes trust other keys than those that lie here."""
        own = {held.public for held in self.keys.ring().keys}
        for aim in order.aims:
            if named_keys(order, aim) != own:
                raise RefusedError("arguments", "these are not the keys of this commander: sandi-center commander keys")

    def _revision(self, generation: str) -> int:
        newest = max(self.book.newest_revision(generation), self.newest_revision(generation))
        if newest >= 2**53 - 1:
            raise RefusedError("state", "there is no higher revision; restore the database from a backup")
        return newest + 1

    def _written(self, order: Ordered, otp: str) -> Ordered:
        """Checks 4 and 5, and the order in the book. Raises RefusedError."""
        code = ""
        with self.book.writing():  # a refusal is committed too: a guess has counted
            earlier = self.book.asked(order.key)
            if earlier is not None:
                return earlier
            if order.gravity == "look":
                code = "" if self._is_moderate(order) else "rate"
            else:
                code = people.agrees(self.book, order.by, otp, order.at_ms)
            if not code:
                self.book.order(order)
        if code:
            raise RefusedError(code, _DETAILS[code])
        return order

    def _is_moderate(self, order: Ordered) -> bool:
        recent: list[Ordered] = self.book.since("order", order.at_ms - MINUTE_MS)
        asked = sum(len(one.aims) for one in recent if one.gravity == "look")
        return not asked or asked + len(order.aims) <= LOOKS_A_MINUTE

    def approve(self, asked: Approve) -> Standing:
        """The second person's word. Raises RefusedError, BookError."""
        now_ms = self.now_ms()
        with self.book.writing():
            standing = self._known(asked.operation)
            code, detail = _why_not_approved(standing, asked, now_ms)
            if not code and standing.approved is None:
                code = people.agrees(self.book, asked.by, asked.otp, now_ms)
                detail = _DETAILS.get(code, "")
                if not code:
                    self.book.append("approve", asked.operation, Approved(asked.operation, asked.by, now_ms), now_ms)
        if code:
            raise RefusedError(code, detail)
        return self._known(asked.operation)

    def stop(self, asked: Stop) -> Standing:
        """Cancel, pause or resume. Raises RefusedError, BookError."""
        with self.book.writing():
            standing = self._known(asked.operation)
            if standing.cancelled is not None and asked.what != "cancel":
                raise RefusedError("state", "it was cancelled")
            happened = {"cancel": standing.cancelled is not None, "pause": standing.paused}
            if not happened.get(asked.what, False):
                entry = Stopped(asked.operation, asked.what, asked.by, self.now_ms())
                self.book.append("stop", asked.operation, entry, entry.at_ms)
        return self._known(asked.operation)

    def _known(self, operation: str) -> Standing:
        standing = self.book.standing(operation)
        if standing is None:
            raise RefusedError("state", "there is no such operation in the commander's book")
        return standing


def _why_not_approved(standing: Standing, asked: Approve, now_ms: int) -> tuple[str, str]:
    """Code and detail of what stands against it; "" when nothing does, or it was approved by this person already."""
    if standing.order.gravity != "grave":
        return "state", f"{standing.order.command} needs no second person"
    if standing.order.by == asked.by:
        return "same_person", _DETAILS["same_person"]
    if standing.cancelled is not None:
        return "state", "it was cancelled"
    if standing.approved is not None:
        return ("", "") if standing.approved.by == asked.by else ("state", "it was approved already")
    if now_ms > standing.order.at_ms + APPROVE_WITHIN_MS:
        return "state", "it was ordered too long ago; order it again"
    return "", ""


def digest_of(asked: Order) -> str:
    """What makes two questions under one key the same one: everything but the code, which is another each time."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(asked, otp=""), order="sorted")).hexdigest()


def own_keys_argument(keys: KeyRing) -> str:
    """The argument of the command `keys`: what this commander publishes, the signing key first."""
    return " ".join(held.public for held in keys.ring().in_order())


def _some(names: set[str]) -> str:
    shown = ", ".join(sorted(names)[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


_DETAILS: Final = {
    "rate": "too many boxes were asked within a minute; wait a moment",
    "person": "the commander does not know this person: sandi-center commander person add",
    "otp": "not this person's one-time code, used already, or too many wrong ones; wait for the next",
    "same_person": "a second person has to approve it",
}
