"""Facts of a site and tables of many: strict, bounded, and what they make is what the real programs read."""

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.errors import CenterError
from center.provision import tools
from center.provision.agenttoml import agent_toml
from center.provision.bulk import read_wishes
from center.provision.catalogue import load_catalogue
from center.provision.facts import Facts, FactsError, Wifi, parse_facts, put
from center.provision.render import Order, render

CATALOGUE = load_catalogue()
KEYS = st.sampled_from(
    ["host", "place", "ntp", "apn", "wifi", "address", "technician", "ssh_from", "lan_page_from", "agent", "x"]
)
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(["10.0.0.1/24", "ssid", "a.b"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
TABLES = st.dictionaries(st.text(max_size=8), VALUES, max_size=3)
PLAIN = st.characters(codec="utf-8", exclude_categories=("Cs",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "colour"),
        ('wifi = { ssid = "x" }', "psk"),
        ('wifi = { ssid = "x", psk = "short" }', "psk"),
        ('address = { address = "10.0.0.2/24", gateway = "10.0.1.1" }', "gateway"),
        ('address = { address = "fd00::2/64", gateway = "fd00::1" }', "IPv4"),
        ('ssh_from = ["10.0.0.1/24"]', "host bits"),
        ('ssh_from = ["10.0.0.0/24; drop"]', "ssh_from"),
        ('ntp = "a b"', "ntp"),
        ('apn = "x\\ny"', "apn"),
        ('technician = { password_hash = "plain" }', "password_hash"),
        ('agent = { node = { id = "opd-x" } }', "says the command"),
        ("agent = { node = 1 }", "agent"),
        ("= 1", "Invalid"),
        ("x = " + "[" * 3000, "site"),
        ("#" * 70_000, "larger"),
    ],
)
def test_what_cannot_be_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(FactsError, match=words):
        parse_facts(text, "site")


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.text(max_size=30))
def test_any_facts_are_read_or_refused_and_what_is_read_makes_a_card(tree: dict[str, object], assignment: str) -> None:
    from center.provision.facts import build_facts

    with suppress(FactsError):
        put(tree, assignment)
    try:
        facts = build_facts(tree, "site")
    except FactsError:
        return
    order = Order("opd-x", CATALOGUE.models["pi-5"], CATALOGUE.roles["cctv"], facts, "h.example.id", 1, 2, "", "")
    card = render(CATALOGUE, order)
    assert tomllib.loads(card.files["agent.toml"].decode())["node"]["id"] == "opd-x"


@given(st.dictionaries(st.text(PLAIN, min_size=1, max_size=8), TABLES, max_size=4))
def test_tables_for_the_agent_arrive_as_they_were_written(tables: dict[str, object]) -> None:
    role = CATALOGUE.roles["lte"]
    wanted = {f"t-{name}": value for name, value in tables.items()}
    text = agent_toml("opd-x", host="h", port=1, role=role, facts=Facts(agent=wanted), place='a"\\b')
    tree = tomllib.loads(text)
    assert {name: tree[name] for name in wanted} == wanted
    assert (tree["node"]["place"], tree["uplink"]["profile"]) == ('a"\\b', "metered")


@pytest.mark.parametrize("ssid", ["Kantor Lurah", "Dinas; lantai 2 #1", "кантор", " a", "a\\b", "x;y;"])
@pytest.mark.parametrize("psk", ["rahasia-sekali", " a\\b; #12 "])
def test_any_name_and_password_of_a_network_reach_network_manager(ssid: str, psk: str) -> None:
    facts = Facts(wifi=Wifi(ssid, psk))
    order = Order("opd-x", CATALOGUE.models["pi-5"], CATALOGUE.roles["opd"], facts, "h.example.id", 1, 2, "", "")
    name = "/etc/NetworkManager/system-connections/sandi-wifi.nmconnection"
    try:
        assert tools.judge("keyfile", name, render(CATALOGUE, order).files[f"root{name}"]) is None
    except tools.NotHereError as error:
        pytest.skip(f"{error} is not installed")


@given(st.binary(max_size=300))
def test_any_table_is_read_or_refused(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(b"node,model,role,ssid,psk\n" + content)
        file.flush()
        try:
            wishes = read_wishes(Path(file.name), {}, "")
        except CenterError:
            return
    assert wishes
