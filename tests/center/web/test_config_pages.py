"""Pushing a configuration from the pages before a real commander: written, refused, looked at, sent, shown, undone."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import configs, wall_city
from tests.support.commander_alone import Phones, commander

A, B = NODES = ("kel-3673011001", "kel-3673011002")
NEW = "/fleet/config/new/"
Client = Callable[[str], Any]


@pytest.fixture
def boxes(city: Path) -> Path:
    for node in NODES:
        wall_city.add_node(node)
    return city


@pytest.fixture
def phones(boxes: Path) -> Iterator[Phones]:
    with commander(boxes, "technician") as found:
        yield found


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(*nodes: str, toml: str = configs.TOML, **more: Any) -> dict[str, Any]:
    roll = {"canary": 1, "batch_size": 2, "pause_min": 0, "abort_pct": 20, "within": "5"}
    return {"toml": toml, "over": "", "how": "nodes", "node": list(nodes), "note": "uji", **roll, **more}


def held(answer: Any) -> str:
    found = re.search(r'name="order" value="([^"]*)"', answer.content.decode())
    assert found, text(answer)
    return found[1].replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def test_what_changes_is_looked_at_and_then_sent_with_a_code(phones: Phones, client_as: Client) -> None:
    from center.fleet.models import ConfigPush, NodeConfig

    configs.runs(A, 0, "card")
    client = client_as("technician")
    over = f"[{B}.health]\ninterval_s = 30\n"
    looked = client.post(f"{NEW}?lang=id", form(A, B, over=over, toml="[health]\r\ninterval_s = 60\r\n"))
    assert looked.status_code == 200 and not ConfigPush.objects.exists()
    assert "+interval_s = 60" in text(looked) and "+interval_s = 30" in text(looked)
    assert "kini memakai isi kartu" in text(looked) and "isinya sekarang tidak diketahui" in text(looked)
    assert json.loads(held(looked))["confirm_within_s"] == 300
    refused = client.post(f"{NEW}?lang=id", {"order": held(looked), "otp": "12"})
    assert refused.status_code == 422 and "+interval_s = 60" in text(refused)
    sent = client.post(NEW, {"order": held(looked), "otp": phones.code("technician")})
    [push] = ConfigPush.objects.all()
    assert sent.headers["Location"] == f"/operations/{push.operation}/"
    assert (push.toml, push.made_by, push.note) == ("[health]\ninterval_s = 60\n", "technician", "uji")
    assert json.loads(push.per_node) == {B: "[health]\ninterval_s = 30\n"}
    assert set(NodeConfig.objects.values_list("node", "wanted_revision")) == {(A, 1), (B, 1)}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"toml": "[health"}, "bukan TOML"),
        ({"toml": "[health]\ninterval_s = -1\n"}, "health.interval_s"),
        ({"toml": "[node]\nplace = 'x'\n"}, "hanya kartu"),
        ({"over": "[kel-9999999999.health]\ninterval_s = 30\n"}, "bukan kotak"),
        ({"over": f"[{A}.uplink]\nport = 0\n"}, A),
        ({"node": []}, "Belum ada kotak"),
        ({"within": "3"}, "Ada yang belum cocok"),
    ],
)
def test_what_a_box_would_not_take_is_said_and_nothing_is_sent(
    boxes: Path, client_as: Client, fields: dict[str, Any], said: str
) -> None:
    answer = client_as("technician").post(f"{NEW}?lang=id", form(A) | fields)
    assert answer.status_code == 422 and said in text(answer)
    assert 'name="order"' not in answer.content.decode()


def test_an_order_that_is_none_or_of_another_kind_is_not_sent(phones: Phones, client_as: Client) -> None:
    from center.operations.models import Operation

    client = client_as("technician")
    reboot = '{"type":"order","key":"k","command":"reboot","nodes":["kel-3673011001"],"by":"x"}'
    broken = '{"type":"order","key":"k","command":"config","nodes":["kel-3673011001"],"by":"x","toml":"[a"}'
    for order in ("", "{", "[]", reboot, broken):
        answer = client.post(NEW, {"order": order, "otp": phones.code("technician") if order == reboot else "1"})
        assert answer.status_code == 403
    assert not Operation.objects.exists()


def test_the_list_tells_who_differs_and_what_was_pushed(boxes: Path, client_as: Client) -> None:
    revision = configs.add_push({A: "failed", B: "done"}, note="lampu")
    configs.runs(A, 0, "reverted", tried=revision, code="disk")
    configs.runs(B, revision, overrides=["health.interval_s"])
    said = text(client_as("operator").get("/fleet/config/?lang=id"))
    assert "dibatalkan oleh kotak" in said and "penyimpanan penuh karenanya" in said
    assert "diubah langsung di kotak" in said and "health.interval_s" in said
    assert "lampu" in said and "Kirim setelan" not in said  # an operator only looks
    assert "Kirim setelan" in text(client_as("technician").get("/fleet/config/?lang=id"))


def test_an_older_one_is_pushed_again_from_its_page(boxes: Path, client_as: Client) -> None:
    revision = configs.add_push({A: "done"}, per_node={A: "[led]\nenabled = true\n"})
    client = client_as("technician")
    page = client.get(f"/fleet/config/{revision}/?lang=id")
    assert "interval_s = 60" in text(page) and f"[{A}.led]" in text(page)
    assert f"{NEW}?from={revision}" in page.content.decode()
    new = client.get(f"{NEW}?from={revision}&node={A}&lang=id").content.decode()
    assert "interval_s = 60" in new and f"[{A}.led]" in new and f"seperti nomor {revision}" in new
    begun = client.get(f"{NEW}?lang=id").content.decode()  # who changes one key keeps the others
    assert "interval_s = 60" in begun and "seperti nomor" not in begun
    for number in ("0", "7", "9" * 40):
        assert client.get(f"/fleet/config/{number}/").status_code == 404
        assert client.get(f"{NEW}?from={number}").status_code == 200


def test_an_empty_one_sends_boxes_back_to_their_cards(boxes: Path, client_as: Client) -> None:
    configs.runs(A, configs.add_push({A: "done"}))
    answer = client_as("technician").post(NEW, form(A, toml=" \n"))
    assert json.loads(held(answer))["toml"] == "# the card alone\n"
    assert "-interval_s = 60" in text(answer)
