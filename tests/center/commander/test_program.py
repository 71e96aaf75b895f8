"""The commander as it runs: a program beside a made centre, asked over its socket, killed, and started again."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.support.commander_door import commander_program
from tests.support.commanding import born, desk, enrolled
from tests.support.processes import program, wait_until

NODE = "kel-3673011001"


def ordered(data: Path, key: str, **fields: Any) -> Any:
    from center.commander.client import ask_now
    from center.commander.frames import Order

    fields = {"command": "ping", "nodes": (NODE,), "by": "sari", "arguments": {"host": "10.0.0.1"}, **fields}
    return ask_now(data, Order(key, **fields), 60)


def test_it_signs_at_once_survives_a_kill_and_ends_in_order(center_data: Path) -> None:
    from center.operations.models import Downlink, OperationTarget

    enrolled(NODE)
    born(NODE, "nonce-1")
    with commander_program(center_data) as running:
        first = ordered(center_data, "one")
        assert first.code == ""
        wait_until(lambda: Downlink.objects.count() == 1, "the first to be signed", detail=lambda: running.output)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    born(NODE, "nonce-2")
    with commander_program(center_data) as running:
        wait_until(lambda: Downlink.objects.get().nonce == "nonce-2", "it to be signed anew",
                   detail=lambda: running.output)  # fmt: skip
        assert ordered(center_data, "one").operation == first.operation
        running.send(signal.SIGTERM)
        assert running.wait() == 0, running.output
    assert OperationTarget.objects.get().state == "due"


def test_a_second_commander_on_the_same_data_says_so(center_data: Path) -> None:
    words = (sys.executable, "-m", "center.cli", "commander", "serve", "--data", str(center_data))
    with commander_program(center_data), program(*words) as second:
        assert second.wait(90) == 2, second.output
        assert "hentikan dulu" in second.output


def run(data: Path, *words: str, code: int = 0) -> str:
    from center.cli import command

    done = CliRunner().invoke(command, ["--lang", "en", "commander", *words, "--data", str(data)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_people_keys_and_book_from_the_terminal(center_data: Path) -> None:
    with desk(center_data, NODE):
        pass
    assert "otpauth://totp/" in run(center_data, "person", "add", "sari")
    assert [row["name"] for row in json.loads(run(center_data, "person", "list", "--json"))] == ["sari"]
    assert "known already" in str(
        CliRunner().invoke(_group(), ["person", "add", "sari", "--data", str(center_data)]).exception
    )
    run(center_data, "person", "remove", "sari")
    assert json.loads(run(center_data, "person", "list", "--json")) == []
    run(center_data, "keys", "prepare")
    rows = json.loads(run(center_data, "keys", "show", "--json"))
    assert [row["signs"] for row in rows] == [True, False]
    report = json.loads(run(center_data, "audit", "--json"))
    assert (report["problems"], report["count"]) == ([], 3)
    assert [entry["kind"] for entry in report["entries"]] == ["person-add", "person-remove", "key"]
    assert "otpauth" not in json.dumps(report)


def test_a_key_boxes_do_not_know_is_not_switched_to_unless_it_is_forced(center_data: Path) -> None:
    from center.errors import CenterError

    with desk(center_data, NODE):
        pass
    run(center_data, "keys", "prepare")
    refused = CliRunner().invoke(_group(), ["keys", "switch", "--data", str(center_data)]).exception
    assert isinstance(refused, CenterError)
    assert NODE in str(refused)
    told_keys(center_data)
    run(center_data, "keys", "switch")
    run(center_data, "keys", "retire")
    assert len(json.loads(run(center_data, "keys", "show", "--json"))) == 1
    run(center_data, "keys", "prepare")
    run(center_data, "keys", "switch", "--force")


def test_an_order_is_shown_by_the_book_whatever_the_database_says(center_data: Path) -> None:
    from center.operations.models import Operation

    with desk(center_data, NODE) as office:
        office.person("sari")
        made = office.order("config", toml="[health]\ninterval_s = 60\n", otp=office.code("sari")).operation
    Operation.objects.filter(pk=made).update(command="ping", arguments='{"host":"x"}')
    shown = json.loads(run(center_data, "show", made, "--json"))
    assert (shown["command"], shown["nodes"], shown["by"]) == ("config", {NODE: {}}, "sari")
    assert "interval_s = 60" in run(center_data, "show", made)
    refused = CliRunner().invoke(_group(), ["show", "nothing", "--data", str(center_data)]).exception
    assert "no operation" in str(refused)


def test_no_name_somebody_made_up_commands_the_terminal(center_data: Path) -> None:
    with desk(center_data, NODE) as office:
        made = office.order("ping", by="x\x1b[2Jy", arguments={"host": "10.0.0.1"}).operation
    assert "\x1b" not in run(center_data, "audit")
    assert "\x1b" not in run(center_data, "show", made)


def test_keys_are_pushed_from_the_terminal_and_wait_for_a_second_person(center_data: Path) -> None:
    from center.commander import agreeing, people
    from center.commander.book import Book
    from center.commander.keys import KeyRing
    from center.commander.ordering import own_keys_argument
    from center.commander.service import now_ms
    from center.operations.models import Operation

    enrolled(NODE)
    with commander_program(center_data):
        run(center_data, "keys", "prepare")
        book = Book(center_data / "commander")
        secret = people.add(book, "sari", "test", now_ms())
        book.close()
        words = ["keys", "push", "--as", "sari", "--otp", "--data", str(center_data)]
        done = CliRunner().invoke(_group(), words, input=f"{agreeing.code_at(secret, now_ms())}\n")
        assert done.exit_code == 0, (done.output, done.exception)
    operation = Operation.objects.get()
    assert (operation.state, operation.command, operation.made_by) == ("waiting", "keys", "sari")
    wanted = own_keys_argument(KeyRing(center_data / "commander"))
    assert json.loads(operation.arguments) == {"keys": wanted}
    assert len(wanted.split()) == 2


def told_keys(data: Path) -> None:
    """The box has said that it took both keys."""
    from center.commander.keys import KeyRing
    from center.commander.ordering import own_keys_argument
    from center.operations.models import Operation, OperationTarget

    arguments = json.dumps({"keys": own_keys_argument(KeyRing(data / "commander"))})
    operation = Operation.objects.create(
        id="o1", command="keys", arguments=arguments, state="done", made_by="x", made_ms=1
    )
    OperationTarget.objects.create(id="t1", operation=operation, node=NODE, position=0, state="done", by_node=True)


def _group() -> Any:
    from center.commands.commander import commander

    return commander
