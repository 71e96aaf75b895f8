"""A centre that asks things of boxes from afar: orders as people with one-time codes give them, and what its rows say.

Real parts: `sandi-center up` with its broker, ingest, worker and commander, on a network that boxes reach. An order
goes to the commander's own socket; each takes a person nobody has asked for a code before, because a code is good once.
"""

import contextlib
import itertools
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.afar_releases import Release
from tests.support.city import START_TIMEOUT_S, wait_until
from tests.support.field_box import Switch
from tests.support.field_centre import FieldCentre

_numbers = itertools.count(1)
CONFIRM_WITHIN_S = 30
"""The shortest there is."""


class AfarCentre(FieldCentre):
    """`FieldCentre` whose commander takes orders."""

    def start(self) -> None:
        """Start it; returns once the commander answers too."""
        super().start()
        from center.commander.client import CommanderError, ask_now
        from center.commander.frames import Status

        def answers() -> bool:
            with contextlib.suppress(CommanderError):
                return not ask_now(self.data, Status()).code
            return False

        wait_until(answers, f"the commander:\n{self.up.tail()}", START_TIMEOUT_S)

    def order(self, command: str, node: str, **fields: Any) -> str:
        """Have `command` carried out on `node`; the id of the operation. A grave one is approved by somebody else."""
        from center.commander.client import ask_now
        from center.commander.frames import Approve, Order
        from wire.commands import COMMANDS

        gravity = COMMANDS[command].gravity
        by, otp = self._person() if gravity != "look" else ("admin", "")
        key = f"afar-{next(_numbers)}"
        answer = ask_now(self.data, Order(key=key, command=command, nodes=(node,), by=by, otp=otp, **fields))
        assert not answer.code, answer
        if gravity == "grave":
            second, code = self._person()
            approved = ask_now(self.data, Approve(answer.operation, second, code))
            assert not approved.code, approved
        return answer.operation

    def push_config(self, node: str, toml: str, confirm_within_s: int = CONFIRM_WITHIN_S) -> str:
        """A configuration for this node; the id of the operation."""
        return self.order("config", node, toml=toml, confirm_within_s=confirm_within_s)

    def push_update(self, node: str, release: Release, *, forced: bool = False) -> str:
        """This release for this node, ordered by one person and approved by another; the id of the operation."""
        shelf = self.data / "releases"
        shelf.mkdir(exist_ok=True)
        if not (shelf / f"{release.digest}.sandi").exists():
            shutil.copy(release.path, shelf / f"{release.digest}.sandi")
        return self.order("update", node, arguments=release.arguments(forced=forced))

    def target(self, operation: str) -> dict[str, Any]:
        """Where the one node of an operation stands: state, code, detail, by_node, result."""
        sql = "SELECT state, code, detail, by_node, result FROM operations_operationtarget WHERE operation_id = ?"
        ((state, code, detail, by_node, result),) = self.query(sql, operation)
        return {
            "state": state, "code": code, "detail": detail, "by_node": bool(by_node), "result": json.loads(str(result)),
        }  # fmt: skip

    def config_of(self, node: str) -> dict[str, Any]:
        """What the node last said of its configuration; empty before it did."""
        return self._row("fleet_nodeconfig", ("state", "revision", "tried", "code", "detail", "digest"), node)

    def release_of(self, node: str) -> dict[str, Any]:
        """What the node last said of its software; empty before it did."""
        return self._row("fleet_noderelease", ("state", "version", "running", "code", "detail", "digest"), node)

    def notices(self, kind: str, node: str) -> list[dict[str, Any]]:
        """All that was ever told, in the order the node filed it: `config`, `release`, `command`."""
        sql = "SELECT body FROM ingest_rawrecord WHERE node = ? AND kind = ? ORDER BY seq"
        return [json.loads(str(row[0])) for row in self.query(sql, node, kind)]

    def finals(self, node: str) -> dict[str, list[str]]:
        """Command id -> the final states that were told of it."""
        from wire.afar import FINAL

        found: dict[str, list[str]] = {}
        for notice in self.notices("command", node):
            if notice["state"] in FINAL:
                found.setdefault(notice["id"], []).append(notice["state"])
        return found

    def _row(self, table: str, columns: tuple[str, ...], node: str) -> dict[str, Any]:
        rows = self.query(f"SELECT {', '.join(columns)} FROM {table} WHERE node = ?", node)
        return dict(zip(columns, rows[0], strict=True)) if rows else {}

    def _person(self) -> tuple[str, str]:
        """Somebody new with a telephone, and what it shows."""
        from center.commander import agreeing, people
        from center.commands.commander_book import book_of

        name, now_ms = f"petugas-{next(_numbers)}", time.time_ns() // 1_000_000
        with book_of(self.data) as book:
            secret = people.add(book, name, "test", now_ms)
        return name, agreeing.code_at(secret, now_ms)


@contextlib.contextmanager
def afar_centre(directory: Path, switch: Switch) -> Iterator[AfarCentre]:
    """A started one, stopped whatever happens."""
    centre = AfarCentre(directory, switch)
    try:
        centre.start()
        yield centre
    finally:
        centre.stop()
