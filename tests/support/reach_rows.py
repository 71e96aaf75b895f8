"""A city of which an account reaches one site alone, and every address filled with its own or a foreign row."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import concluded, configs, node_told, operations, wall_city

OWN, FOREIGN = "kel-3673011001", "opd-dinkes"


@dataclass(frozen=True)
class Rows:
    """Values for the places in addresses: those of the account's own rows, and those of foreign ones."""

    own: dict[str, object]
    foreign: dict[str, object]


def two_sites(data: Path) -> Rows:
    """Rows of all tables for the own site and a foreign one; agency and lurah reach the own one."""
    wall_city.add_people()
    wall_city.add_sites()
    for site in (OWN, FOREIGN):
        wall_city.add_node(site, "DOWN", 30, cause="lost")
        wall_city.add_reports(site, 3)
        wall_city.add_look(site, "Portal Kota", ok=site == OWN)
        node_told.add_outage(site, f"outage-{site}", 60, 10, 1)
        node_told.add_verdict(site, "L5b", 60, 1)
        node_told.add_path(site, 5, 1)
        node_told.add_gap(site, 1, 2, "disk")
        concluded.add_days(site, (20260901, 20261001, 20261002), down_s=3600)
    from center.connectivity.models import Integrity
    from center.operations.models import Work

    for site in (OWN, FOREIGN):
        Integrity.objects.create(
            node=site, epoch="e", stream="health", kind="fault", count=2, ranges="[[1, 2]]", since_ms=1, changed_ms=1
        )
    concluded.add_line("line-own", "telkom", (OWN,))
    concluded.add_line("line-foreign", "lain", (FOREIGN,))
    for month in (202609, 202610):
        concluded.publish(month)
    for role in ("agency", "lurah"):
        wall_city.give_sites(role, OWN)
    evidence = json.dumps([{"what": "siblings", "nodes": [FOREIGN], "of": 6, "sentence": f"also {FOREIGN}"}])
    works = [
        Work.objects.create(scope="node", subject=site, from_ms=1, until_ms=2**52, reason=f"about {site}", by="admin",
                            made_ms=1).pk
        for site in (OWN, FOREIGN)
    ]  # fmt: skip
    return Rows(
        {
            **_values(data, OWN, "line-own", "telkom"),
            "outage_id": concluded.add_outage(OWN, evidence=evidence),
            "incident_id": concluded.add_incident("parent", "line-own", (OWN, FOREIGN)),
            "work_id": works[0],
        },
        {
            **_values(data, FOREIGN, "line-foreign", "lain"),
            "outage_id": concluded.add_outage(FOREIGN, ticket="FOREIGN-TICKET"),
            "incident_id": concluded.add_incident("node", FOREIGN, (FOREIGN,), ticket="FOREIGN-TICKET"),
            "work_id": works[1],
        },
    )


def _values(data: Path, site: str, upstream: str, provider: str) -> dict[str, object]:
    from center.sites.models import Person, RegistryChange

    Person.objects.create(site_id=site, name=f"Ibu {upstream}", phone="0812-1111")
    after = json.dumps({"code": site})
    change = RegistryChange.objects.create(at_ms=1, by="admin", how="page", table="sites", key=site, after=after)
    return {
        "node_id": site, "node": site, "code": site, "site_code": site, "site": site, "upstream": upstream,
        "upstream_code": upstream, "provider": provider, "provider_code": provider,
        "picture_id": wall_city.add_picture(data, site), "camera": "depan", "request_id": wall_city.add_complaint(site),
        "month": 202610, "period": "2026-q4", "day": 20261001, "form": "json",
        "table": "sites", "key": site, "change_id": change.pk, "number": 1, "act": "acknowledge", "channel": "piket",
        "operation_id": operations.add_operation("ping", {site: "running"}), "press": "ping",
        "revision": configs.add_push({site: "done"}),
        "route_id": 1, "notice_id": 1, "service_code": "jalan", "token": "1",
    }  # fmt: skip


def addresses() -> list[str]:
    """Every address but the administration's, as written in the URL configuration."""
    from django.urls import URLResolver, get_resolver

    def below(resolver: URLResolver, before: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            address = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from below(one, address)
            else:
                yield address

    return [one for one in below(get_resolver(), "") if not one.startswith("admin/")]


def filled(address: str, values: dict[str, object]) -> str:
    """The address with values in its places. A place this test knows no value for is a defect of the test."""
    if address.startswith("reports/"):
        values = values | {"table": "node"}

    def value(match: re.Match[str]) -> str:
        assert match[1] in values, f"give {match[1]} of {address} an own and a foreign value in Rows"
        return str(values[match[1]])

    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", value, address)
