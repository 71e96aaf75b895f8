"""`firmware_configs`: read strictly, without mistakes, and every kind of mistake is found."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.errors import CenterError
from center.provision import tools
from center.provision.catalogue import FOLDER, FirmwareError, load_catalogue
from center.provision.lint import findings, rendered_pairs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "firmware"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_we_ship_is_without_mistakes_also_for_the_real_programs() -> None:
    catalogue = load_catalogue()
    assert findings(catalogue) == []
    found, absent = tools.check_files(catalogue)
    assert found == []
    assert not {"nft", "bash"}.intersection(absent)


def test_every_model_and_role_of_the_issue_is_there_and_512_mb_carry_no_browser() -> None:
    catalogue = load_catalogue()
    assert set(catalogue.models) == {"pi-zero-2w", "pi-3b", "pi-4b", "pi-5"}
    assert set(catalogue.roles) == {"kelurahan-kiosk", "opd", "cctv", "lte"}
    assert {name for name, model in catalogue.models.items() if model.eeprom} == {"pi-4b", "pi-5"}
    with pytest.raises(CenterError, match="no kiosk browser on 512 MB"):
        catalogue.pair("pi-zero-2w", "kelurahan-kiosk")
    with pytest.raises(CenterError, match="there is no model 'pi-9'"):
        catalogue.pair("pi-9", "opd")


def test_every_statement_stands_below_its_reason_and_nothing_is_left_to_fill_in() -> None:
    for model, role, _, card in rendered_pairs(load_catalogue()):
        for name, content in card.files.items():
            if name.startswith("root/"):
                assert b"@NTP@" not in content and b"@WATCHDOG" not in content, (model.name, role.name, name)
        assert b"https://" in card.files["root/etc/sandi-firewall.nft"]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("models/4b.toml", 'why = "', 'wy = "', "wy"),
        ("models/4b.toml", 'source = "https', 'source = "http', "source"),
        ("models/4b.toml", "title = ", "titel = ", "titel"),
        ("roles/opd.toml", 'source = "docs/reliability.md"', "", "source"),
        ("matrix.toml", "supported = false\n", "", "supported"),
        ("common/nftables.toml", 'check = "nft"', 'check = "perhaps"', "perhaps"),
        ("common/sysctl.toml", 'mode = "0644"', 'mode = "0999"', "mode"),
        ("common/boot.toml", "[root_mb]", "[rootmb]", "rootmb"),
        ("matrix.toml", 'role = "opd"', 'role = "cctv"', "twice"),
        ("models/5.toml", 'name = "pi-5"', 'name = "pi-4b"', "another file's"),
    ],
)
def test_a_key_nobody_knows_or_a_value_without_reason_is_refused(
    folder: Path, file: str, old: str, new: str, words: str
) -> None:
    change(folder / file, old, new)
    with pytest.raises(FirmwareError, match=words):
        load_catalogue(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("models/4b.toml", "arm_boost=1", "enable_uart=0", "contradicts line"),
        ("models/4b.toml", "dtparam=watchdog=on", "dtparam=audio=on", "no hardware watchdog"),
        ("models/4b.toml", "dtoverlay=disable-bt", "dtoverlay=disable-bt-pi5", "is for a Raspberry Pi 5"),
        ("models/4b.toml", "BOOT_UART=1", "BOOT_ORDER=0xf14", "BOOT_ORDER stands there twice"),
        ("models/3b.toml", 'section = "pi3"', 'section = "pi4"', "another model has the section"),
        ("models/zero-2w.toml", "value = 512", "value = 256", "and opd needs 512"),
        ("matrix.toml", "supported = false", "supported = true", "has 512 MB and kelurahan-kiosk needs 1024"),
        ("matrix.toml", 'model = "pi-5"', 'model = "pi-6"', "pi-5 with kelurahan-kiosk is missing"),
        ("roles/opd.toml", "consoleblank=0", "root=/dev/sda2", "contradicts root="),
        ("roles/opd.toml", 'name = "sandi-agent.service"', 'name = "sandi-enrol.service"', "stands there twice"),
        ("common/chrony.toml", "conf.d/60-sandi.conf", "sources.d/Sandi.sources", "another file goes to"),
    ],
)
def test_what_does_not_fit_together_is_found(folder: Path, file: str, old: str, new: str, words: str) -> None:
    change(folder / file, old, new)
    found = findings(load_catalogue(folder))
    assert any(words in finding.what for finding in found), found


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("nft", b"table inet x {\n chain y { bogus }\n}\n", "syntax error"),
        ("unit", b"[Service]\nExecStart=/bin/true\nProtectSytem=strict\n", "ProtectSytem"),
        ("chrony", b"makestepp 1 3\n", "Invalid directive"),
        ("keyfile", b"[connection]\nid=x\ntype=nosuch\n", "invalid connection type"),
        ("ini", b"[Journal]\nCompress=yes\nCompress=no\n", "already exists"),
        ("sysctl", b"kernel.panic\n", "no setting of sysctl"),
        ("tmpfiles", b"d x 0\n", "no line of tmpfiles.d"),
        ("udev", b'SUBSYSTEM="tty" x\n', "no rule of udev"),
        ("script", b"if x\n", "syntax error"),
    ],
)
def test_the_real_programs_find_what_is_misspelt(kind: str, content: bytes, words: str) -> None:
    try:
        complaint = tools.judge(kind, f"/etc/x.{'service' if kind == 'unit' else 'conf'}", content)
    except tools.NotHereError as error:
        pytest.skip(f"{error} is not installed")
    assert complaint is not None and words in complaint


def test_a_program_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda *_, **__: None)
    found, absent = tools.check_files(load_catalogue())
    assert {"chronyd", "nmcli", "systemd-analyze", "bash"} <= set(absent)
    assert found == []


def test_every_unit_of_ours_that_a_role_names_exists() -> None:
    units = {path.name for path in (FOLDER.parent / "systemd").iterdir()}
    for _, role, _, card in rendered_pairs(load_catalogue()):
        for unit in role.unit:
            name = re.sub(r"@.*\.", "@.", unit.name)
            assert name in units or f"root/etc/systemd/system/{name}" in card.files or not name.startswith("sandi-")


@settings(max_examples=25)
@given(data=st.data())
def test_a_damaged_file_is_refused_by_name_or_read(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = FOLDER / data.draw(
        st.sampled_from(["models/4b.toml", "matrix.toml", "common/boot.toml", "common/nftables.toml"])
    )
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:at] + data.draw(st.binary(max_size=3)) + content[at + data.draw(st.integers(0, 3)) :]
    copy = tmp_path_factory.mktemp("damaged") / "firmware"
    shutil.copytree(FOLDER, copy)
    (copy / path.relative_to(FOLDER)).write_bytes(damaged)
    try:
        findings(load_catalogue(copy))
    except FirmwareError as error:
        assert path.name in str(error)
