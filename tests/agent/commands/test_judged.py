"""The judgement at the node with its real parts: what is forged, late, unknown or too much, and what is said of it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agent.commands.config import CommandsConfig
from agent.commands.verify import Pinned, pinned
from tests.support.command_box import CommandBox, Life, Signing, lived
from wire.keys import key_id
from wire.shape import replace


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

    monkeypatch.setattr("agent.commands.admission.pinned", counted)

    async def story(life: Life) -> None:
        for number in range(50):
            assert await life.take(replace(box.command(f"c-{number}"), signature="AAAA")) == ""
        assert len(reads) == 1
        box.clock.advance(2)
        assert await life.take(box.command("c-1")) == "accepted"
        assert len(reads) == 2

    lived(box, story)
    assert len(box.forged) == 50


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
