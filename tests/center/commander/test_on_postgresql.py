"""The same on PostgreSQL: ordered, approved, signed, signed anew, stopped; its book is a file all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commanding import Desk, body_of, born, desk
from tests.support.postgresql import binaries
from tests.support.postgresql_center import center_on_postgresql, migrated_postgresql

NODES = ("kel-3673011001", "kel-3673011002")
pytestmark = [pytest.mark.full, pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with migrated_postgresql() as address:
        yield address


@pytest.fixture
def office(url: str, tmp_path: Path) -> Iterator[Desk]:
    with center_on_postgresql(url, tmp_path / "center") as data, desk(data, *NODES) as made:
        made.person("sari")
        made.person("budi")
        yield made


def test_an_order_goes_its_whole_way(office: Desk) -> None:
    from center.commander.frames import Approve, Roll, Stop
    from center.operations.models import Downlink, Operation

    made = office.order("reboot", otp=office.code("sari"), roll=Roll(canary=1)).operation
    assert office.office.answer(Approve(made, "budi", office.code("budi"))).code == ""
    assert office.office.round() == 1
    assert office.targets(made) == {NODES[0]: "due", NODES[1]: "queued"}
    assert office.signed(made) == {NODES[0]}
    born(NODES[0], "nonce-new", office.now_ms)
    assert office.office.round() == 1
    row = Downlink.objects.get(node=NODES[0])
    assert (row.nonce, office.verifies(row)) == ("nonce-new", True)
    assert office.office.answer(Stop(made, "cancel", "sari")).code == ""
    assert Operation.objects.get(pk=made).state == "cancelled"


def test_a_configuration_and_strange_texts(office: Desk) -> None:
    fields = {"toml": '[health]\nx = "\u20ac \\"q\\""\n', "note": "catatan \U0001f600"}
    assert office.order("config", otp=office.code("sari"), **fields).code == ""
    office.office.round()
    assert {body_of(row)["toml"] for row in office.downlinks() if row.leaf == "config"} == {fields["toml"]}
    assert office.order("ping", arguments={"host": "x"}, note="a\0").code == "arguments"


def test_a_database_that_is_away_loses_no_order(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written into the book, then the database goes: the order stands, and its rows come with a later round."""
    from django.db import OperationalError

    from center.commander import mirror
    from center.operations.models import Operation

    def away(*_: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(mirror, "carry_over", away)
        answer = office.order("ping", arguments={"host": "x"})
    assert (answer.code, bool(answer.detail)) == ("", True)
    assert not Operation.objects.filter(pk=answer.operation).exists()
    office.office.round()
    assert office.signed(answer.operation) == set(NODES)
