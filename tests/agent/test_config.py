"""The configuration file: five lines run, everything wrong is named, the sample is the defaults."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import (
    DEFAULT_PATH,
    MAX_FILE_BYTES,
    PARTS,
    ConfigError,
    config_path,
    load,
    load_parts,
    parse,
    sample,
)
from agent.messages import LANGUAGES, Messages

FIVE_LINES = """[node]
id = "kel-3673011001"
[uplink]
host = "sandi.serangkota.go.id"
credentials = "/etc/sandi/credentials"
"""


def lines_of(text: str, lang: str = "en") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("/etc/sandi/agent.toml"), {})
    return caught.value.lines(lang)


def test_a_file_of_five_lines_is_enough() -> None:
    config = parse(FIVE_LINES, Path("/etc/sandi/agent.toml"), {})
    assert config.node.id == "kel-3673011001"
    assert config.node.data_dir == Path("/var/lib/sandi")
    assert config.uplink.host == "sandi.serangkota.go.id"
    assert config.uplink.port == 8883


def test_an_empty_file_names_what_is_required() -> None:
    assert [line.partition(": ")[2] for line in lines_of("")] == [
        'node.id: required, looks like "..."',
        'uplink.host: required, looks like "..."',
    ]


def test_a_slip_in_a_table_name_is_noticed() -> None:
    assert any("helth" in line and "did you mean health" in line for line in lines_of(FIVE_LINES + "[helth]\na = 1\n"))


def test_the_credentials_folder_of_systemd_wins_over_the_file() -> None:
    config = parse(FIVE_LINES, Path("/etc/sandi/agent.toml"), {"SANDI_CREDENTIALS": "/run/credentials/sandi"})
    assert config.uplink.credentials == Path("/run/credentials/sandi")


def test_the_place_of_the_file_comes_from_the_environment() -> None:
    assert config_path({"SANDI_CONFIG": "/tmp/x.toml"}) == Path("/tmp/x.toml")
    assert config_path({}) == DEFAULT_PATH


def test_relative_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(FIVE_LINES.replace('"/etc/sandi/credentials"', '"keys"'))
    assert load(tmp_path / "agent.toml", {}).uplink.credentials == tmp_path / "keys"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfe[node]", "line 1 is not UTF-8"),
        (b"[node]\n\n\xe9 = 1", "line 3 is not UTF-8"),
        (b"[node", "not valid TOML"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
        (b"a = " + b"9" * 5_000, "not valid TOML"),
        (b"#" * (MAX_FILE_BYTES + 1), "larger than 64 KiB"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_words(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "agent.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        load(tmp_path / "agent.toml", {})


def test_a_file_that_cannot_be_read_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sandi config example"):
        load(tmp_path / "missing.toml", {})
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path, {})


def test_the_mark_that_notepad_puts_in_front_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_bytes(b"\xef\xbb\xbf" + FIVE_LINES.encode())
    assert load(tmp_path / "agent.toml", {}).node.id == "kel-3673011001"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sample_loads_and_equals_the_defaults(lang: str) -> None:
    text = sample(Messages(lang))
    as_it_stands = parse(text, DEFAULT_PATH, {})
    uncommented = parse(re.sub(r"(?m)^#(?=[a-z])", "", text), DEFAULT_PATH, {})
    required = f'node.id = "{as_it_stands.node.id}"\nuplink.host = "{as_it_stands.uplink.host}"\n'
    assert as_it_stands == uncommented == parse(required, DEFAULT_PATH, {})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sample_shows_every_table_and_explains_every_key(lang: str) -> None:
    lines = sample(Messages(lang)).splitlines()
    for name in PARTS:
        assert any(re.match(rf"(# )?\[{name}[].]", line) for line in lines), name
    for before, line in itertools.pairwise(lines):
        if re.match(r"#?[a-z_0-9]+ = ", line):
            assert before.startswith("# "), f"{line!r} is not explained"


def test_both_languages_have_the_same_texts_with_the_same_blanks() -> None:
    catalogues = {lang: Messages(lang)._texts for lang in LANGUAGES}
    spoken = {lang: {key for key in texts if not key.startswith("config.help.")} for lang, texts in catalogues.items()}
    assert spoken["id"] == spoken["en"]
    for key in spoken["id"]:
        blanks = [set(re.findall(r"{\w+}", texts[key])) for texts in catalogues.values()]
        assert blanks[0] == blanks[1], key


@given(st.text(max_size=200) | st.sampled_from(FIVE_LINES.splitlines()).map(lambda line: FIVE_LINES.replace(line, "x")))
def test_any_text_either_loads_or_raises_the_one_error(text: str) -> None:
    try:
        parse(text, DEFAULT_PATH, {})
    except ConfigError as error:
        assert error.lines("id")


def test_a_file_that_is_there_and_cannot_be_read_is_not_to_be_made_anew(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {})
    [line] = caught.value.lines("id")
    assert "sandi-technician" in line and "config example" not in line


def test_a_process_of_its_own_reads_its_tables_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('[node]\nid = "kel-3673011001"\n[camera_process]\nworker_mb = 64\n[probes]\nnonsense = 1\n')
    found = load_parts(file, "node", "camera_process")
    assert found["node"].id == "kel-3673011001" and found["camera_process"].worker_mb == 64
    with pytest.raises(ConfigError, match="nonsense"):
        load_parts(file, "probes")
