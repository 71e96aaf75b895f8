"""center.toml: strict, with a way out in every message; a city on one machine needs none."""

from pathlib import Path

import pytest

from center.config import CenterConfig, data_directory, load_config, parse_endpoint, with_endpoints
from center.errors import ConfigError


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    assert load_config(tmp_path) == CenterConfig()


def test_what_the_file_says_is_taken_and_the_command_line_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text(
        """
[web]
port = 80
public_url = "https://sandi.serangkota.go.id"
allowed_hosts = ["sandi.local"]
[mqtt]
host = "0.0.0.0"
names = ["sandi.serangkota.go.id", "192.0.2.7"]
[database]
url = "postgresql://sandi:secret@db:5432/sandi"
[ingest]
workers = 3
"""
    )
    config = load_config(tmp_path)
    assert (config.web.port, config.web.host, config.web.allowed_hosts) == (80, "127.0.0.1", ("sandi.local",))
    assert config.mqtt.names == ("sandi.serangkota.go.id", "192.0.2.7")
    merged = with_endpoints(config, "[::1]:8080", None, 2)
    assert (merged.web.host, merged.web.port, merged.ingest.workers) == ("::1", 8080, 2)
    assert merged.mqtt == config.mqtt and merged.web.public_url == config.web.public_url


def test_line_tests_are_served_behind_the_brokers_port_unless_told_otherwise(tmp_path: Path) -> None:
    config = with_endpoints(load_config(tmp_path), None, "10.0.0.5:8883", None)
    assert config.throughput_endpoint == ("10.0.0.5", 8884)
    assert with_endpoints(config, None, None, None, "0.0.0.0:9000").throughput_endpoint == ("0.0.0.0", 9000)
    (tmp_path / "center.toml").write_text(
        "[mqtt]\nport = 65535\n[throughput]\nenabled = false\n[enrolment]\nport = 9\n"
    )
    assert not load_config(tmp_path).throughput.enabled


def test_an_endpoint_is_host_and_port() -> None:
    assert parse_endpoint("sandi.local:8883", "--mqtt") == ("sandi.local", 8883)
    for text in ("8080", "host", "host:", ":1", "host:0", "host:99999", "host:1/x", ""):
        with pytest.raises(ConfigError, match="--mqtt"):
            parse_endpoint(text, "--mqtt")


def test_the_data_directory_is_the_option_then_the_environment_then_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SANDI_CENTER_DATA", raising=False)
    assert data_directory() == Path("/var/lib/sandi-center")
    monkeypatch.setenv("SANDI_CENTER_DATA", str(tmp_path))
    assert data_directory() == tmp_path
    assert data_directory("/x") == Path("/x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[wbe]\n", ["unknown key wbe", "did you mean web?"]),
        ("[web]\nprot = 1\n", ["unknown key web.prot", "did you mean web.port?"]),
        ("[web]\nport = 'x'\n", ["web.port = 'x'", "a number"]),
        ("[web]\nport = 70000\n", ["web.port = 70000", "TCP port"]),
        ("[ingest]\nworkers = 0\n", ["ingest.workers = 0", "1 to 16"]),
        ("[mqtt]\nnames = 'a'\n", ["mqtt.names", "list of texts"]),
        ("[throughput]\nenabled = 1\n", ["throughput.enabled = 1", "true or false"]),
        ("[throughput]\nport = 70000\n", ["throughput.port = 70000", "TCP port"]),
        ("[throughput]\nstreams = 0\n", ["throughput.streams", "1 or more"]),
        ("[mqtt]\nport = 8079\n", ["port 8080", "set throughput.port"]),
        ("[mqtt]\nport = 65535\n", ["mqtt.port = 65535", "set throughput.port"]),
        ("[mqtt]\nport = 65534\n", ["mqtt.port = 65534", "set enrolment.port"]),
        ("[mqtt]\nport = 8078\n", ["port 8080", "the web's", "set enrolment.port"]),
        ("[enrolment]\nport = 8884\n", ["port 8884", "line tests'", "--enrol"]),
        ("[enrolment]\nport = 70000\n", ["enrolment.port = 70000", "TCP port"]),
        ("[enrolment]\ntoken_days = 0\n", ["enrolment.token_days = 0", "1 to 366"]),
        ('[enrolment]\nconfirm = ["Kiosk!"]\n', ["enrolment.confirm", "kelurahan-kiosk"]),
        ("[database]\nurl = 'mysql://x/y'\n", ["database.url", "postgresql://"]),
        ("[web]\npublic_url = 'sandi'\n", ["web.public_url", "https://"]),
        ("web = 3\n", ["web must be a table"]),
        ("[web\n", ["cannot be read"]),
    ],
)
def test_a_mistake_in_the_configuration_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "center.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert all(word in str(caught.value) for word in [*words, str(tmp_path / "center.toml")])
