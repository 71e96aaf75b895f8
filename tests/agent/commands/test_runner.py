"""Remote commands at the node, from what arrives to what the centre reads: each is carried out once and ends once."""

import base64

import pytest

from agent.commands import store, table
from tests.support import command_handlers as handlers
from tests.support.command_box import CommandBox, Life, Signing, lived
from wire.commands import MOST_WAITING


def test_a_good_command_is_accepted_runs_and_is_done_with_what_it_printed(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1")) == "accepted"
        await life.settled()
        assert life.states("c-1") == ["accepted", "running", "done"]
        assert life.finals("c-1")[0].result == {"exit": 0, "ok": True}
        assert [part.text for part in life.output("c-1")] == ["$ sandi ping -n 1 -i 0.2 -- 127.0.0.1\n"]

    lived(box, story)
    assert box.forged == []


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
        assert await life.take(box.command("c-2", "restart-kiosk")) == "accepted"
        box.clock.advance(3600)
        handlers.let_go()
        await life.settled()
        assert [(notice.state, notice.code) for notice in life.finals("c-2")] == [("failed", "timeout")]

    lived(box, story)
    assert handlers.BEGUN == ["c-1"]


def test_work_is_announced_while_an_update_goes_on(box: CommandBox, held: None) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1", "update")) == "accepted"
        await life.until(lambda: handlers.BEGUN == ["c-1"], "its begin")
        assert await life.take(box.command("c-2", "maintenance")) == "accepted"
        await life.until(lambda: handlers.BEGUN == ["c-1", "c-2"], "the work's begin")
        assert life.states("c-1")[-1] == "running"
        handlers.let_go()
        await life.settled()
        assert [life.states(ident)[-1] for ident in ("c-1", "c-2")] == ["done", "done"]

    lived(box, story)


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


def test_what_changed_the_box_is_not_forgotten_because_of_many_looks(
    box: CommandBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed anew for a later session under its id, it is answered with its end and not done again."""
    monkeypatch.setattr("agent.commands.book.MOST_FINALS", 2)

    async def story(life: Life) -> None:
        assert await life.take(box.command("keep", "keys")) == "accepted"
        await life.settled()
        for number in range(5):
            box.clock.advance(3600)
            await life.take(box.command(f"c-{number}", "dns"))
            await life.settled()
        box.nonce = "nonce-2"
        assert await life.take(box.command("keep", "keys")) == "done"
        assert len(life.finals("keep")) == 1

    lived(box, story)


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
