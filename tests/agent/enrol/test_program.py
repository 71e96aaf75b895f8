"""`sandi enrol`, `sandi renew` and what shows their states, as programs: clocks, disks, networks, screens."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from agent.cli_enrol_words import lines
from agent.core.enrolment import STATES, Standing
from agent.enrol import statefile
from agent.messages import Messages
from tests.support.enrol_box import EnrolBox
from tests.support.fake_time import WallClock, sweep_fake_clocks
from tests.support.processes import program, wait_until
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.terminal import terminal
from wire.enrolment import STATUS, fingerprint_text

ROOT = Path(__file__).parents[3]

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_it_waits_for_the_operator_and_ends_when_the_box_is_enrolled(box: EnrolBox) -> None:
    box.listener.confirm, box.listener.wait_s = True, 1
    with program(sys.executable, "-m", "agent.cli", *box.arguments("enrol"), environment=box.environment()) as running:
        wait_until(lambda: box.places.state_file.exists() and box.state["state"] == "waiting", "the state")
        asked = len(box.listener.asked)
        wait_until(lambda: len(box.listener.asked) > asked, "another question")
        fingerprint = box.state["fingerprint"]
        box.listener.confirm = False
        assert running.wait() == 0, running.output
    assert box.state["state"] == "enrolled"
    assert box.state["fingerprint"] == fingerprint
    assert box.state["node"] == box.node
    assert box.state["expires_at_ms"] > time.time() * 1000
    assert fingerprint_text(fingerprint) in running.output
    assert box.places.state_file.stat().st_mode & 0o777 == 0o640


@pytest.mark.full
def test_another_card_is_noticed_at_once_however_long_the_pause(box: EnrolBox) -> None:
    box.listener.refuse = "token_expired"
    with program(sys.executable, "-m", "agent.cli", *box.arguments("enrol"), environment=box.environment()) as running:
        wait_until(lambda: box.places.state_file.exists() and box.state["state"] == "token_expired", "the state")
        assert box.state["retry_s"] >= 3000
        box.listener.refuse = ""
        box.new_card()
        assert running.wait() == 0, running.output
    assert box.state["state"] == "enrolled"


@pytest.mark.full
def test_one_attempt_tells_its_state_to_programs_and_by_its_exit_code(box: EnrolBox) -> None:
    box.listener.refuse = "token_used"
    done = box.run("enrol", "--once", "--json")
    told = msgspec.json.decode(done.stdout, type=Standing)
    assert (done.returncode, told.state, told.code) == (1, "token_used", "token_used")
    assert told == statefile.read(box.places.state_file)
    box.listener.refuse = ""
    assert box.run("enrol", "--once").returncode == 0
    done = box.run("renew", "--force", "--json")
    facts = msgspec.json.decode(done.stdout, type=dict[str, object])
    assert (done.returncode, facts["state"], facts["renewed"], facts["reason"]) == (0, "enrolled", True, "asked")
    assert box.run("renew", "--back").returncode == 0


def test_a_clock_in_1970_enrols_and_renews(box: EnrolBox, tmp_path: Path) -> None:
    clock = WallClock(tmp_path)
    clock.set(86_400)
    try:
        done = box.run("enrol", "--once", also=clock.environment)
        assert (done.returncode, box.state["state"]) == (0, "enrolled"), done.stderr
        assert box.state["at_ms"] < 3 * 86_400_000
        assert "jam belum benar" in done.stdout
        done = box.run("renew", "--force", also=clock.environment)
        assert done.returncode == 0, done.stdout
    finally:
        sweep_fake_clocks()
    assert box.run("renew").returncode == 0


@pytest.mark.full
def test_a_clock_years_ahead_says_so_and_changes_nothing(box: EnrolBox, tmp_path: Path) -> None:
    assert box.attempt().state == "enrolled"
    before = box.vault.held()
    clock = WallClock(tmp_path)
    clock.set(time.time() + 20 * 366 * 86_400)
    try:
        done = box.run("renew", also=clock.environment)
    finally:
        sweep_fake_clocks()
    assert (done.returncode, box.state["state"], box.state["code"]) == (1, "expired", "over")
    after = box.vault.held()
    assert before is not None and after is not None and before.files == after.files


@root
def test_without_any_network_it_says_so_and_asks_nobody(box: EnrolBox) -> None:
    text = (box.places.card / "node.toml").read_text().replace("127.0.0.1", "10.20.30.40")
    (box.places.card / "node.toml").write_text(text)
    done = subprocess.run(
        ("unshare", "-n", sys.executable, "-m", "agent.cli", *box.arguments("enrol", "--once")),
        env=box.environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, box.state["state"], box.state["code"]) == (1, "no_network", "no_route")
    assert box.state["retry_s"] <= 5
    assert "Belum ada jaringan" in done.stdout


@root
def test_a_full_disk_is_a_state_and_room_heals_it(box: EnrolBox) -> None:
    shutil.rmtree(box.places.state)
    with SmallTmpfs(box.places.state, 1) as disk:
        disk.fill()
        seen = box.attempt()
        assert (seen.state, seen.code) == ("refused", "disk")
        assert "No space left" in seen.detail
        assert box.listener.asked == []
        disk.free()
        assert box.attempt().state == "enrolled"
    box.places.state.mkdir(exist_ok=True)


@root
def test_a_disk_that_fills_up_before_the_certificate_is_written_keeps_the_old_one(box: EnrolBox) -> None:
    with SmallTmpfs(box.places.credentials, 1) as disk:
        disk.fill()
        seen = box.attempt()
        assert (seen.state, seen.code) == ("refused", "disk")
        assert box.token.exists() and box.vault.held() is None
        disk.free()
        assert box.attempt().state == "enrolled"
        held = box.vault.held()
        disk.fill()
        done = box.run("renew", "--force")
        assert (done.returncode, box.state["state"], box.state["code"]) == (1, "renewing", "disk")
        after = box.vault.held()
        assert held is not None and after is not None and held.files == after.files


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_state_is_a_sentence_and_what_to_do_in_both_languages(lang: str) -> None:
    for state in STATES:
        standing = Standing(state, 0, 0, "kel-3673011001", "ab" * 32, "", "", 60, 10**13)
        said = lines(Messages(lang), standing)
        assert len(said) == 2, state
        assert all(text[0].isupper() and "enrol." not in text and "{" not in text for text in said), state


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_code_has_its_words(lang: str) -> None:
    """Codes of the wire, and what this box finds by itself, as its sources write them."""
    sources = "".join(path.read_text() for path in (ROOT / "agent" / "enrol").glob("*.py"))
    told = r'(?:EnrolError\("[a-z_]+"|missing\(to|OwnTroubleError\()(?:, )?"([a-z_]+)"'
    own = set(re.findall(told, sources))
    assert own > {"no_card", "bad_token", "closed", "bundle", "certificate", "openssl", "disk"}
    texts = Messages(lang)
    missing = {code for code in own | set(STATUS) if texts.optional(f"enrol.why.{code}") is None}
    assert missing == set()


def test_status_tells_how_the_certificate_stands_also_without_a_daemon(box: EnrolBox, tmp_path: Path) -> None:
    box.listener.confirm = True
    seen = box.attempt()
    statefile.write(box.places.state_file, Standing("waiting", 0, 0, box.node, seen.fingerprint, retry_s=5))
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[node]\nid = "{box.node}"\ndata_dir = "{tmp_path}"\nrun_dir = "{tmp_path}"\n[uplink]\nhost = "h"\n'
    )
    command = (sys.executable, "-m", "agent.cli", "status", "--config", str(config))
    done = subprocess.run(command, env=box.environment(), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert fingerprint_text(seen.fingerprint) in done.stdout
    assert "Telepon pusat" in done.stdout
    done = subprocess.run((*command, "--json"), env=box.environment(), capture_output=True, text=True, check=False)
    assert msgspec.json.decode(done.stdout)["certificate"]["state"] == "waiting"


def test_the_console_shows_the_fingerprint_large_and_ends_with_the_certificate(box: EnrolBox) -> None:
    print_of_key = "0123456789abcdef" + "0" * 48
    statefile.write(box.places.state_file, Standing("waiting", 0, 0, box.node, print_of_key, retry_s=30))
    with terminal("enrol", "--watch", SANDI_ENROL_STATE=str(box.places.state), SANDI_LANG="id") as screen:
        screen.wait_for("0123 4567 89ab cdef")
        screen.wait_for("#### ")
        wait_until(lambda: 0 < len(screen.frame) <= 24 and screen.frame[0].startswith(box.node), "the whole screen")
        assert len(screen.frame) <= 24
        statefile.write(box.places.state_file, Standing("enrolled", 0, 0, box.node, print_of_key))
        assert screen.wait() == 0


def test_watch_shows_enrolment_until_it_is_done(box: EnrolBox) -> None:
    statefile.write(box.places.state_file, Standing("token_used", 0, 0, box.node, code="token_used", retry_s=3600))
    names = {"SANDI_ENROL_STATE": str(box.places.state), "SANDI_LANG": "id"}
    with terminal("watch", "--centre", "127.0.0.1", "--interval", "0.3", **names) as screen:
        screen.wait_for("sudah dipakai kotak lain")
        statefile.write(box.places.state_file, Standing("unreachable", 0, 0, box.node, code="closed", retry_s=60))
        screen.wait_for("tempat pendaftaran di pusat tidak menjawab")
        screen.wait_for("Putusan")
        statefile.write(box.places.state_file, Standing("enrolled", 0, 0, box.node))
        wait_until(lambda: not any("pendaftaran" in line for line in screen.frame), "the usual screen")
        screen.press(b"\x03")
        assert screen.wait() == 0
