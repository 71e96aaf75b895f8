"""`sandi-center run` and `operations` as they are typed, before a real commander."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.support.commander_door import commander_thread
from tests.support.commanding import born, enrolled
from tests.support.orders import order, set_target, target_of

NODES = ("kel-3673011001", "kel-3673011002", "opd-dinkes")
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(center_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """typed(*words, given=""): exit code, output, complaint. `given` is standard input."""
    from center.cli import main
    from center.sites.models import Site

    for node in NODES:
        enrolled(node)
    Site.objects.filter(code="opd-dinkes").update(kind="opd")

    def run(*words: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        capsys.readouterr()
        code = main(["--lang", "en", *words, "--data", str(center_data)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def people(center_data: Path) -> Iterator[dict[str, Callable[[], str]]]:
    """A commander that answers, and people with telephones: name -> the next code."""
    import time

    from center.commander import agreeing
    from center.commander import people as known
    from center.commander.book import Book
    from center.commander.keys import FOLDER

    secrets = {}
    with commander_thread(center_data):
        book = Book(center_data / FOLDER)
        for name in ("sari", "budi"):
            secrets[name] = known.add(book, name, "test", 1)
        book.close()
        yield {
            name: lambda secret=secret: agreeing.code_at(secret, int(time.time() * 1000))  # type: ignore[misc]
            for name, secret in secrets.items()
        }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reboo", NODES[0]), "there are: bundle"),
        (("config", NODES[0]), "sandi-center config push"),
        (("keys", NODES[0]), "sandi-center commander keys"),
        (("ping", "kel-3673011009", "--set", "host=x"), "see: kel-36730110"),
        (("ping", "--set", "host=x"), "not both"),
        (("ping", NODES[0], "--all", "--set", "host=x"), "not both"),
        (("ping", "--kecamatan", "Nowhere", "--set", "host=x"), "no box fits"),
        (("ping", NODES[0]), "it takes --set KEY=VALUE with: host, count"),
        (("ping", NODES[0], "--set", "host=x", "--set", "count=many"), "count"),
        (("ping", NODES[0], "--set", "host=x", "--set", "size=9"), "size"),
        (("reboot", NODES[0]), "--as NAME"),
        (("reboot", NODES[0], "--as", "sari"), "add --otp"),
        (("reboot", NODES[0], "--as", "sari", "--otp"), "six digits"),
        (("ping", NODES[0], "--set", "host=x"), "start it: sandi-center up"),
    ],
)
def test_what_cannot_be_ordered_is_said_in_one_sentence_with_what_to_do(
    typed: Typed, words: tuple[str, ...], said: str
) -> None:
    from center.operations.command_models import Operation

    code, out, complaint = typed("run", *words)
    assert (code, out, complaint.count("\n")) == (2, "", 1)
    assert said in complaint
    assert not Operation.objects.exists()


def test_a_look_at_a_group_is_ordered_with_its_waves(typed: Typed, people: dict[str, Callable[[], str]]) -> None:
    from center.accounts.models import Act
    from center.operations.command_models import Operation

    born(NODES[0], "nonce-1")
    words = ("ping", "--kind", "kel", "--set", "host=10.0.0.1", "--set", "count=3", "--canary", "1", "--pause", "9")
    code, out, _ = typed("run", *words, "--no-wait", "--json")
    row = Operation.objects.get(pk=json.loads(out)["operation"])
    assert code == 0
    assert json.loads(row.arguments) == {"host": "10.0.0.1", "count": 3}
    assert (row.canary, row.abort_pct, row.pause_s, row.made_by[:4]) == (1, 100, 9, "cli:")
    assert list(row.targets.order_by("position").values_list("node", "state")) == [
        (NODES[0], "due"), (NODES[1], "queued"),
    ]  # fmt: skip
    assert Act.objects.filter(what="operation-order", subject=f"operation:{row.pk}").count() == 1


def test_a_grave_order_needs_two_codes_of_two_people_and_they_stand_in_no_argument(
    typed: Typed, people: dict[str, Callable[[], str]]
) -> None:
    from center.operations.command_models import Operation

    code, out, _ = typed("run", "reboot", NODES[2], "--as", "sari", "--otp", "--no-wait", given=f"{people['sari']()}\n")
    operation = Operation.objects.get()
    assert code == 3
    assert f"operations approve {operation.pk}" in out
    code, _, complaint = typed("operations", "approve", operation.pk, "--as", "sari", "--otp", given="123456\n")
    assert (code, "another person" in complaint) == (2, True)
    given = f"{people['budi']()}\n"
    assert typed("operations", "approve", operation.pk, "--as", "budi", "--otp", given=given)[0] == 0
    operation.refresh_from_db()
    assert (operation.state, operation.made_by, operation.second_by) == ("running", "sari", "budi")
    code, _, complaint = typed("operations", "approve", operation.pk, "--as", "budi", "--otp", given="123456\n")
    assert (code, "does not wait" in complaint) == (2, True)


def test_an_operation_is_paused_resumed_and_cancelled(typed: Typed, people: dict[str, Callable[[], str]]) -> None:
    from center.operations.command_models import Operation

    _, out, _ = typed("run", "ping", "--all", "--set", "host=10.0.0.1", "--batch", "1", "--no-wait", "--json")
    operation = json.loads(out)["operation"]
    found = []
    for word in ("pause", "resume", "cancel"):
        assert typed("operations", word, operation)[0] == 0
        found.append(Operation.objects.get().state)
    assert found == ["paused", "running", "cancelled"]
    code, _, complaint = typed("operations", "cancel", "no-such")
    assert (code, "operations list" in complaint) == (2, True)


def test_lists_and_details_are_for_people_and_for_programs(typed: Typed) -> None:
    from center.operations.command_models import OperationOutput

    assert typed("operations", "list")[1] == "There are no operations.\n"
    made = order(NODES, canary=1, state="aborted", why="canary", note="a\x1b[31mnote", why_facts=json.dumps(
        {"node": NODES[0], "code": "not_allowed", "skipped": 2}))  # fmt: skip
    set_target(target_of(made, NODES[0]), state="rejected", code="not_allowed", detail="not\x1b]0;here", by_node=True)
    OperationOutput.objects.create(target_id=target_of(made, NODES[0]), part=1, text="first\x1b[2J\nsecond\n")
    assert made in typed("operations", "list", "--node", NODES[1])[1]
    code, out, _ = typed("operations", "show", made, "--output")
    assert code == 0
    for words in ("a?[31mnote", "[not_allowed] not?]0;here", "first?[2J", "second", "wave 0 of 2",
                  f"Stopped at the first trial: {NODES[0]} (not_allowed). 2 boxes were not touched."):  # fmt: skip
        assert words in out
    assert "\x1b" not in out
    shown: dict[str, Any] = json.loads(typed("operations", "show", made, "--json", "--output")[1])
    assert (shown["operation"]["counts"]["rejected"], shown["targets"][0]["output"][:5]) == (1, "first")
    assert [one["state"] for one in json.loads(typed("operations", "list", "--json")[1])] == ["aborted"]


@pytest.mark.parametrize(
    ("state", "ends", "code"),
    [
        ("done", ("done", "done", "done"), 0),
        ("done", ("done", "failed", "done"), 1),
        ("aborted", ("rejected", "skipped", "skipped"), 1),
        ("lapsed", ("skipped", "skipped", "skipped"), 3),
        ("cancelled", ("done", "skipped", "skipped"), 4),
    ],
)
def test_exit_codes_tell_how_it_went(typed: Typed, state: str, ends: tuple[str, ...], code: int) -> None:
    from center.commands import asking

    made = order(NODES, state=state)
    for node, end in zip(NODES, ends, strict=True):
        set_target(target_of(made, node), state=end)
    lines: list[str] = []
    with click.Context(click.Command("run")).scope():
        row = asking.follow(made, lines.append, printing=True)
        assert f"{row.counts.done} berhasil" in asking.summary(row)[0]
    assert (asking.exit_code(row), len(lines)) == (code, 3)


def test_what_one_box_prints_is_shown_as_it_comes_without_what_a_terminal_would_obey(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.commands import asking
    from center.operations.command_models import OperationOutput

    made = order(NODES[:1], state="done")
    target = target_of(made, NODES[0])
    set_target(target, state="done", detail="ok\x07")
    for part, text in ((1, "a\x1b[31m\tb\n"), (2, "c\u202e\n")):
        OperationOutput.objects.create(target_id=target, part=part, text=text, cut=part == 2)
    capsys.readouterr()
    with click.Context(click.Command("run")).scope():
        asking.follow(made, click.echo, printing=True)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("berhasil ok?")
    assert said[1:] == ["a?[31m\tb", "c?", "[keluaran dipotong di kotak]"]
