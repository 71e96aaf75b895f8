"""The description of these addresses for programs: `python -m center.open311.describe > docs/open311.json`.

OpenAPI 3.0. A test holds the file to this text, and the fuzzer (schemathesis) holds the real server to the file.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from center.open311 import terms
from center.open311.markup import FORMATS
from wire.subjects import SUBJECTS

Schema = dict[str, Any]
TITLE: Final = "Open311 GeoReport v2 of Kota Serang"
KEYED: Final[list[Schema]] = [{"bearer": []}]
ANOTHER: Final = {"422": "the same number or key with other content"}
JSON_TYPE, XML_TYPE = "application/json", "text/xml"


def description() -> Schema:
    """The OpenAPI document."""
    paths: dict[str, Schema] = {}
    for form in FORMATS:
        paths |= {path.replace("{form}", form): operations for path, operations in _paths(form).items()}
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": "2.0", "description": (__doc__ or "").partition("\n")[0]},
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def text() -> str:
    """As it is checked in."""
    return json.dumps(description(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _paths(form: str) -> dict[str, Schema]:
    code = _in_path("service_code", {"type": "string", "enum": [one.code for one in SUBJECTS]})
    number = _in_path("service_request_id", {"type": "string", "format": "uuid"})
    issued = _in_path("token", {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"})
    jurisdiction = _in_query("jurisdiction_id", {"type": "string"})
    return {
        "/open311/discovery.{form}": {"get": _operation(form, "discovery", "Discovery", [], keyed=False)},
        "/open311/v2/services.{form}": {
            "get": _operation(form, "services", "Services", [jurisdiction], keyed=False),
        },
        "/open311/v2/services/{service_code}.{form}": {
            "get": _operation(form, "service", "Definition", [code, jurisdiction], keyed=False),
        },
        "/open311/v2/requests.{form}": {
            "get": _operation(form, "requests", "Requests", [*_filters(), jurisdiction]),
            "post": _operation(form, "hand_over", "Handed", [_idempotency()], refused=ANOTHER)
            | {"requestBody": _body()},
        },
        "/open311/v2/requests/{service_request_id}.{form}": {
            "get": _operation(form, "request", "Requests", [number, jurisdiction]),
        },
        "/open311/v2/tokens/{token}.{form}": {
            "get": _operation(form, "token", "", [issued, jurisdiction], keyed=False),
        },
    }


def _operation(
    form: str,
    name: str,
    answers: str,
    parameters: list[Schema],
    *,
    keyed: bool = True,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Schema:
    """One method of one address; without `answers` it has none but errors, `refused` are those of its own."""
    refused = {**refused, "400": "wrong", "404": "not found", "405": "not this method"}
    refused |= (
        {"403": "no key, or a wrong one", "413": "too large", "429": "too often", "503": "not now"} if keyed else {}
    )
    responses = {status: _response(form, "Errors", why) for status, why in refused.items()}
    if answers:
        responses["200"] = _response(form, answers, "the answer")
    operation = {"operationId": f"{name}_{form}", "parameters": parameters, "responses": responses}
    return operation | ({"security": KEYED} if keyed else {})


def _response(form: str, schema: str, why: str) -> Schema:
    """XML has no schema in the standard either."""
    kind, described = (XML_TYPE, {"type": "string"}) if form == "xml" else (JSON_TYPE, _of(schema))
    return {"description": why, "content": {kind: {"schema": described}}}


def _of(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def _idempotency() -> Schema:
    return {
        "name": "Idempotency-Key", "in": "header",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]*$", "maxLength": terms.MAX_KEY},
    }  # fmt: skip


def _filters() -> list[Schema]:
    moment = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "maxLength": 0}]}
    return [
        _in_query("service_request_id", {"type": "string"}),
        _in_query("service_code", {"type": "string"}),
        _in_query("status", {"type": "string", "pattern": "^((open|closed)(,(open|closed))*)?$"}),
        _in_query("start_date", moment),
        _in_query("end_date", moment),
    ]


def _body() -> Schema:
    """The form. That its location is one of three, and within the city, only the server can say (with 400)."""
    limits: Mapping[str, int] = {
        "lat": 24, "long": 24, "address_string": terms.MAX_ADDRESS, "address_id": 16, "email": terms.MAX_CONTACT,
        "first_name": terms.MAX_NAME, "last_name": terms.MAX_NAME,
        "phone": terms.MAX_CONTACT, "description": terms.MAX_TEXT, "media_url": terms.MAX_URL,
        "attribute[rt_rw]": terms.MAX_RT_RW, "attribute[external_id]": terms.MAX_EXTERNAL_ID,
    }  # fmt: skip
    fields: dict[str, Schema] = {name: {"type": "string", "maxLength": most} for name, most in limits.items()}
    fields["service_code"] = {"type": "string", "enum": [one.code for one in SUBJECTS]}
    fields["attribute[category]"] = {"type": "string", "enum": list(terms.CATEGORIES)}
    fields |= {name: {"type": "string"} for name in ("jurisdiction_id", "device_id", "account_id")}
    fields["api_key"] = {"type": "string", "format": "password"}
    example = {"service_code": "jalan", "address_id": "3673011001", "description": "Jalan berlubang di depan pasar"}
    form = {"type": "object", "required": ["service_code"], "properties": fields, "example": example}
    return {"required": True, "content": {terms.FORM_TYPE: {"schema": form}}}


def _schemas() -> dict[str, Schema]:
    words, maybe, yes_no = {"type": "string"}, {"type": "string", "nullable": True}, {"type": "boolean"}
    number = {"type": "number", "nullable": True}
    moment = {"type": "string", "format": "date-time"}
    value = _object(key=words, name=words)
    attribute = _object(
        variable=yes_no, code=words, datatype={"type": "string", "enum": ["string", "singlevaluelist"]},
        required=yes_no, datatype_description=maybe, order={"type": "integer"}, description=words, values=_list(value),
    )  # fmt: skip
    request = _object(
        service_request_id=words, status={"type": "string", "enum": ["open", "closed"]}, status_notes=words,
        service_name=words, service_code=words, description=words, agency_responsible=maybe, service_notice=maybe,
        requested_datetime=moment, updated_datetime=moment, expected_datetime=moment | {"nullable": True},
        address=maybe, address_id=maybe, zipcode=maybe, lat=number, long=number, media_url=maybe,
    )  # fmt: skip
    service = _object(
        service_code=words, service_name=words, description=words, metadata=yes_no,
        type={"type": "string", "enum": ["realtime"]}, keywords=words, group=words,
    )  # fmt: skip
    endpoint = _object(specification=words, url=words, changeset=words, type=words, formats=_list(words))
    return {
        "Discovery": _object(changeset=words, contact=words, key_service=words, endpoints=_list(endpoint)),
        "Services": _list(service),
        "Definition": _object(service_code=words, attributes=_list(attribute)),
        "Requests": _list(request),
        "Handed": _list(_object(service_request_id=words, service_notice=words, account_id=maybe)),
        "Errors": _list(_object(code={"type": "integer"}, description=words)) | {"minItems": 1},
    }


def _object(**properties: Schema) -> Schema:
    """All of these and nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201 - what it is for
