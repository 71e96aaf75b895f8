"""What is offered: the kiosks' subjects, with their questions, in both languages; and what a city says of itself."""

import json
from pathlib import Path
from typing import Any

from wire.subjects import SUBJECTS


def listed(answer: Any) -> Any:
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_every_subject_of_the_kiosk_is_a_service(client: Any) -> None:
    services = listed(client.get("/open311/v2/services.json"))
    assert [one["service_code"] for one in services] == [one.code for one in SUBJECTS]
    assert [one["service_name"] for one in services] == [one.label_id for one in SUBJECTS]
    assert {(one["metadata"], one["type"]) for one in services} == {(True, "realtime")}
    for service, subject in zip(services, SUBJECTS, strict=True):
        assert subject.label_en in service["keywords"] and service["description"] == subject.hint_id
        assert service["group"]
    english = listed(client.get("/open311/v2/services.json?lang=en"))
    assert [one["service_name"] for one in english] == [one.label_en for one in SUBJECTS]


def test_a_definition_asks_what_kind_it_is_where_and_the_callers_number(client: Any) -> None:
    for subject in SUBJECTS:
        definition = listed(client.get(f"/open311/v2/services/{subject.code}.json"))
        assert definition["service_code"] == subject.code
        asked = definition["attributes"]
        assert [(one["code"], one["datatype"], one["required"]) for one in asked] == [
            ("category", "singlevaluelist", False), ("rt_rw", "string", False), ("external_id", "string", False),
        ]  # fmt: skip
        assert [one["order"] for one in asked] == [1, 2, 3]
    assert [one["key"] for one in asked[0]["values"]] == ["aduan", "laporan", "saran", "pendapat"]


def test_another_citys_services_are_not_here(client: Any) -> None:
    for path in ("services.json", "services/jalan.json", "tokens/1.json"):
        answer = client.get(f"/open311/v2/{path}?jurisdiction_id=sfgov.org")
        assert answer.status_code == 404 and "jurisdiction_id" in listed_error(answer)
        assert client.get(f"/open311/v2/{path}?jurisdiction_id=").status_code in {200, 404}
    assert client.get("/open311/v2/services.json?jurisdiction_id=serangkota.go.id").status_code == 200


def listed_error(answer: Any) -> str:
    return str(json.loads(answer.content)[0]["description"])


def test_a_city_says_of_itself_what_its_configuration_says(client: Any, tmp_path: Path, monkeypatch: Any) -> None:
    from dataclasses import replace

    from django.conf import settings

    from center.config import load_config

    (tmp_path / "center.toml").write_text(
        '[open311]\njurisdiction_id = "kota.example"\ncontact = "Ibu & <Bapak>"\nkey_service = "telepon"\n'
    )
    city = load_config(tmp_path).open311
    monkeypatch.setattr(settings, "CENTER", replace(settings.CENTER, open311=city))
    assert client.get("/open311/v2/services.json?jurisdiction_id=kota.example").status_code == 200
    assert client.get("/open311/v2/services.json?jurisdiction_id=serangkota.go.id").status_code == 404
    assert b"<contact>Ibu &amp; &lt;Bapak&gt;</contact>" in client.get("/open311/discovery.xml").content
    assert listed(client.get("/open311/discovery"))["key_service"] == "telepon"
