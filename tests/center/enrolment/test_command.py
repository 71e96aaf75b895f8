"""`sandi-center enrolment` as it is typed: what waits, comparing a key, who was turned away."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from center.cli import main
from center.pki import Authority
from tests.support.enrolment import NODE, OTHER, Box, enrolment_data
from wire.enrolment import Refused, Waiting, fingerprint_text, parse_answer

Command = Callable[..., str]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Authority]]:
    with enrolment_data(tmp_path_factory.mktemp("command") / "center") as found:
        yield found


@pytest.fixture
def command(city: tuple[Path, Authority], capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: str, code: int = 0) -> str:
        assert main(["--lang", "en", "enrolment", "--data", str(city[0]), *words]) == code
        said = capsys.readouterr()
        return said.out + said.err

    return run


def token(node: str, **other: Any) -> str:
    from center.enrolment.tokens import new_token

    return new_token(node, role="kelurahan-kiosk", model="pi-4b", by="cli:test", days=14, **{"confirm": True, **other})


def ask(city: tuple[Path, Authority], box: Box, text: str) -> object:
    from center.enrolment.answering import Answering

    reply = Answering(city[1], bytes(32), 731).enrol(box.enrol(text), "10.0.0.9")
    return parse_answer(reply.status, reply.body)


def test_an_operator_compares_and_confirms(city: tuple[Path, Authority], command: Command) -> None:
    from center.accounts.models import Act
    from center.enrolment.models import EnrolmentRequest

    box, text = Box(), token(NODE)
    assert isinstance(ask(city, box, text), Waiting)
    digits = fingerprint_text(box.fingerprint)
    listed = command("list")
    assert digits in listed and "waiting" in listed and "10.0.0.9" in listed and "token valid" in listed
    told = json.loads(command("list", "--json"))
    assert [row["fingerprint"] for row in told["requests"]] == [digits]
    assert [(row["node"], row["state"], row["confirm"]) for row in told["tokens"]] == [(NODE, "open", True)]
    for wrong in ("a1b2", digits[:-1], "zzzz zzzz zzzz zzzz"):
        assert "16 digits" in command("confirm", NODE, wrong, code=2)
    assert "no key 0000000000000000" in command("confirm", NODE, "0" * 16, code=2)
    assert f"of {OTHER} waits" in command("confirm", OTHER, digits, code=2), "not under another node's name"
    assert "half a minute" in command("confirm", NODE, *digits.upper().split())
    assert EnrolmentRequest.objects.get(fingerprint=box.fingerprint).decided_by.startswith("cli:")
    act = Act.objects.get(what="enrolment-confirm")
    assert (act.subject, act.detail) == (NODE, box.fingerprint[:16])
    assert ask(city, box, text) == ask(city, box, text)
    assert digits not in command("list")
    assert [row["state"] for row in json.loads(command("list", "--json", "--all"))["tokens"]] == ["used"]


def test_a_key_is_declined(city: tuple[Path, Authority], command: Command) -> None:
    box, text = Box(OTHER), token(OTHER)
    ask(city, box, text)
    assert "declined" in command("decline", OTHER, box.fingerprint)
    answer = ask(city, box, text)
    assert isinstance(answer, Refused) and answer.code == "declined"
    assert command("decline", OTHER, box.fingerprint, code=2)


def test_a_card_is_taken_back(city: tuple[Path, Authority], command: Command) -> None:
    text = token("opd-setda", confirm=False)
    assert "1 tokens of opd-setda revoked" in command("revoke-token", "opd-setda")
    assert "0 tokens" in command("revoke-token", "opd-setda")
    assert "no site" in command("revoke-token", "opd-nowhere", code=2)
    answer = ask(city, Box("opd-setda"), text)
    assert isinstance(answer, Refused) and answer.code == "token_revoked"


def test_who_was_turned_away_is_listed_and_ends_with_1(city: tuple[Path, Authority], command: Command) -> None:
    from center.enrolment.refusals import Refusals

    assert "Nobody was turned away" in command("refusals")
    assert json.loads(command("refusals", "--json")) == []
    refusals = Refusals()
    refusals.add("token_used", NODE, "2001:db8:1:2::/64", 12)
    refusals.flush()
    said = command("refusals", code=1)
    assert "token_used" in said and NODE in said and "2001:db8:1:2::/64" in said and "12" in said
    (row,) = json.loads(command("refusals", "--json", code=1))
    assert (row["code"], row["count"]) == ("token_used", 12)


def test_certificates_are_listed_by_their_end_and_one_that_is_near_ends_with_1(
    city: tuple[Path, Authority], command: Command
) -> None:
    from datetime import UTC, datetime, timedelta

    from center.sites.models import Node

    ask(city, Box("opd-dinkes"), token("opd-dinkes", confirm=False))
    assert "opd-dinkes" in command("certificates") and "good" in command("certificates")
    assert "No certificate ends" in command("certificates", "--ending")
    known = Node.objects.get(pk="opd-dinkes")
    ends = datetime.now(UTC) + timedelta(days=3)
    near = Node(
        pk="opd-dinkes-2", site=known.site, enrolled_at=known.enrolled_at, certificate_expires_at=ends,
        certificate_serial="77",
    )  # fmt: skip
    near.save(force_insert=True)
    try:
        assert "less than 14 days" in command("certificates", "--ending", code=1)
        first, *others = json.loads(command("certificates", "--json", code=1))
        assert (first["node"], first["state"], first["serial"]) == ("opd-dinkes-2", "urgent", "77")
        assert first["expires_at"] == ends.isoformat(timespec="seconds")
        assert "opd-dinkes" in {row["node"] for row in others}
    finally:
        near.delete()
