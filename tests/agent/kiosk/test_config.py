"""`[kiosk]` and its list of kelurahan: read strictly, with a sentence for each mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import ConfigError, parse
from agent.kiosk.areas import Area, own_first, read_areas
from agent.kiosk.config import KioskConfig

HEAD = '[node]\nid = "kel-3673011001"\n[uplink]\nhost = "127.0.0.1"\n'


def read(kiosk: str) -> KioskConfig:
    return parse(f"{HEAD}[kiosk]\n{kiosk}\n", Path("/etc/sandi/agent.toml"), {}).kiosk


def test_a_box_without_the_table_has_the_city_s_defaults() -> None:
    found = parse(HEAD, Path("/etc/sandi/agent.toml"), {}).kiosk
    assert found == KioskConfig()
    assert (found.retain_sealed_days, found.retain_ticket_days, found.photos) == (7, 90, True)
    assert len(read_areas(found.areas_file)) == 67


def test_two_kelurahan_of_one_name_are_told_apart_and_the_own_one_comes_first() -> None:
    areas = read_areas("kota-serang")
    assert sorted(area.name for area in areas if "Sukawana" in area.name) == ["Sukawana (Curug)", "Sukawana (Serang)"]
    assert len({area.name for area in areas}) == len({area.code for area in areas}) == 67
    first, *rest = own_first(areas, "kel-3673041007")
    assert first.code == "3673041007" and len(rest) == 66
    assert own_first(areas, "opd-diskominfo") == areas


def test_a_file_of_the_city_is_taken_with_its_dots_and_further_columns(tmp_path: Path) -> None:
    file = tmp_path / "sendiri.csv"
    file.write_text("code,name,latitude\n36.73.01.1001, Serang ,-6.1\n367302,Kasemen,\n")
    assert read(f'areas_file = "{file}"').areas_file == str(file)
    assert read_areas(str(file)) == (Area("3673011001", "Serang"), Area("367302", "Kasemen"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"kode,nama\n1,2\n",
        b"code,name\nabc,Serang\n",
        b"code,name\n3673011001,\n",
        b"code,name\n3673011001,A\n36.73.01.1001,B\n",
        b"code,name\n\xff\xfe",
        b"code,name\n" + b"x" * 70_000,
        "code,name\n٣٦٧٣٠١١٠٠١,Serang\n".encode(),
        b"code,name\n3673011001,\x1b[31m\n",
    ],
)
def test_a_list_that_is_none_is_refused_when_the_configuration_is_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "salah.csv"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="areas_file"):
        read(f'areas_file = "{file}"')


@pytest.mark.parametrize("listed", ["kota-tangerang", "../../etc/passwd", "/nowhere/at/all.csv"])
def test_a_list_that_is_not_there_is_refused(listed: str) -> None:
    with pytest.raises(ConfigError, match="areas_file"):
        read(f'areas_file = "{listed}"')


@pytest.mark.parametrize(
    "line",
    [
        'status_url = "javascript:alert(1)"',
        'status_url = "https://kota.example/status#K7F29"',
        'status_url = "https://kota.example/status?pin=1234"',
        "retain_sealed_days = 30\nretain_ticket_days = 10",
        "retain_sealed_days = -1",
        "photo = true",
    ],
)
def test_what_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(ConfigError):
        read(line)


@given(st.text(max_size=300))
def test_any_text_as_a_list_is_areas_or_a_sentence(text: str) -> None:
    from agent.kiosk import areas

    try:
        found = areas._parsed(text)
    except ValueError as error:
        assert str(error)
        return
    assert all(area.code.isdigit() and area.name for area in found)
