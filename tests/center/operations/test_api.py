"""Operations by the interface for programs: read by who may, commands that look ordered, nothing else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.commanding import desk
from tests.support.orders import order, set_target, target_of
from wire.commands import COMMANDS

NODES = ("kel-3673011001", "kel-3673011002")


@pytest.fixture
def client_as(center_data: Path) -> Callable[[str], Any]:
    """A client signed in with a role."""
    from django.contrib.auth.models import Group
    from django.test import Client

    from center.accounts.models import User

    def sign_in(role: str) -> Any:
        user = User.objects.create_user(username=f"a-{role}", password=None)
        user.groups.add(Group.objects.get(name=role))
        client = Client(headers={"host": "localhost"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def ask_for(client: Any, **fields: Any) -> Any:
    body = {"command": "ping", "nodes": list(NODES), "arguments": {"host": "10.0.0.1"}, **fields}
    return client.post("/api/v1/operations", body, content_type="application/json")


@pytest.fixture
def clerk(client_as: Callable[[str], Any]) -> Any:
    """An operator's client."""
    return client_as("operator")


@pytest.fixture
def commander(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real commander in this process, asked without its socket."""
    with desk(center_data, *NODES) as made:
        monkeypatch.setattr("center.api.operations.ask_now", lambda _data, question: made.office.answer(question))
        yield made


def test_a_list_goes_page_by_page_and_by_choice(client_as: Callable[[str], Any]) -> None:
    made = [order(made_ms=1_000 + number // 2) for number in range(5)]
    order(NODES[1:], "reboot", "waiting", made_ms=1)
    client = client_as("operator")
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/operations?limit=2&command=ping&cursor={cursor}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(made)
    assert [one["state"] for one in client.get("/api/v1/operations?state=waiting").json()["items"]] == ["waiting"]
    assert len(client.get(f"/api/v1/operations?node={NODES[1]}&state=open").json()["items"]) == 1
    for wrong in ("bnVsbA", "WzEsMV0", "WyJ4IiwieCJd", "WzEsIlx1MDAwMCJd"):
        assert client.get(f"/api/v1/operations?cursor={wrong}").status_code == 400


def test_one_operation_brings_its_nodes_and_what_they_printed(client_as: Callable[[str], Any]) -> None:
    from center.operations.command_models import OperationOutput

    made = order(NODES, canary=1)
    target = target_of(made, NODES[0])
    set_target(target, state="done", by_node=True, progress_pct=100, result='{"loss_pct": 0}')
    OperationOutput.objects.create(target_id=target, part=2, text="later\n", cut=True)
    client = client_as("technician")
    found = client.get(f"/api/v1/operations/{made}").json()
    assert (found["waves"], found["counts"]["done"], found["counts"]["queued"]) == (2, 1, 1)
    assert [(one["node"], one["wave"], one["parts"]) for one in found["targets"]] == [
        (NODES[0], 1, 1),
        (NODES[1], 2, 0),
    ]
    assert found["targets"][0]["result"] == {"loss_pct": 0}
    printed = client.get(f"/api/v1/operations/{made}/{NODES[0]}/output").json()
    assert (printed["parts"], printed["missing"], printed["cut"]) == (1, 1, True)
    assert client.get(f"/api/v1/operations/{made}/nobody/output").status_code == 404


def test_a_command_that_looks_is_ordered_once_per_key(client_as: Callable[[str], Any], commander: Any) -> None:
    client = client_as("operator")
    answer = ask_for(client, key="k-1")
    assert answer.status_code == 201
    again = ask_for(client, key="k-1")
    assert again.json() == answer.json()
    found = client.get(f"/api/v1/operations/{answer.json()['operation']}").json()
    assert (found["made_by"], found["abort_pct"], [one["state"] for one in found["targets"]]) == (
        "a-operator", 100, ["due", "due"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"command": "reboot", "arguments": {}}, 403),
        ({"command": "config", "arguments": {}}, 403),
        ({"command": "no-such"}, 403),
        ({"nodes": ["kel-3673011009"]}, 422),
        ({"nodes": ["../etc"]}, 422),
        ({"nodes": []}, 422),
        ({"arguments": {"host": "x", "count": 5000}}, 422),
        ({"arguments": {"host": "x; reboot"}}, 422),
        ({"key": "a b"}, 422),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_ordered(
    client_as: Callable[[str], Any], commander: Any, fields: dict[str, Any], status: int
) -> None:
    from center.operations.command_models import Operation

    assert ask_for(client_as("technician"), **fields).status_code == status
    assert not Operation.objects.exists()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "command": st.sampled_from([*COMMANDS, "no-such"]) | ANYTHING,
        "nodes": st.lists(st.sampled_from([*NODES, "opd-setda"]) | st.text(max_size=9), max_size=3) | ANYTHING,
        "arguments": st.dictionaries(st.sampled_from(["host", "count", "name", "url"]), SCALARS) | ANYTHING,
        "key": st.text(max_size=9) | ANYTHING,
        "note": st.text(max_size=20) | ANYTHING,
    },
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(BODIES.map(lambda body: json.dumps(body).encode()), st.binary(max_size=60)))
def test_whatever_is_sent_is_ordered_whole_or_refused(clerk: Any, commander: Any, body: bytes) -> None:
    from center.operations.command_models import Operation

    before = Operation.objects.count()
    answer = clerk.post("/api/v1/operations", body, content_type="application/json")
    assert answer.status_code in {201, 400, 403, 409, 422, 429}, answer.content
    assert answer.status_code == 201 or Operation.objects.count() == before
    if answer.status_code == 201:
        row = Operation.objects.get(pk=answer.json()["operation"])
        assert COMMANDS[row.command].gravity == "look"
        assert set(row.targets.values_list("node", flat=True)) <= set(NODES)


@pytest.mark.parametrize("role", ["viewer", "agency", "lurah", "leadership"])
def test_who_may_not_order_does_not(client_as: Callable[[str], Any], commander: Any, role: str) -> None:
    client = client_as(role)
    assert ask_for(client).status_code == 403
    assert client.get("/api/v1/operations").status_code == 403


def test_a_program_with_a_token_orders_nothing(client_as: Callable[[str], Any], commander: Any) -> None:
    from django.test import Client

    from center.accounts.tokens import add_token

    token = add_token("monitor", "city", made_by="test")
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    assert ask_for(client).status_code == 403


def test_without_a_commander_it_says_so(client_as: Callable[[str], Any]) -> None:
    answer = ask_for(client_as("operator"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "commander" in answer.json()["detail"]
