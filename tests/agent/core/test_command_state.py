"""The judgement of remote commands, its order above all; and what may follow on what."""

import base64
import hashlib
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import command_state as core
from agent.core.command_state import Sight, judge
from wire.afar import FINAL, State
from wire.bodies import Command, ConfigRevision
from wire.commands import COMMANDS, MOST_WAITING, Ping
from wire.messages import Downlink, signed_bytes
from wire.shape import replace

NODE = "kel-3673011001"
KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}
STATES: tuple[State, ...] = get_args(State)


def sign(public: bytes, message: bytes) -> bytes:
    """A signature anybody can make: what matters here is who is asked, and when."""
    return hashlib.sha256(public + message).digest()


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    return signature == sign(public, message)


def asked(leaf: str = "command", name: str = "ping", key: str = "k1", **changes: Any) -> Downlink:
    body = msgspec.json.encode(Command(name, {"host": "a"}))
    plain = Downlink(1, "c-1", "g1", 1, msgspec.Raw(body), nonce="n1", expires_ms=1000, key_id=key)
    return signed(leaf, replace(plain, **changes))


def signed(leaf: str, downlink: Downlink) -> Downlink:
    made = sign(KEYS[downlink.key_id], signed_bytes(NODE, leaf, downlink))
    return replace(downlink, signature=base64.b64encode(made).decode())


SIGHT = Sight(NODE, "n1", 500, True, KEYS)
LATE = replace(SIGHT, wall_ms=1001)


def everything(_: str) -> bool:
    return True


def nothing(_: str) -> bool:
    return False


def test_a_good_one_is_accepted_with_its_arguments() -> None:
    found = judge("command", asked(), SIGHT, verify, everything)
    assert (found.kind, found.state, found.name, found.arguments) == ("accepted", "accepted", "ping", Ping("a"))


def test_a_pushed_configuration_comes_whole() -> None:
    revision = ConfigRevision("g1", 7, "[health]\n")
    pushed = signed("config", replace(asked(), body=msgspec.Raw(msgspec.json.encode(revision))))
    found = judge("config", pushed, SIGHT, verify, everything)
    assert (found.kind, found.name, found.arguments) == ("accepted", "config", revision)


FAULTS = ("signature", "known", "nonce", "expiry", "body", "leave", "room")


def told(faults: frozenset[str]) -> tuple[str, str]:
    """The verdict over a command with just these faults."""
    changes: dict[str, Any] = {"nonce": "n0"} if "nonce" in faults else {}
    if "expiry" in faults:
        changes["expires_ms"] = 400
    downlink = asked(name="fly" if "body" in faults else "ping", **changes)
    if "signature" in faults:
        downlink = replace(downlink, signature="AAAA")
    sight = replace(SIGHT, kept="done" if "known" in faults else None, waiting=99 if "room" in faults else 0)
    found = judge("command", downlink, sight, verify, nothing if "leave" in faults else everything)
    return found.kind, found.code


@given(st.sets(st.sampled_from(FAULTS)))
def test_of_several_faults_the_first_in_the_order_of_the_judgement_decides(faults: set[str]) -> None:
    alone = {fault: told(frozenset({fault})) for fault in FAULTS}
    assert len(set(alone.values())) == len(FAULTS)
    first = next((fault for fault in FAULTS if fault in faults), None)
    assert told(frozenset(faults)) == (alone[first] if first is not None else ("accepted", ""))


def test_what_is_said_of_each_fault() -> None:
    assert {fault: told(frozenset({fault})) for fault in FAULTS} == {
        "signature": ("forged", "bad_signature"),
        "known": ("known", ""),
        "nonce": ("other_session", ""),
        "expiry": ("ended", "expired"),
        "body": ("ended", "kind"),
        "leave": ("ended", "not_allowed"),
        "room": ("ended", "busy"),
    }


@given(
    leaf=st.sampled_from(["command", "config", "reply", "notice", "ack"]),
    body=st.one_of(st.binary(max_size=80), st.sampled_from([b'{"name":"ping","arguments":{"host":"a"}}', b"{}"])),
    nonce=st.text(max_size=70),
    key=st.sampled_from(["k1", "k2", "k3", ""]),
    signature=st.text(max_size=100),
    session=st.sampled_from(["", "n1"]),
)
def test_whatever_comes_unsigned_is_forged(
    leaf: str, body: bytes, nonce: str, key: str, signature: str, session: str
) -> None:
    strange = Downlink(1, "c-1", "g1", 1, msgspec.Raw(body), nonce, 2**50, key, signature)
    found = judge(leaf, strange, replace(SIGHT, nonce=session), verify, everything)
    assert found.kind == "forged"
    assert judge(leaf, strange, replace(SIGHT, keys={}), verify, everything).code == "no_keys"


@given(leaf=st.sampled_from(["command", "config", "reply", "ack"]), body=st.binary(max_size=200))
def test_whatever_is_signed_is_judged_without_an_error(leaf: str, body: bytes) -> None:
    strange = signed(leaf, replace(asked(), body=msgspec.Raw(body)))
    found = judge(leaf, strange, SIGHT, verify, everything)
    assert found.kind == "ended" and found.state == "rejected" and found.code in ("kind", "arguments")


def test_a_copy_with_any_part_changed_is_forged() -> None:
    good = asked()
    others: dict[str, Any] = {
        "id": "c-2", "generation": "g2", "created_ms": 2, "body": msgspec.Raw(b"{}"), "nonce": "n2",
        "expires_ms": 1001, "key_id": "k2",
    }  # fmt: skip
    for name, value in others.items():
        changed = replace(good, **{name: value})
        assert judge("command", changed, SIGHT, verify, everything).kind == "forged", name
    assert judge("config", good, SIGHT, verify, everything).kind == "forged"
    assert judge("command", good, replace(SIGHT, node="kel-3673011002"), verify, everything).kind == "forged"


def test_expiry_counts_from_the_millisecond_after_and_only_with_a_clock() -> None:
    assert judge("command", asked(), replace(SIGHT, wall_ms=1000), verify, everything).kind == "accepted"
    assert judge("command", asked(), LATE, verify, everything).state == "expired"
    assert judge("command", asked(), replace(LATE, synced=False), verify, everything).kind == "accepted"


def test_the_last_place_is_given_away_and_no_more() -> None:
    kinds = [
        judge("command", asked(), replace(SIGHT, waiting=count), verify, everything).kind
        for count in (MOST_WAITING - 1, MOST_WAITING)
    ]
    assert kinds == ["accepted", "ended"]


@given(st.lists(st.sampled_from(STATES), max_size=8))
def test_whatever_is_tried_a_command_comes_to_one_end_at_most(tried: list[State]) -> None:
    state: State | None = None
    ends = 0
    for wish in tried:
        if core.may_follow(state, wish):
            state = wish
            ends += wish in FINAL
    assert ends <= 1
    if state in FINAL:
        assert not any(core.may_follow(state, wish) for wish in STATES)


def test_what_may_follow_on_what() -> None:
    assert {(before, after) for before in (None, *STATES) for after in STATES if core.may_follow(before, after)} == {
        (None, "accepted"), (None, "rejected"), (None, "expired"),
        ("accepted", "running"), ("accepted", "failed"),
        ("running", "running"), ("running", "done"), ("running", "failed"),
    }  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_start_takes_up_what_ran_and_can_be_and_interrupts_the_rest(state: State) -> None:
    found = {
        resumable: [core.at_start(state, starts, resumable=resumable) for starts in (0, core.MOST_STARTS)]
        for resumable in (False, True)
    }
    if state in FINAL:
        assert found == {False: ["keep"] * 2, True: ["keep"] * 2}
    elif state == "accepted":
        assert found == {False: ["interrupted"] * 2, True: ["interrupted"] * 2}
    else:
        assert found == {False: ["interrupted"] * 2, True: ["resume", "interrupted"]}


@given(name=st.sampled_from(list(COMMANDS)), passed_ms=st.integers(-(10**6), 10**9), other_boot=st.booleans())
def test_a_node_gives_up_before_its_centre_does(name: str, passed_ms: int, other_boot: bool) -> None:
    left_s = core.left_s(name, "a", 1000, "b" if other_boot else "a", 1000 + passed_ms)
    assert left_s < COMMANDS[name].deadline_s
    if not other_boot and passed_ms > 1000 * COMMANDS[name].deadline_s:
        assert left_s <= 0


@given(st.booleans(), st.sampled_from(["", "n1", "n2"]), st.sampled_from(["n1", "n2"]), st.integers(0, 2000))
def test_what_a_copy_could_repeat_is_what_the_judgement_would_accept(
    synced: bool,
    session: str,
    nonce: str,
    wall_ms: int,
) -> None:
    sight = Sight(NODE, session, wall_ms, synced, KEYS)
    accepted = judge("command", asked(nonce=nonce), sight, verify, everything).kind == "accepted"
    assert core.replayable(nonce, 1000, session=session, wall_ms=wall_ms, synced=synced) == accepted


def test_what_changes_the_box_waits_for_one_another() -> None:
    assert {name for name in COMMANDS if core.lane(name) == "word"} == {"maintenance"}
    assert {name for name in COMMANDS if core.lane(name) == "deed"} == {
        "restart-agent", "restart-kiosk", "config", "reboot", "update", "keys",
    }  # fmt: skip
    assert core.lane("of-another-version") == "deed"
