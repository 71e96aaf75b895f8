"""Remote commands at the node, from what arrives to what the centre reads: each is carried out once and ends once."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from agent.commands import store, table
from agent.commands.config import CommandsConfig
from agent.commands.verify import Pinned, pinned
from tests.support import command_handlers as handlers
from tests.support.command_box import CommandBox, Life, Signing
from wire.commands import COMMANDS, MOST_WAITING
from wire.keys import key_id
from wire.shape import replace


@pytest.fixture
def box(in_memory: Path) -> CommandBox:
    return CommandBox(in_memory)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands begin and do not end until `handlers.let_go`."""
    for name in COMMANDS:
        monkeypatch.setitem(table.HANDLERS, name, "tests.support.command_handlers:held")


def lived(box: CommandBox, story: Callable[[Life], Awaitable[None]]) -> None:
    """The story, in one life of the box."""

    async def whole() -> None:
        handlers.begin()
        async with box.life() as life:
            await story(life)

    asyncio.run(whole())


def test_a_good_command_is_accepted_runs_and_is_done_with_what_it_printed(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1")) == "accepted"
        await life.settled()
        assert life.states("c-1") == ["accepted", "running", "done"]
        assert life.finals("c-1")[0].result == {"exit": 0, "ok": True}
        assert [part.text for part in life.output("c-1")] == ["$ sandi ping -n 1 -i 0.2 -- 127.0.0.1\n"]

    lived(box, story)
    assert box.forged == []


def altered_body(box: CommandBox) -> object:
    return replace(box.command("x"), body=msgspec.Raw(b'{"name":"reboot"}'))


FORGERIES: dict[str, tuple[str, Callable[[CommandBox], object]]] = {
    "unsigned": ("unknown_key", lambda box: replace(box.command("x"), key_id="", signature="")),
    "by a stranger": ("unknown_key", lambda box: replace(Signing(b"s" * 32).sign("command", box.command("x")))),
    "by a stranger under our key's name": (
        "bad_signature",
        lambda box: replace(Signing(b"s" * 32).sign("command", box.command("x")), key_id=key_id(box.center.public)),
    ),
    "no base64": ("bad_signature", lambda box: replace(box.command("x"), signature="###")),
    "a short signature": ("bad_signature", lambda box: replace(box.command("x"), signature="AAAA")),
    "another body": ("bad_signature", altered_body),
    "another id": ("bad_signature", lambda box: replace(box.command("y"), id="x")),
    "a longer life": ("bad_signature", lambda box: replace(box.command("x"), expires_ms=2**50)),
    "another session": ("bad_signature", lambda box: replace(box.command("x", nonce="old"), nonce=box.nonce)),
    "for another node": (
        "bad_signature",
        lambda box: Signing(node="kel-3673011002").sign("command", box.command("x")),
    ),
}


@pytest.mark.parametrize("why", FORGERIES)
def test_what_is_forged_or_meant_for_another_leaves_no_trace_but_a_count(box: CommandBox, why: str) -> None:
    code, make = FORGERIES[why]

    async def story(life: Life) -> None:
        assert await life.take(make(box)) == ""  # type: ignore[arg-type]
        assert (life.notices(), life.runner.book.entries) == ([], ())
        # nor does it stand in the way of the real one
        assert await life.take(box.command("x")) == "accepted"
        await life.settled()
        assert len(life.finals("x")) == 1

    lived(box, story)
    assert box.forged == [code]


def test_a_command_on_the_leaf_of_the_other_kind_does_not_verify(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("x"), "config") == ""
        assert life.notices() == []

    lived(box, story)
    assert box.forged == ["bad_signature"]


def test_without_pinned_keys_nothing_is_taken(box: CommandBox) -> None:
    (box.credentials / "command.pub").unlink()

    async def story(life: Life) -> None:
        assert await life.take(box.command("x")) == ""
        assert life.notices() == []

    lived(box, story)
    assert box.forged == ["no_keys"]


def test_a_flood_of_forgeries_reads_the_keys_once_a_second(box: CommandBox, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def counted(credentials: Path, data_dir: Path) -> Pinned:
        reads.append(credentials)
        return pinned(credentials, data_dir)

    monkeypatch.setattr("agent.commands.runner.pinned", counted)

    async def story(life: Life) -> None:
        for number in range(50):
            assert await life.take(replace(box.command(f"c-{number}"), signature="AAAA")) == ""
        assert len(reads) == 1
        box.clock.advance(2)
        assert await life.take(box.command("c-1")) == "accepted"
        assert len(reads) == 2

    lived(box, story)
    assert len(box.forged) == 50


def test_a_repeat_is_answered_with_the_state_and_nothing_is_done_twice(box: CommandBox, held: None) -> None:
    async def story(life: Life) -> None:
        first = box.command("c-1")
        assert await life.take(first) == "accepted"
        await life.until(lambda: handlers.BEGUN == ["c-1"], "its begin")
        assert await life.take(first) == "running"
        handlers.let_go()
        await life.settled()
        box.nonce = "nonce-2"  # signed again for the next session, while the first copy was under way
        assert await life.take(box.command("c-1")) == "done"
        assert await life.take(first) == "done"
        assert (handlers.BEGUN, len(life.finals("c-1"))) == (["c-1"], 1)

    lived(box, story)


def test_a_repeat_after_a_restart_is_known_as_well(box: CommandBox) -> None:
    first = box.command("c-1")

    async def begin(life: Life) -> None:
        assert await life.take(first) == "accepted"
        await life.settled()

    async def again(life: Life) -> None:
        assert await life.take(first) == "done"
        assert len(life.finals("c-1")) == 1

    lived(box, begin)
    box.reboot(2)
    lived(box, again)
    assert len(box.tools.said) == 1


def test_a_command_for_a_session_before_is_left_for_the_centre_to_sign_again(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        old = box.command("c-1")
        box.nonce = "nonce-2"
        assert await life.take(old) == ""
        box.nonce = ""
        assert await life.take(box.command("c-1", nonce="")) == "", "between two sessions nothing is good"
        assert life.notices() == []
        box.nonce = "nonce-2"
        assert await life.take(box.command("c-1")) == "accepted"
        await life.settled()
        assert len(life.finals("c-1")) == 1

    lived(box, story)
    assert box.forged == []


def test_one_that_comes_after_its_expiry_expires_where_the_clock_is_set(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        late = box.command("c-1", expires_ms=box.clock.wall_ms() - 1)
        assert await life.take(late) == "expired"
        assert [(notice.state, notice.name) for notice in life.notices("c-1")] == [("expired", "ping")]
        assert await life.take(late) == "expired"
        assert len(life.finals("c-1")) == 1

    lived(box, story)
    assert box.tools.said == []


def test_without_a_clock_the_session_alone_bounds_its_life(box: CommandBox) -> None:
    box.clock.step(0, synced=False)

    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1", expires_ms=1)) == "accepted"
        await life.settled()
        assert life.states("c-1")[-1] == "done"

    lived(box, story)


REFUSED = {
    "an unknown command": ("fly", {}, "kind"),
    "the config as a plain command": ("config ", {}, "kind"),
    "an argument too many": ("diagnose", {"force": True}, "arguments"),
    "an argument missing": ("ping", {}, "arguments"),
    "an argument of another type": ("ping", {"host": "a", "count": "5"}, "arguments"),
    "an argument beyond its bound": ("ping", {"host": "a", "count": 51}, "arguments"),
    "a host that would be an option": ("ping", {"host": "a b"}, "arguments"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_this_version_cannot_carry_out_is_rejected_for_good(box: CommandBox, what: str) -> None:
    name, arguments, code = REFUSED[what]

    async def story(life: Life) -> None:
        asked = box.command("c-1", name.strip(), arguments=arguments)
        if name == "config ":
            body = msgspec.Raw(b'{"name":"config"}')
            asked = box.center.sign("command", replace(box.command("c-1"), body=body))
        assert await life.take(asked) == "rejected"
        [only] = life.notices("c-1")
        assert (only.state, only.code) == ("rejected", code)

    lived(box, story)
    assert box.tools.said == []


@pytest.mark.parametrize("body", [b"[]", b'{"name":3}', b'{"name":"ping","arguments":{"host":[1]}}', b"17"])
def test_a_signed_body_nobody_can_read_is_rejected_too(box: CommandBox, body: bytes) -> None:
    async def story(life: Life) -> None:
        asked = box.center.sign("command", replace(box.command("c-1"), body=msgspec.Raw(body)))
        assert await life.take(asked) == "rejected"
        [only] = life.notices("c-1")
        assert (only.name, only.code) == ("unreadable", "arguments")

    lived(box, story)


def test_what_the_box_does_not_allow_is_rejected(box: CommandBox) -> None:
    box.config = CommandsConfig(deny=("reboot",))

    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1", "reboot")) == "rejected"
        assert [notice.code for notice in life.notices("c-1")] == ["not_allowed"]
        assert await life.take(box.command("c-2", "ping")) == "accepted"
        await life.settled()

    lived(box, story)


def test_more_than_can_wait_are_rejected_as_busy(box: CommandBox, held: None) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-0", "maintenance")) == "accepted"
        await life.until(lambda: handlers.BEGUN == ["c-0"], "its begin")
        asked = [box.command(f"c-{number}", "maintenance") for number in range(1, MOST_WAITING + 2)]
        answers = [await life.take(each) for each in asked]
        assert answers == ["accepted"] * MOST_WAITING + ["rejected"]
        assert [notice.code for notice in life.notices(f"c-{MOST_WAITING + 1}")] == ["busy"]
        handlers.let_go()
        await life.settled()
        assert [f"c-{number}" for number in range(MOST_WAITING + 1)] == handlers.BEGUN, "in the order they came"

    lived(box, story)


def test_looks_run_beside_a_long_command_and_deeds_wait_for_it(box: CommandBox, held: None) -> None:
    async def story(life: Life) -> None:
        for ident, name in (("d-1", "update"), ("d-2", "reboot"), ("l-1", "ping"), ("l-2", "dns"), ("l-3", "trace")):
            assert await life.take(box.command(ident, name)) == "accepted"
        await life.until(lambda: len(handlers.BEGUN) == 3, "three of them")
        assert sorted(handlers.BEGUN) == ["d-1", "l-1", "l-2"]
        handlers.let_go()
        await life.settled()
        assert handlers.BEGUN.index("d-2") > handlers.BEGUN.index("d-1")

    lived(box, story)


def test_the_order_of_arrival_is_not_the_order_of_signing(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        first, second, third = (box.command(f"c-{number}", "maintenance") for number in (1, 2, 3))
        for each in (third, first, second, first, third):
            assert await life.take(each) in ("accepted", "running", "done", "failed")
        await life.settled()
        assert [len(life.finals(f"c-{number}")) for number in (1, 2, 3)] == [1, 1, 1]

    lived(box, story)


def test_a_handler_this_version_lacks_ends_the_command_and_nothing_else(
    box: CommandBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table.HANDLERS, "logs", "agent.commands.nowhere:run")

    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1", "logs")) == "accepted"
        assert await life.take(box.command("c-2")) == "accepted"
        await life.settled()
        assert [(notice.state, notice.code) for notice in life.finals("c-1")] == [("failed", "fault")]
        assert [notice.state for notice in life.finals("c-2")] == ["done"]

    lived(box, story)


def test_one_that_waited_too_long_is_not_begun(box: CommandBox, held: None) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1", "update")) == "accepted"
        await life.until(lambda: handlers.BEGUN == ["c-1"], "its begin")
        assert await life.take(box.command("c-2", "maintenance")) == "accepted"
        box.clock.advance(3600)
        handlers.let_go()
        await life.settled()
        assert [(notice.state, notice.code) for notice in life.finals("c-2")] == [("failed", "timeout")]

    lived(box, story)
    assert handlers.BEGUN == ["c-1"]


def test_what_is_forgotten_cannot_be_repeated(box: CommandBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.commands.book.MOST_FINALS", 3)

    async def story(life: Life) -> None:
        asked = [box.command(f"c-{number}", "dns") for number in range(6)]
        for each in asked:
            await life.take(each)
            await life.settled()
        assert [await life.take(each) for each in asked] == ["done"] * 6, "a copy could still come: none is forgotten"
        box.clock.advance(3600)
        await life.take(box.command("c-6", "dns"))
        await life.settled()
        assert len(life.runner.book.entries) == 3
        assert len(list((box.data_dir / "commands").iterdir())) == 3
        assert await life.take(asked[0]) == "expired", "it is not known any more, and too late"
        box.nonce = "nonce-2"
        assert await life.take(asked[1]) == "", "nor for this session"
        assert [len(life.finals(f"c-{number}")) for number in range(1, 7)] == [1] * 6

    lived(box, story)
    assert len(box.tools.said) == 7


def test_more_than_can_be_remembered_are_not_taken_at_all(box: CommandBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.commands.book.MOST_ENTRIES", 2)

    async def story(life: Life) -> None:
        for ident in ("c-1", "c-2"):
            assert await life.take(box.command(ident)) == "accepted"
            await life.settled()
        third = box.command("c-3")
        assert await life.take(third) == ""
        assert life.notices("c-3") == []
        assert await life.take(box.command("c-1")) == "done"

    lived(box, story)


def test_a_damaged_file_is_put_aside_and_its_command_not_begun_again(box: CommandBox) -> None:
    async def begin(life: Life) -> None:
        for ident in ("c-1", "c-2"):
            assert await life.take(box.command(ident)) == "accepted"
        await life.settled()

    async def again(life: Life) -> None:
        assert await life.take(box.command("c-1")) == "failed"
        assert [notice.state for notice in life.finals("c-1")] == ["done"], "the outbox has told how it ended"
        assert await life.take(box.command("c-2")) == "done"

    lived(box, begin)
    (box.data_dir / "commands" / "c-1.json").write_bytes(b'{"id":"c-1","name"')
    lived(box, again)
    assert (box.data_dir / "commands" / "c-1.json.damaged").exists()
    assert len(box.tools.said) == 2


def test_two_keys_are_trusted_while_one_takes_over_from_the_other(box: CommandBox) -> None:
    old, new = box.center, Signing(b"n" * 32)
    both = " ".join(base64.b64encode(key.public).decode() for key in (old, new))
    only_new = base64.b64encode(new.public).decode()

    async def story(life: Life) -> None:
        assert await life.take(box.command("k-1", "keys", arguments={"keys": only_new})) == "accepted"
        await life.settled()
        assert life.finals("k-1")[0].code == "locks_out", "not by the old one alone"
        await life.take(box.command("k-2", "keys", arguments={"keys": both}))
        await life.settled()
        assert await life.take(box.command("c-1")) == "accepted", "the old one is good until the centre changes"
        box.center = new
        assert await life.take(box.command("c-2")) == "accepted"
        await life.take(box.command("k-3", "keys", arguments={"keys": only_new}))
        await life.settled()
        box.center = old
        assert await life.take(box.command("c-3")) == ""

    lived(box, story)
    assert box.forged == ["unknown_key"]
    assert store.file_name("k-1") == "k-1.json"


def test_keys_that_are_damaged_on_the_card_give_way_to_those_it_was_made_with(box: CommandBox) -> None:
    brought = box.data_dir / "command-keys" / "keys"
    brought.parent.mkdir(parents=True)
    brought.write_bytes(b"ed25519 \xff\xfe")

    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1")) == "accepted"
        await life.settled()

    lived(box, story)
    assert box.forged == []
