"""Enrolment in its real sandbox on a booted machine: keys are made, a certificate comes, the agent starts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from agent.core.enrolment import PATIENCE
from center.pki import Authority, create_authority
from tests.support.enrolment_listener import SEAL_KEY
from tests.support.machine import Machine, booted
from wire import enrolment
from wire.card import Card, card_text
from wire.enrolment import Issued, Trust, token_text

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

NODE = "kel-3673011001"
AGENT = f'[node]\nid = "{NODE}"\n\n[uplink]\nhost = "127.0.0.1"\n'
LONGEST_PAUSE_S = PATIENCE["unreachable"].max_s
"""However many attempts it made before anybody listened, and however the dice fall: it tries again after that."""
NO_JOBS = "No jobs running."
# Answers what lies beside it; the box checks everything, so this needs to know nothing.
LISTENER = """
import http.server, pathlib, ssl
here = pathlib.Path(__file__).parent
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.say("issued.json")
    def do_GET(self):
        self.say("trust.json")
    def say(self, name):
        answer = (here / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
server = http.server.HTTPServer(("127.0.0.1", 8885), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(here / "server.crt", here / "server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = create_authority(tmp_path_factory.mktemp("pki") / "pki")
    made.issue_server(("localhost", "127.0.0.1"))
    return made


@pytest.fixture(scope="module")
def machine(
    machine_root: Path,
    bundle: Path,
    lay: Callable[[Machine, str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machine]:
    with booted(machine_root, tmp_path_factory.mktemp("machine"), {bundle: "/bundle"}) as booted_machine:
        lay(booted_machine, "agent")
        install = ("/bundle/systemd/install.sh", "--offline-wheels", "/bundle/wheels")
        booted_machine.run(*install, "--node", NODE, "--host", "127.0.0.1", timeout_s=300)
        yield booted_machine


def state(machine: Machine) -> dict[str, object]:
    try:
        return dict(json.loads(machine.path("/var/lib/sandi-enrol/state.json").read_text()))
    except OSError:
        return {}


def is_calm(machine: Machine) -> bool:
    """Nobody is about to start the agent again."""
    keys = machine.show("sandi-keys.service", "ActiveState")["ActiveState"]
    return keys == "inactive" and machine.run("systemctl", "list-jobs", "--no-legend").stdout.strip() in ("", NO_JOBS)


def put_card(machine: Machine, authority: Authority) -> None:
    """What the first run leaves behind, with its owners."""
    etc = machine.path("/etc/sandi")
    (etc / "enrol").mkdir(exist_ok=True)
    (etc / "enrol" / "token").write_text(token_text(bytes(range(20))) + "\n")
    (etc / "enrol" / "ca.crt").write_bytes(authority.ca_certificate.read_bytes())
    (etc / "node.toml").write_text(card_text(Card(NODE, "pi-4b", "opd", "127.0.0.1", 8885)))
    machine.run("sh", "-c", "chown -R sandi-enrol:sandi-enrol /etc/sandi/enrol && chmod 600 /etc/sandi/enrol/token")


def listen(machine: Machine, authority: Authority) -> None:
    """A listener inside that has the certificate for the key the box made."""
    key = load_pem_private_key(machine.path("/var/lib/sandi-enrol/pending/node.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NODE)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    from cryptography.hazmat.primitives.serialization import Encoding

    issued, pem = authority.sign_csr(csr.public_bytes(Encoding.PEM), NODE)
    ca = authority.ca_certificate.read_text()
    expires_at_ms = int(issued.expires_at.timestamp() * 1000)
    folder = machine.path("/run/listener")
    folder.mkdir()
    (folder / "issued.json").write_bytes(enrolment.encode(Issued(pem.decode(), ca, SEAL_KEY, expires_at_ms)))
    (folder / "trust.json").write_bytes(enrolment.encode(Trust(ca)))
    (folder / "server.crt").write_bytes(authority.server_certificate.read_bytes())
    (folder / "server.key").write_bytes(authority.server_key.read_bytes())
    (folder / "listener.py").write_text(LISTENER)
    machine.run("systemd-run", "--unit=listener", "python3", "/run/listener/listener.py")


def test_a_box_enrols_in_its_sandbox_and_the_agent_starts_by_itself(machine: Machine, authority: Authority) -> None:
    put_card(machine, authority)
    machine.run("systemctl", "start", "sandi-keys.path", "sandi-enrol.service")
    machine.wait_for("an attempt", lambda: state(machine).get("state") == "unreachable")
    assert machine.show("sandi-agent.service", "ActiveState")["ActiveState"] == "inactive"
    assert machine.run("stat", "-c", "%a %U %G", "/var/lib/sandi-enrol/state.json").stdout == (
        "640 sandi-enrol sandi-technician\n"
    )
    listen(machine, authority)
    machine.wait_for("the certificate", lambda: state(machine).get("state") == "enrolled", LONGEST_PAUSE_S + 60)
    machine.wait_for("the agent", lambda: machine.show("sandi-agent.service", "ActiveState")["ActiveState"] == "active")
    machine.wait_for("the end", lambda: machine.show("sandi-enrol.service", "ActiveState")["ActiveState"] == "inactive")
    assert machine.show("sandi-enrol.service", "Result")["Result"] == "success"
    assert not machine.path("/etc/sandi/enrol/token").exists()
    told = "Enrolled; the certificate is good for"
    machine.wait_for("its word", lambda: told in machine.run("sandi", "status", check=False).stdout)


def test_new_credentials_start_the_agent_again_and_the_daily_look_finds_nothing_due(machine: Machine) -> None:
    machine.wait_for("what the enrolment set going to end", lambda: is_calm(machine))
    before = machine.show("sandi-agent.service", "MainPID", "ActiveState")
    assert before["ActiveState"] == "active"
    machine.run("systemctl", "start", "sandi-renew.service")
    assert machine.show("sandi-renew.service", "Result")["Result"] == "success"
    assert "Belum waktunya" in machine.journal("sandi-renew.service")
    assert machine.show("sandi-agent.service", "MainPID", "ActiveState") == before
    keys = "/etc/sandi/credentials"
    machine.run(
        "sh", "-c", f"cp -a {keys}/installed {keys}/.installed.part && mv {keys}/.installed.part {keys}/installed"
    )
    machine.wait_for(
        "the agent again", lambda: machine.show("sandi-agent.service", "MainPID", "ActiveState") not in (
            before, {"MainPID": "0", "ActiveState": "inactive"},
        ) and machine.show("sandi-agent.service", "ActiveState")["ActiveState"] == "active",
    )  # fmt: skip
    assert machine.show("sandi-agent.service", "MainPID")["MainPID"] != before["MainPID"]


def test_the_timer_stands_and_what_root_does_by_hand_stays_the_units_own(machine: Machine) -> None:
    assert machine.show("sandi-renew.timer", "UnitFileState")["UnitFileState"] == "enabled"
    machine.run("sandi", "renew")
    owners = machine.run("find", "/var/lib/sandi-enrol", "/etc/sandi/credentials", "!", "-user", "sandi-enrol").stdout
    assert owners == ""
