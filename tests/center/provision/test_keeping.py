"""What is kept of a site for its next card: written with the first, used by `replace`, never shown with passwords."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.cli import main
from center.pki import create_authority
from center.provision import keeping
from center.provision.facts import Facts, FactsError, build_facts, put

NODE, OTHER = "kel-3673011001", "kel-3673011002"
SITE = """
[wifi]
ssid = "Kantor Lurah"
psk = "rahasia sekali"
[address]
address = "10.20.3.4/24"
gateway = "10.20.3.1"
"""


@pytest.fixture
def data(center_data: Path, tmp_path: Path) -> Path:
    """A centre with one enrolled node."""
    from center.sealing import make_key_pair
    from center.sites.enrolment import enroll_node
    from center.sites.seed_data import seed

    create_authority(center_data / "pki").issue_server({"localhost"})
    make_key_pair(center_data / "keys")
    seed()
    enroll_node(NODE, tmp_path / "keys", center_data)
    return center_data


def typed(data: Path, *words: str | Path, code: int = 0) -> None:
    assert main(["--lang", "en", *map(str, words), "--data", str(data)]) == code


def first_card(data: Path, tmp_path: Path) -> Path:
    site = tmp_path / "site.toml"
    site.write_text(SITE)
    card = tmp_path / "first"
    which = ("--model", "pi-4b", "--role", "opd", "--host", "sandi.example.id")
    typed(data, "provision", NODE, *which, "--site-file", site, "--out", card)
    return card


def profiles(card: Path) -> dict[str, bytes]:
    """The network profiles on a card."""
    found = {path.name: path.read_bytes() for path in (card / "sandi" / "root").rglob("*.nmconnection")}
    assert any(b"Kantor Lurah" in content and b"rahasia sekali" in content for content in found.values())
    assert any(b"10.20.3.4" in content for content in found.values())
    return found


def test_a_box_is_replaced_with_the_facts_its_first_card_was_made_with(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = first_card(data, tmp_path)
    file = data / "site-facts" / f"{NODE}.json"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    capsys.readouterr()
    typed(data, "replace", NODE, "--dry-run")
    assert "Facts of the site: those kept on" in capsys.readouterr().out
    typed(data, "replace", NODE, "--out", tmp_path / "second")
    assert "Facts of the site: those kept on" in capsys.readouterr().out
    assert profiles(tmp_path / "second") == profiles(first)
    assert 'host = "sandi.example.id"' in (tmp_path / "second" / "sandi" / "node.toml").read_text()
    typed(data, "replace", NODE, "--set", "wifi.ssid=Kantor Baru", "--out", tmp_path / "third", "--json")
    assert json.loads(capsys.readouterr().out)["site_facts_kept_at"]
    told = b"".join(path.read_bytes() for path in (tmp_path / "third").rglob("*.nmconnection"))
    assert b"Kantor Baru" in told and b"rahasia sekali" in told and b"Kantor Lurah" not in told


def test_they_are_shown_without_passwords_and_forgotten(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.accounts.models import Act

    first_card(data, tmp_path)
    capsys.readouterr()
    typed(data, "provision", "facts", NODE)
    told = capsys.readouterr().out
    assert 'wifi.ssid = "Kantor Lurah"' in told and 'wifi.psk = "***"' in told and "rahasia" not in told
    typed(data, "provision", "facts", NODE, "--json")
    listed = json.loads(capsys.readouterr().out)
    assert listed["facts"]["wifi"]["psk"] == "***" and listed["kept_at"].endswith("+00:00")
    typed(data, "provision", "facts", OTHER)
    assert "No facts are kept" in capsys.readouterr().out
    for _again in range(2):
        typed(data, "provision", "facts", NODE, "--forget")
    assert keeping.kept(data, NODE) == {} and Act.objects.filter(what="site-facts-forget").count() == 1
    typed(data, "provision", "facts", "../../etc/passwd", code=2)


def test_a_damaged_file_stops_the_replacement_before_anything_is_taken_back(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.enrolment.models import Token
    from center.sites.models import Node

    first_card(data, tmp_path)
    (data / "site-facts" / f"{NODE}.json").write_text('{"wifi": {"ssid": ')
    typed(data, "replace", NODE, "--out", tmp_path / "second", code=2)
    assert "--site-file" in capsys.readouterr().err
    assert not (tmp_path / "second").exists() and Token.objects.get().revoked_at is None
    assert not Node.objects.get(pk=NODE).retired


def test_a_card_without_facts_leaves_those_kept(tmp_path: Path) -> None:
    keeping.keep(tmp_path, NODE, Facts(apn="internet"))
    keeping.keep(tmp_path, NODE, Facts())
    assert keeping.kept(tmp_path, NODE) == {"apn": "internet"}
    keeping.keep(tmp_path, NODE, Facts(), "pusat.example")
    assert keeping.kept(tmp_path, NODE) == {"host": "pusat.example"}


@given(
    st.builds(
        dict,
        place=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
        apn=st.from_regex(r"[A-Za-z0-9.-]{0,100}", fullmatch=True),
        ssh_from=st.lists(st.sampled_from(["10.0.0.0/8", "fd00::/8"]), max_size=3),
    )
)
def test_what_is_kept_comes_back_and_takes_further_facts(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    facts = build_facts(dict(tree), "test")
    keeping.keep(folder, NODE, facts)
    again = keeping.kept(folder, NODE)
    assert build_facts(dict(again), "test") == facts
    put(again, "wifi.ssid=Kantor")
    put(again, "wifi.psk=delapan8")
    assert build_facts(again, "test").wifi is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_facts_or_the_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "site-facts").mkdir()
    (folder / "site-facts" / f"{NODE}.json").write_bytes(content)
    try:
        tree = keeping.kept(folder, NODE)
    except FactsError as error:
        assert NODE in str(error)
    else:
        assert isinstance(build_facts(tree, "test"), Facts)
