"""The commands that say what the technician's command line says, and that every line of the table leads somewhere."""

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from agent.cli_app import app
from agent.commands import table
from agent.commands.job import CommandError
from agent.commands.said import said
from agent.core.command_state import ends_within_s
from tests.support.command_box import CommandBox
from wire.commands import COMMANDS, Ping

SPOKEN = ("diagnose", "ping", "trace", "dns", "site", "throughput", "show-config")


@pytest.fixture
def box(in_memory: Path) -> CommandBox:
    return CommandBox(in_memory)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_line_of_the_table_leads_to_a_handler(name: str) -> None:
    assert inspect.iscoroutinefunction(table.load(name, resumed=False))
    if name in table.RESUMES:
        assert inspect.iscoroutinefunction(table.load(name, resumed=True))


async def carried_out(box: CommandBox, name: str, **arguments: Any) -> tuple[str, str]:
    async with box.life() as life:
        await life.take(box.command("c-1", name, arguments=arguments or None))
        await life.settled()
        [end] = life.finals("c-1")
        return end.state, end.code


@pytest.mark.parametrize("name", SPOKEN)
def test_the_words_are_those_the_command_line_takes(box: CommandBox, name: str) -> None:
    assert asyncio.run(carried_out(box, name)) == ("done", "")
    [words] = box.tools.said
    command: Any = app
    rest = list(words)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    with command.make_context(words[0], rest) as context:
        assert context.params


@pytest.mark.parametrize("host", ["-h", "--json", "--config", "-c"])
def test_a_host_that_looks_like_an_option_is_a_host(box: CommandBox, host: str) -> None:
    asyncio.run(carried_out(box, "ping", host=host))
    [words] = box.tools.said
    with app.commands["ping"].make_context("ping", list(words[1:])) as context:
        assert (context.params["host"], context.params["as_json"]) == (host, False)


@pytest.mark.parametrize("name", SPOKEN)
def test_a_handler_gives_up_before_its_node_does(box: CommandBox, name: str) -> None:
    patience: list[float] = []

    async def sandi(job: Any, words: Any, *, timeout_s: float, stdin: bytes = b"") -> int:
        patience.append(timeout_s)
        return 0

    box.tools.sandi = sandi  # type: ignore[method-assign]
    asyncio.run(carried_out(box, name, **({"host": "a", "count": 50} if name == "ping" else {})))
    assert 20 <= patience[0] < ends_within_s(name)


@pytest.mark.parametrize(
    ("code", "inconclusive", "expected"),
    [
        (0, False, {"exit": 0, "ok": True}),
        (1, False, {"exit": 1, "ok": False}),
        (3, True, {"exit": 3, "ok": False}),
        (3, False, "not_measurable"),
        (2, True, "usage"),
        (-9, False, "crashed"),
        (70, True, "crashed"),
    ],
)
def test_what_an_exit_code_makes_of_a_command(
    box: CommandBox, code: int, inconclusive: bool, expected: dict[str, object] | str
) -> None:
    box.tools.code = code
    job: Any = Silent()
    try:
        found: object = asyncio.run(said(job, box.tools, ("ping",), timeout_s=1, inconclusive=inconclusive)).result
    except CommandError as error:
        found = error.code
    assert found == expected


class Silent:
    """A job nobody hears."""

    arguments = Ping("a")

    async def output(self, text: str) -> None:
        return
