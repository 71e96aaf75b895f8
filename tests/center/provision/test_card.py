"""A card is written whole, by the real parts: database, authority, tokens; and judged again when it is carried away."""

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from center.config import CenterConfig, MqttConfig
from center.errors import CenterError
from center.pki import create_authority
from center.provision import card as cards
from center.provision import cardcheck
from center.provision.agenttoml import agent_toml
from center.provision.bulk import BulkError, read_wishes
from center.provision.catalogue import load_catalogue
from center.provision.facts import Facts, parse_facts
from center.provision.making import Prepared, Wish, make, prepare
from tests.support.small_bundles import public_pem
from wire.card import Card, read_card

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from center.enrolment.models import Token

NODE = "kel-3673011001"
CONFIG = CenterConfig(mqtt=MqttConfig(names=("sandi.example.id",)))
CATALOGUE = load_catalogue()
CMDLINE = (
    b"console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait quiet"
    b" init=/usr/lib/raspberrypi-sys-mods/firstboot\n"
)
CONFIG_TXT = (
    b"# For more options see http://rptl.io/configtxt\ndtparam=audio=on\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n\n[all]\n"
)


@pytest.fixture
def centre(center_data: Path) -> Path:
    from center.sites.enrolment import add_site

    create_authority(center_data / "pki")
    add_site(NODE, "Serang")
    add_site("opd-dinkes", "Dinas Kesehatan")
    return center_data


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    """The boot partition of a freshly flashed card, as far as it matters."""
    folder = tmp_path / "bootfs"
    (folder / "overlays").mkdir(parents=True)
    (folder / "cmdline.txt").write_bytes(CMDLINE)
    (folder / "config.txt").write_bytes(CONFIG_TXT)
    return folder


def ready(out: Path, node: str = NODE, model: str = "pi-4b", role: str = "kelurahan-kiosk", **more: object) -> Prepared:
    facts = more.pop("facts", Facts())
    assert isinstance(facts, Facts)
    return prepare(Wish(node, model, role, facts), out, CATALOGUE, CONFIG, **more)  # type: ignore[arg-type]


def tokens() -> "QuerySet[Token]":
    from center.enrolment.models import Token

    return Token.objects.order_by("id")


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in cards.files_of(folder)}


def test_a_card_brings_the_command_keys_of_its_day_where_the_centre_has_some(centre: Path, boot: Path) -> None:
    from center.commander.keys import KeyRing, published

    make(ready(boot), centre, CONFIG, "cli:sari")
    assert not (boot / "sandi/command.pub").exists()
    KeyRing(centre / "commander").make(1)
    make(ready(boot), centre, CONFIG, "cli:sari")
    assert (boot / "sandi/command.pub").read_text() == published(centre) != ""
    assert cardcheck.check_card(boot, CATALOGUE, centre) == []


def test_a_flashed_card_becomes_a_nodes_and_the_second_time_only_its_token_changes(centre: Path, boot: Path) -> None:
    make(ready(boot), centre, CONFIG, "cli:sari")
    first = content(boot)
    assert first["config.txt"].startswith(CONFIG_TXT + b"# >>> sandi\n[all]\n")
    words = first["cmdline.txt"].decode().split()
    assert words[:7] == CMDLINE.decode().split()[:7]
    assert "init=/usr/lib/raspberrypi-sys-mods/firstboot" not in words
    assert words[-1] == "systemd.unit=kernel-command-line.target"
    assert read_card(tomllib.loads(first["sandi/node.toml"].decode())) == Card(
        NODE,
        "pi-4b",
        "kelurahan-kiosk",
        "sandi.example.id",
        8885,
        made_at=tomllib.loads(first["sandi/node.toml"].decode())["made_at"],
    )
    assert first["sandi/ca.crt"] == (centre / "pki/ca.crt").read_bytes()
    token = tokens().get()
    assert (token.sha256, token.confirm, token.purpose) == (
        hashlib.sha256(first["sandi/token"].strip()).hexdigest(),
        True,
        "new",
    )
    assert cardcheck.check_card(boot, CATALOGUE, centre) == []

    make(ready(boot), centre, CONFIG, "cli:sari")
    second = content(boot)
    assert {name for name in first if first[name] != second[name]} == {"sandi/token"}
    assert set(first) == set(second)
    token.refresh_from_db()
    assert token.revoked_at is not None
    (boot / "sandi/token").write_bytes(first["sandi/token"])
    [finding] = cardcheck.check_card(boot, CATALOGUE, centre)
    assert "a newer card was made" in finding.what


def test_a_card_brings_the_release_key_where_the_centre_has_one(centre: Path, tmp_path: Path) -> None:
    make(ready(tmp_path / "a"), centre, CONFIG, "cli:sari")
    assert not (tmp_path / "a/sandi/release.pub").exists()
    (centre / "keys").mkdir(exist_ok=True)
    (centre / "keys/release.pub").write_bytes(public_pem())
    make(ready(tmp_path / "a"), centre, CONFIG, "cli:sari")
    assert (tmp_path / "a/sandi/release.pub").read_bytes() == public_pem()
    assert cardcheck.check_card(tmp_path / "a", CATALOGUE, centre) == []


def test_only_the_roles_the_centre_names_need_a_confirmed_fingerprint(centre: Path, tmp_path: Path) -> None:
    make(ready(tmp_path / "a", "opd-dinkes", "pi-3b", "opd"), centre, CONFIG, "cli:sari")
    assert tokens().get().confirm is False


def test_a_replacement_carries_the_epoch_it_continues(centre: Path, tmp_path: Path) -> None:
    make(ready(tmp_path / "a"), centre, CONFIG, "cli:sari", predecessor='{"epoch": "x"}', replaces=True)
    assert (tmp_path / "a/sandi/predecessor.json").read_text() == '{"epoch": "x"}'
    assert (tokens().get().purpose, tokens().get().predecessor) == ("replace", '{"epoch": "x"}')
    # Written once more it is still a replacement; after its token was used the next card is a plain one.
    make(ready(tmp_path / "a"), centre, CONFIG, "cli:sari")
    assert (tmp_path / "a/sandi/predecessor.json").read_text() == '{"epoch": "x"}'
    assert [token.purpose for token in tokens()] == ["replace", "replace"]
    tokens().update(used_at="2026-01-01T00:00Z")
    make(ready(tmp_path / "a"), centre, CONFIG, "cli:sari")
    assert not (tmp_path / "a/sandi/predecessor.json").exists()


def test_a_folder_that_is_somebody_elses_is_refused_without_force(centre: Path, boot: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "letter.odt").write_text("x")
    with pytest.raises(CenterError, match="neither empty nor the boot partition"):
        ready(documents)
    with pytest.raises(CenterError, match="is not a directory"):
        ready(documents / "letter.odt", force=True)
    make(ready(boot), centre, CONFIG, "cli:sari")
    with pytest.raises(CenterError, match=f"holds a card of {NODE}"):
        ready(boot, "opd-dinkes", "pi-3b", "opd")
    make(ready(boot, "opd-dinkes", "pi-3b", "opd", force=True), centre, CONFIG, "cli:sari")
    assert cardcheck.check_card(boot, CATALOGUE, centre) == []
    assert b"video=" not in (boot / "cmdline.txt").read_bytes()  # the kiosk's


def test_a_card_that_was_pulled_half_way_does_not_start_anything(
    centre: Path, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every single write is the last one once; the words that start the first run come behind all others."""
    make(ready(boot), centre, CONFIG, "cli:sari")
    real, writes = cards.put, 0

    def count(path: Path, bytes_: bytes) -> None:
        nonlocal writes
        writes += 1
        real(path, bytes_)

    monkeypatch.setattr(cards, "put", count)
    facts = Facts(place="Kantor baru", ntp="ntp.example.id")
    make(ready(boot, facts=facts), centre, CONFIG, "cli:sari")
    for last in range(1, writes):
        seen = 0

        def fails(path: Path, bytes_: bytes) -> None:
            nonlocal seen
            seen += 1
            if seen > last:  # noqa: B023
                raise OSError(5, "Input/output error")
            real(path, bytes_)

        monkeypatch.setattr(cards, "put", fails)
        changed = Facts(place=f"Kantor {last}", ntp=f"ntp{last}.example.id")
        with pytest.raises(CenterError, match="write it again"):
            make(ready(boot, facts=changed), centre, CONFIG, "cli:sari")
        assert b"systemd.run=" not in (boot / "cmdline.txt").read_bytes()
    monkeypatch.setattr(cards, "put", real)
    make(ready(boot, facts=facts), centre, CONFIG, "cli:sari")
    assert cardcheck.check_card(boot, CATALOGUE, centre) == []
    assert not [name for name in content(boot) if name.endswith(".sandi-new")]


DAMAGES: list[tuple[str, Callable[[Path], object]]] = [
    ("root/etc/sandi-firewall.nft", lambda card: (card / "root/etc/sandi-firewall.nft").write_text("flush ruleset\n")),
    ("agent.toml", lambda card: (card / "agent.toml").write_text("[node]\nid = 'kel-3673011002'\n")),
    ("ca.crt", lambda card: (card / "ca.crt").write_text("x")),
    ("token", lambda card: (card / "token").write_text("0" * 32)),
    ("token", lambda card: (card / "token").unlink()),
    ("node.toml", lambda card: (card / "node.toml").write_text("node = 1")),
    ("root.json", lambda card: (card / "root.json").write_text("[]")),
    ("firstrun.sh", lambda card: (card / "firstrun.sh").unlink()),
    ("cmdline.txt", lambda card: (card.parent / "cmdline.txt").write_bytes(CMDLINE)),
    ("config.txt", lambda card: (card.parent / "config.txt").write_bytes(CONFIG_TXT)),
    ("token", lambda card: tokens().update(expires_at="2020-01-01T00:00Z")),
    ("token", lambda card: tokens().update(used_at="2020-01-01T00:00Z")),
]


def test_what_is_wrong_with_a_written_card_is_found(
    centre: Path, boot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(ready(boot), centre, CONFIG, "cli:sari")
    monkeypatch.setattr(cardcheck, "agent_complaint", lambda _: "")  # a second each; it is asked in the test above
    for number, (where, damage) in enumerate(DAMAGES):
        copy = Path(shutil.copytree(boot, tmp_path / str(number)))
        damage(copy / "sandi")
        assert {finding.where for finding in cardcheck.check_card(copy, CATALOGUE, centre)} == {where}


def test_the_agent_itself_accepts_the_configuration_of_every_role(tmp_path: Path) -> None:
    """In one program: what is on the card for each supported pair, and with tables from a site file."""
    from center.provision.lint import rendered_pairs

    facts = parse_facts(
        '[agent.uplink]\nkeepalive_s = 20\n[agent.cameras.pintu]\ntype = "http_jpeg"\nurl = "http://10.1.2.3/a.jpg"\n'
        'purpose = "security"\nnotice_posted = true\n[[agent.probes.target]]\nhost = "10.1.2.3"\n',
        "site",
    )
    texts = {card.files["agent.toml"] for *_, card in rendered_pairs(CATALOGUE)}
    role = CATALOGUE.roles["cctv"]
    texts.add(agent_toml(NODE, host="h.example.id", port=8884, role=role, facts=facts, place='Pintu "utama"').encode())
    for number, text in enumerate(sorted(texts)):
        (tmp_path / f"{number}.toml").write_bytes(text)
    code = (
        "import pathlib, sys\nfrom agent.config import load\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.toml')):\n"
        "    print(load(path, {'SANDI_CREDENTIALS': '/x'}).node.id)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [NODE] * len(texts)
    assert len(texts) == len(CATALOGUE.roles) + 1


def test_many_cards_come_from_one_file_that_is_judged_whole(tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text(
        "\ufeffnode,model,role,address,gateway,dns,ssid,psk\r\n"
        f"{NODE},pi-4b,kelurahan-kiosk,10.20.3.4/24,10.20.3.1,10.20.3.1 9.9.9.9,,\r\n"
        '\r\nopd-dinkes,pi-3b,opd,,,,"Dinas, lantai 2",rahasia-sekali\r\n',
        encoding="utf-8",
    )
    first, second = read_wishes(table, {"ntp": "ntp.example.id"}, "pusat.example.id")
    assert first.facts.address is not None and first.facts.address.dns == ("10.20.3.1", "9.9.9.9")
    assert second.facts.wifi is not None and second.facts.wifi.ssid == "Dinas, lantai 2"
    assert {first.facts.ntp, second.facts.ntp} == {"ntp.example.id"}
    for text, words in [
        ("", "empty"),
        ("node,model\n", "needed are"),
        ("node,model,role,colour\n", "known are"),
        ("node,model,role\n", "no rows"),
        ("node,model,role\na,b\n", "2 columns"),
        (f"node,model,role\n{NODE},a,b\n{NODE},a,b\n", "twice"),
        (f"node,model,role,address,gateway\n{NODE},a,b,10.0.0.2/24,10.0.1.1\n", "gateway"),
        (f"node,model,role,ssid,psk\n{NODE},a,b,x,short\n", "psk"),
        ("node,model,role\n" + "a,b,c\n" * 1001, "1000"),
        ('node,model,role\n"a,b,c\n', "cannot be read"),
    ]:
        table.write_text(text)
        with pytest.raises((BulkError, CenterError), match=words):
            read_wishes(table, {}, "")


def test_root_json_says_mode_and_hash_of_every_file(centre: Path, tmp_path: Path) -> None:
    wifi = parse_facts('[wifi]\nssid = "Kantor"\npsk = "rahasia-sekali"\n', "site")
    make(ready(tmp_path / "a", facts=wifi), centre, CONFIG, "cli:sari")
    rows = json.loads((tmp_path / "a/sandi/root.json").read_bytes())["files"]
    modes = {row["path"]: row["mode"] for row in rows}
    assert modes["/etc/NetworkManager/system-connections/sandi-wifi.nmconnection"] == "0600"
    assert {f"root{path}" for path in modes} == {
        name for name in cards.files_of(tmp_path / "a/sandi") if name.startswith("root/")
    }


@pytest.mark.usefixtures("centre")
@pytest.mark.parametrize("devices", [False, True], ids=["none", "a panel"])
def test_the_process_of_serial_devices_is_on_only_where_there_are_any(tmp_path: Path, devices: bool) -> None:
    panel = {"kiosk": {"serial": {"panel": [{"name": "p", "device": "/dev/sandi/serial-1", "key": "a" * 64}]}}}
    script = ready(tmp_path / "card", facts=Facts(agent=panel) if devices else Facts()).rendered.files["firstrun.sh"]
    [units] = [line for line in script.decode().splitlines() if line.startswith("UNITS=") and "sandi-agent" in line]
    assert ("sandi-kiosk-serial.service" in units) is devices
    assert "sandi-kiosk-browser.service" in units
