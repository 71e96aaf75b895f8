"""The description of the addresses: the checked-in file is the code's, and it is of the very addresses served."""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from center.open311.describe import description, text

FILE = Path(__file__).resolve().parents[3] / "docs" / "open311.json"


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


def test_every_address_served_is_described(city: Path) -> None:
    from center.open311.urls import urlpatterns

    served = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", str(one.pattern)).replace("{request_id}", "{service_request_id}")
        for one in urlpatterns
    }
    with_ending = {
        path.replace(".{form}", f".{form}") for path in served if "{form}" in path for form in ("json", "xml")
    }
    assert {f"/open311/{path}" for path in with_ending} == set(description()["paths"])


def test_real_answers_are_as_described(client: Any, get: Any, post: Any, city: Path) -> None:
    fields = {"service_code": "jalan", "address_id": "3673011001", "description": "Jalan rusak"}
    handed = post(fields)
    request_id = json.loads(handed.content)[0]["service_request_id"]
    answers = {
        "Handed": handed,
        "Requests": get(f"requests/{request_id}.json"),
        "Services": client.get("/open311/v2/services.json"),
        "Definition": client.get("/open311/v2/services/jalan.json"),
        "Discovery": client.get("/open311/discovery.json"),
        "Errors": client.get("/open311/v2/requests.json"),
    }
    schemas = description()["components"]["schemas"]
    assert answers.keys() == schemas.keys()
    for name, answer in answers.items():
        nullable = json.loads(re.sub(r'"nullable": true, "type": "(\w+)"', r'"type": ["\1", "null"]',
                                     json.dumps(schemas[name], sort_keys=True)))  # fmt: skip
        Draft7Validator(nullable).validate(json.loads(answer.content))
