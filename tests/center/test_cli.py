"""`sandi-center` as it is typed: first set-up, the whole centre running, and every expected problem."""

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from center.cli import main
from center.pki import create_authority
from tests.support.broker import free_port
from tests.support.made_center import made_center
from tests.support.own_time import within
from tests.support.processes import Program, gone, program, wait_until

NODE = "kel-3673011001"
SENTENCE = "sandi-center: "


def center(*words: str | Path, data: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and hold it to an exit code."""
    where = ["--data", str(data)] if data else []
    command = [sys.executable, "-m", "center.cli", *map(str, words), *where]
    environment = {**os.environ, "SANDI_LANG": "en" if code else "id"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def problem(*words: str | Path, data: Path | None = None) -> str:
    """The one sentence a command ends with; anything more is a defect."""
    done = center(*words, data=data, code=2)
    (line,) = done.stderr.splitlines()
    assert line.startswith(SENTENCE)
    return line.removeprefix(SENTENCE)


def everything(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Content and mode of every file, to see that nothing changed."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.suffix not in {".db-shm", ".db-wal"})
    return {str(path.relative_to(directory)): (path.stat().st_mode, path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up centre, for tests that only read it or add to it."""
    data = tmp_path_factory.mktemp("made") / "center"
    made_center(data)
    return data


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A set-up centre of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "center", symlinks=True))


def ports() -> tuple[str, str]:
    return f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"


def up(data: Path, http: str, mqtt: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "center.cli", "up", "--data", str(data), "--http", http, "--mqtt", mqtt, *words]


def init_until(words: str, data: Path) -> list[str]:
    """A set-up that goes on behind these words for no signal."""
    return [sys.executable, "-m", "tests.support.stands_still", words, "init", "--data", str(data)]


def test_the_first_set_up_makes_everything_and_prints_the_password_once(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "center"
    first = center("init", data=data).stdout
    assert first.count("kata sandi") == 1
    assert "100 lokasi" in first
    assert {entry.name for entry in data.iterdir()} == {
        "commander",
        "center.db",
        "sessions.db",
        "keys",
        "pki",
        "secret_key",
        ".lock",
    }
    for private in ("secret_key", "pki/ca.key", "keys/seal.key"):
        assert (data / private).stat().st_mode & 0o077 == 0
    before = everything(data)
    second = center("init", data=data).stdout
    assert "kata sandi" not in second
    assert {name for name, content in everything(data).items() if before.get(name) != content} <= {".lock"}


def test_a_set_up_killed_at_any_moment_leaves_nothing_half_made(tmp_path: Path) -> None:
    data = tmp_path / "center"
    for words in ("[1/5]", "[2/5]", "[3/5]", "[4/5]", "kata sandi"):
        with program(*init_until(words, data)) as running:
            running.wait_for_output(words)
            running.send(signal.SIGKILL)
            running.wait()
        assert not (data / "center.db").exists() or (data / "secret_key").exists() or (data / ".new/complete").exists()
    center("init", data=data)
    assert not (data / ".new").exists()
    assert len(json.loads(center("nodes", "--all", "--json", data=data).stdout)) == 100


def test_ctrl_c_during_set_up_removes_what_was_begun(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "center"
    with program(*init_until("[3/5]", data)) as running:
        running.wait_for_output("[3/5]")
        running.send(signal.SIGINT)
        assert running.wait() == 130
    assert list(tmp_path.iterdir()) == []


def test_a_moving_that_was_cut_is_finished_by_the_next_start(copied: Path) -> None:
    data = copied
    before = everything(data)
    build = data / ".new"
    build.mkdir()
    for name in ("secret_key", "center.db", "pki"):
        (data / name).rename(build / name)
    (build / "complete").touch()
    assert "kata sandi" not in center("init", data=data).stdout
    after = everything(data)
    assert {name for name in before if after.get(name) != before[name]} <= {".lock"}


def test_the_configuration_file_is_used_from_the_first_start_and_stays(tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text('[mqtt]\nnames = ["sandi.example"]\n')
    center("init", data=tmp_path)
    assert (tmp_path / "center.toml").read_text().startswith("[mqtt]")
    certificate = ssl._ssl._test_decode_cert(str(tmp_path / "pki/server.crt"))  # type: ignore[attr-defined]
    assert ("DNS", "sandi.example") in certificate["subjectAltName"]


def test_a_mistake_in_the_configuration_stops_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text("[web]\nprot = 1\n")
    for command in ("init", "up"):
        assert "did you mean web.port?" in problem(command, data=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["center.toml"]


def test_a_database_of_a_newer_version_is_left_alone(copied: Path) -> None:
    data = copied
    with sqlite3.connect(data / "center.db") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('sites', '0099_later', '2030-01-01')"
        )
    database.close()
    for command in ("init", "ingest"):
        done = center(command, data=data, code=2)
        assert "newer version" in done.stderr and "sites.0099_later" in done.stderr


def test_a_damaged_database_is_a_sentence_and_not_a_trace(copied: Path) -> None:
    data = copied
    (data / "center.db").write_bytes(b"no database" * 1000)
    assert "cannot be read" in problem("init", data=data)


def test_a_directory_without_a_centre_says_how_to_make_one(tmp_path: Path) -> None:
    assert "sandi-center init" in problem("nodes", data=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file/center") in problem("up", data=tmp_path / "file/center")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_root_does_not_start_on_another_user_s_data(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert "sudo -u nobody" in problem("up", data=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_named_with_who_has_it_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option, other in (("--http", "--mqtt"), ("--mqtt", "--http")):
            free = f"127.0.0.1:{free_port()}"
            said = problem("up", option, f"127.0.0.1:{port}", other, free, data=tmp_path / "deep" / "center")
            assert str(port) in said and option in said and f"PID {os.getpid()}" in said
        free = [word for option in ("--http", "--mqtt") for word in (option, f"127.0.0.1:{free_port()}")]
        said = problem("up", *free, "--throughput", f"127.0.0.1:{port}", data=tmp_path / "deep" / "center")
        assert str(port) in said and "--throughput" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("http", ["8080", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "host:x", "192.0.2.1:8080"])
def test_an_endpoint_that_cannot_be_is_refused(tmp_path: Path, http: str) -> None:
    assert "--http" in problem("up", "--http", http, data=tmp_path / "center")
    assert list(tmp_path.iterdir()) == []


def test_a_second_centre_on_the_same_data_is_refused(made: Path) -> None:
    with (made / ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "already runs" in problem("up", data=made)


class Typed:
    """Commands on a database of this test, inside this process: Django is loaded once for all of them."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """What a command prints; on its expected problem the sentence."""
        group = words[0] in {"user", "sites", "token"}
        where = ["--data", str(self.data)]
        rest = [str(word) for word in words[1:]]
        arguments = [str(words[0]), *where, *rest] if group else [str(words[0]), *rest, *where]
        before = os.umask(0o022)
        try:
            assert main(["--lang", "en", *arguments] if code else arguments) == code
        finally:
            os.umask(before)
        said = self._capsys.readouterr()
        return said.err if code else said.out


@pytest.fixture
def typed(center_data: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    from center.sealing import make_key_pair
    from center.sites.seed_data import seed

    create_authority(center_data / "pki")
    make_key_pair(center_data / "keys")
    seed()
    return Typed(center_data, capsys)


def test_enrolling_listing_and_revoking_a_node(typed: Typed, tmp_path: Path) -> None:
    node, out = "kel-3673011002", tmp_path / "out"
    assert "node terdaftar" in typed("nodes")
    said = typed("enroll", node, "--out", out)
    assert node in said and "Cipare" in said
    assert (out / "ca.crt").read_bytes() == (typed.data / "pki/ca.crt").read_bytes()
    (row,) = json.loads(typed("nodes", "--json"))
    assert (row["node"], row["state"], row["enrolled"], row["since"]) == (node, "UNKNOWN", True, None)
    assert "--force" in typed("enroll", node, "--out", tmp_path / "again", code=2)
    assert "sandi-center sites" in typed("enroll", "kel-9999999999", "--out", tmp_path / "x", code=2)
    typed("enroll", node, "--out", out, "--force")
    assert "2 sertifikat" in typed("revoke", node)
    assert len(create_authority(typed.data / "pki").revoked_serials()) == 2
    assert "RETIRED" in typed("nodes")
    assert len(typed("nodes", "--all").splitlines()) == 101
    assert "not enrolled" in typed("revoke", "opd-setda", code=2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["center", "out"]


def test_accounts_and_sites_are_managed_by_command(typed: Typed) -> None:
    password = typed("user", "add", "sari", "--role", "operator").split()[-1]
    assert len(password) == 19
    assert "passwd sari" in typed("user", "add", "sari", code=2)
    assert password not in typed("user", "passwd", "sari")
    typed("sites", "add", "cctv-alun-alun", "Alun-alun", "--position", "-6.12", "106.15")
    listed = typed("sites").splitlines()
    assert len(listed) == 101
    assert sum("(?)" in line for line in listed) == 6
    assert "0 lokasi" in typed("sites", "seed")


def test_messages_come_in_indonesian_and_in_english(made: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "center.cli", "nodes", "--data", str(tmp_path / "none")]
    environment = {name: value for name, value in os.environ.items() if name != "SANDI_LANG"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert (done.returncode, done.stderr.startswith("sandi-center: belum ada pusat di")) == (2, True)
    assert "SINCE" in center("--lang", "en", "nodes", "--all", data=made).stdout
    assert center("version").stdout.strip().count(".") == 2


@pytest.mark.broker
class TestUp:
    """The whole centre as real processes."""

    def test_everything_runs_recovers_and_stops(self, made: Path, tmp_path: Path) -> None:
        http, mqtt = ports()
        with program(*up(made, http, mqtt, "--workers", "2")) as running:
            running.wait_for_output("Ctrl-C", 120)
            assert f"http://{http}/" in running.output
            assert "already runs" in problem("up", data=made)
            assert json.loads(center("nodes", "--all", "--json", data=made).stdout)
            self.every_process_recovers(made, running)
            self.the_pages_answer(http)
            everyone = running.descendants()
            assert len(everyone) >= 5
            with within(5):
                running.send(signal.SIGTERM)
                assert running.wait() == 0, running.output
        wait_until(lambda: gone(everyone), "everything to be gone")
        assert not (made / "run/supervisor.json").exists()

    def every_process_recovers(self, data: Path, running: Program) -> None:
        def children() -> dict[str, dict[str, object]]:
            found: dict[str, dict[str, object]] = json.loads((data / "run/supervisor.json").read_text())["children"]
            return found

        beside = {"throughput", "signer", "enrol", "commander"}
        ours = {"broker", "ingest-1", "ingest-2", "worker", "alerts", "web", *beside}
        assert set(children()) == ours
        for name in children():
            psutil.Process(int(str(children()[name]["pid"]))).kill()
            wait_until(
                lambda name=name: (children()[name]["restarts"], children()[name]["state"]) == (1, "ready"),
                f"{name} to come back",
                detail=lambda: running.output,
            )

    def the_pages_answer(self, http: str) -> None:
        with urllib.request.urlopen(f"http://{http}/", timeout=60) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy and "default-src 'none'" in policy
        for host in ("evil.example", "localhost"):
            request = urllib.request.Request(f"http://{http}/", headers={"Host": host})
            if host == "localhost":
                assert urllib.request.urlopen(request, timeout=60).status == 200
            else:
                with pytest.raises(urllib.error.HTTPError, match="400"):
                    urllib.request.urlopen(request, timeout=60)

    def test_revoking_while_it_runs_restarts_the_broker_with_the_list(self, made: Path, tmp_path: Path) -> None:
        mqtt = f"127.0.0.1:{free_port()}"
        center("enroll", NODE, "--out", tmp_path / "out", data=made)
        command = [sys.executable, "-m", "center.cli", "broker", "--data", str(made), "--mqtt", mqtt]
        with program(*command) as running:
            running.wait_for_output("broker siap")
            assert handshake(mqtt, tmp_path / "out") is None
            center("revoke", NODE, data=made)
            wait_until(lambda: running.output.count("broker siap") > 1, "the new broker", detail=lambda: running.output)
            assert "revoked" in str(handshake(mqtt, tmp_path / "out", 60))


def handshake(mqtt: str, credentials: Path, told_within_s: float = 0.5) -> ssl.SSLError | None:
    """Shake hands with a node's certificate; the broker's refusal, or None when it has said none by then."""
    context = ssl.create_default_context(cafile=credentials / "ca.crt")
    context.load_cert_chain(credentials / "node.crt", credentials / "node.key")
    host, _, port = mqtt.partition(":")
    with socket.create_connection((host, int(port)), 30) as plain:
        secure = context.wrap_socket(plain, server_hostname="localhost")
        secure.settimeout(told_within_s)
        try:
            secure.recv(1)  # TLS 1.3 tells about a refused certificate at the first read
        except TimeoutError:
            return None
        except ssl.SSLError as error:
            return error
    return None


def test_an_agency_sees_nothing_until_it_was_given_sites_and_the_audit_log_says_who_gave_them(typed: Typed) -> None:
    from center.accounts.models import Act, User
    from center.accounts.reach import sites_of

    typed("user", "add", "dinkes", "--role", "agency")
    assert sites_of(User.objects.get(username="dinkes")) == set()
    assert "opd-dinkes" in typed("user", "reach", "dinkes", "--site", "opd-dinkes")
    assert sites_of(User.objects.get(username="dinkes")) == {"opd-dinkes"}
    typed("user", "reach", "dinkes", "--city")  # a slip of the hand: the role is for single sites all the same
    assert sites_of(User.objects.get(username="dinkes")) == set()
    assert "opd-nowhere" in typed("user", "reach", "dinkes", "--site", "opd-nowhere", code=2)
    typed("user", "add", "camat", "--role", "viewer")
    typed("user", "reach", "camat", "--kecamatan", "Serang")
    assert "kel-3673011001" in (sites_of(User.objects.get(username="camat")) or set())
    assert "Atlantis" in typed("user", "reach", "camat", "--kecamatan", "Atlantis", code=2)
    acts = [(act.what, act.subject, act.detail) for act in Act.objects.order_by("id")]
    assert acts[:2] == [("user-add", "dinkes", "agency"), ("user-reach", "dinkes", "opd-dinkes")]
    assert all(act.who.startswith("cli:") for act in Act.objects.all())


def test_tokens_are_made_listed_and_revoked_by_command(typed: Typed) -> None:
    from center.accounts.models import ApiToken

    made = typed("token", "add", "provinsi", "--level", "province", "--network", "10.0.0.0/8", "--days", "30").split()
    token = next(word for word in made if word.startswith("sandi_"))
    row = ApiToken.objects.get(name="provinsi")
    assert token not in (row.digest, row.name) and row.expires_ms - row.made_ms == 30 * 86_400_000
    assert "already is a token provinsi" in typed("token", "add", "provinsi", code=2)
    assert "10.0.0.0/8x" in typed("token", "add", "lain", "--network", "10.0.0.0/8x", code=2)
    listed = typed("token", "list")
    assert "berlaku" in listed and "10.0.0.0/8" in listed and token not in listed
    typed("token", "revoke", "provinsi")
    assert "tidak berlaku" in typed("token", "list")
    assert "no valid token provinsi" in typed("token", "revoke", "provinsi", code=2)
