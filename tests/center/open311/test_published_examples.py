"""The standard's published examples (https://wiki.open311.org/GeoReport_v2) go through: in shape, and as requests.

The facts of the examples are transcribed here: names and order of elements, and the one example request.
"""

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support import wall_city

EXAMPLE = {
    "jurisdiction_id": "serangkota.go.id",
    "service_code": "jalan",  # the example's 001
    "lat": "-6.1103",  # the example's 37.76524078, -122.4212043 is in another city
    "long": "106.1640",
    "address_string": "1234 5th street",
    "email": "smit333@sfgov.edu",
    "device_id": "tt222111",
    "account_id": "123456",
    "first_name": "john",
    "last_name": "smith",
    "phone": "111111111",
    "description": "A large sinkhole is destroying the street",
    "media_url": "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg",
    "attribute[WHISPAWN]": "123456",
    "attribute[WHISDORN]": "COISL001",
}
SERVICE = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
ATTRIBUTE = ["variable", "code", "datatype", "required", "datatype_description", "order", "description", "values"]
REQUEST = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
]  # fmt: skip


def names(element: ElementTree.Element) -> list[str]:
    return [one.tag for one in element]


def root(answer: Any) -> ElementTree.Element:
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ElementTree.fromstring(answer.content)


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(answer.content)


def opened(city: Any, request_id: str) -> Any:
    from center.complaints.disclosure import open_box
    from center.complaints.models import Complaint

    return open_box(Complaint.objects.get(pk=request_id))


def test_services_and_a_definition_have_the_examples_elements(client: Any) -> None:
    services = root(client.get("/open311/v2/services.xml?jurisdiction_id=serangkota.go.id"))
    assert services.tag == "services" and {one.tag for one in services} == {"service"}
    assert all(sorted(names(one)) == sorted(SERVICE) for one in services)
    listed = data(client.get("/open311/v2/services.json"))
    assert [one["service_code"] for one in listed] == [one.findtext("service_code") for one in services]
    definition = root(client.get("/open311/v2/services/jalan.xml"))
    assert definition.tag == "service_definition" and names(definition) == ["service_code", "attributes"]
    assert all(names(one) == ATTRIBUTE and one.tag == "attribute" for one in definition[1])
    value = definition[1][0].find("values/value")
    assert value is not None and names(value) == ["key", "name"]
    assert [one["code"] for one in data(client.get("/open311/v2/services/jalan"))["attributes"]] == [
        one.findtext("code") for one in definition[1]
    ]


@pytest.mark.parametrize("path", ["requests.xml", "requests.json", "requests"])
def test_the_example_request_is_taken_as_it_is_sent(path: str, post: Callable[..., Any], city: Any) -> None:
    answer = post(EXAMPLE, path)
    if path.endswith("xml"):
        (request,) = root(answer)
        assert root(answer).tag == "service_requests" and request.tag == "request"
        assert names(request) == ["service_request_id", "service_notice", "account_id"]
        request_id = request.findtext("service_request_id") or ""
    else:
        (told,) = data(answer)
        assert list(told) == ["service_request_id", "service_notice", "account_id"] and told["account_id"] is None
        request_id = told["service_request_id"]
    plain = opened(city, request_id)
    assert plain.text == f"{EXAMPLE['description']}\n\n{EXAMPLE['media_url']}"
    assert (plain.name, plain.contact) == ("john smith", "111111111, smit333@sfgov.edu")
    assert plain.address == "1234 5th street; -6.1103, 106.1640"


def test_requests_are_answered_with_the_examples_elements(post: Callable[..., Any], get: Callable[..., Any]) -> None:
    request_id = data(post(EXAMPLE))[0]["service_request_id"]
    listed = root(get("requests.xml", {"start_date": "2010-05-24T00:00:00Z", "end_date": "2010-06-24T00:00:00Z"}))
    assert listed.tag == "service_requests" and not len(listed)
    for path in (f"requests/{request_id}.xml", "requests.xml"):
        (request,) = root(get(path))
        assert request.tag == "request" and names(request) == REQUEST
    (one,) = data(get(f"requests/{request_id}.json"))
    assert list(one) == REQUEST and one == data(get("requests"))[0] == data(get(f"requests/{request_id}"))[0]
    assert one["status"] == "open" and one["service_code"] == "jalan" and one["service_name"] == "Jalan"


def test_a_wrong_key_is_answered_like_the_examples_error(post: Callable[..., Any]) -> None:
    answer = post(EXAMPLE, "requests.xml", brought="xyz")
    assert answer.status_code == 403
    errors = ElementTree.fromstring(answer.content)
    assert errors.tag == "errors" and [one.tag for one in errors] == ["error"]
    assert names(errors[0]) == ["code", "description"] and errors[0].findtext("code") == "403"
    (error,) = json.loads(post(EXAMPLE, brought="xyz").content)
    assert error["code"] == 403 and "key" in error["description"]


def test_the_discovery_document_has_the_examples_elements(client: Any) -> None:
    found = root(client.get("/open311/discovery.xml"))
    assert found.tag == "discovery" and names(found) == ["changeset", "contact", "key_service", "endpoints"]
    (endpoint,) = found[3]
    assert names(endpoint) == ["specification", "url", "changeset", "type", "formats"]
    assert endpoint.findtext("specification") == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint.findtext("url") == "http://localhost/open311/v2"
    assert [one.text for one in endpoint[4]] == ["text/xml", "application/json"]
    assert data(client.get("/open311/discovery.json"))["endpoints"][0]["url"] == "http://localhost/open311/v2"


def test_tokens_are_not_given_out(client: Any) -> None:
    answer = client.get("/open311/v2/tokens/123456.json")
    assert answer.status_code == 404 and "service_request_id" in json.loads(answer.content)[0]["description"]


def test_rows_of_every_kiosk_fit_the_elements_too(get: Callable[..., Any], city: Any) -> None:
    wall_city.add_complaint("kel-3673011001")
    (one,) = data(get("requests"))
    assert list(one) == REQUEST and one["service_code"] == "lainnya"
