"""The whole centre with `sandi-center up`: a box enrols and speaks to the broker, another takes its place, both end."""

import base64
import http.client
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.enrolment import NODE, Answer, Box, expect
from tests.support.made_center import made_center
from tests.support.mqtt import Peer
from tests.support.ports import free_port
from tests.support.processes import program, wait_until
from wire import topics
from wire.enrolment import ENROL_PATH, RENEW_PATH, Enrol, Issued, Refused, Renew, encode, parse_answer

pytestmark = [pytest.mark.full, pytest.mark.broker]

_TOKEN = """
import sys
from center.database import open_database
open_database()
from center.enrolment.tokens import new_token
print(new_token(sys.argv[1], role="opd", model="pi-4b", by="cli:test", days=14, confirm=False, purpose=sys.argv[2]))
"""


@dataclass(frozen=True, slots=True)
class City:
    """A centre that runs, by its data directory and the broker's port."""

    data: Path
    mqtt: int

    def token(self, purpose: str = "new") -> str:
        return self.run("-c", _TOKEN, NODE, purpose).strip()

    def run(self, *words: str) -> str:
        environment = {"SANDI_CENTER_DATA": str(self.data), "PATH": "/usr/bin:/bin:/usr/sbin"}
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=120, check=False,
                              env={**environment, "PYTHONPATH": str(Path(__file__).parents[3])})  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, message: Enrol | Renew) -> Answer:
        """What the centre answers, also to who was cut off by it because a busy machine stood still: he asks again."""
        found: list[Answer] = []

        def answered() -> bool:
            with suppress(OSError, http.client.HTTPException):
                answer = self._asked(message)
                late = isinstance(answer, Refused) and answer.code == "unavailable"
                found.extend([] if late else [answer])
            return bool(found)

        wait_until(answered, "an answer", 90)
        return found[0]

    def _asked(self, message: Enrol | Renew) -> Answer:
        context = ssl.create_default_context(cafile=self.data / "pki" / "ca.crt")
        connection = http.client.HTTPSConnection("127.0.0.1", self.mqtt + 2, timeout=60, context=context)
        try:
            path = ENROL_PATH if isinstance(message, Enrol) else RENEW_PATH
            connection.request("POST", path, encode(message))
            answer = connection.getresponse()
            return parse_answer(answer.status, answer.read())
        finally:
            connection.close()

    def session(self, box: Box, issued: Issued, folder: Path) -> Peer:
        """An MQTT session with the certificate a box got."""
        folder.mkdir(exist_ok=True)
        (folder / "node.crt").write_text(issued.certificate)
        key = box.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "node.key").write_bytes(key)
        context = ssl.create_default_context(cadata=issued.ca)
        context.load_cert_chain(folder / "node.crt", folder / "node.key")
        peer = Peer("127.0.0.1", self.mqtt, context, NODE)
        peer.connect()
        return peer


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    data, mqtt = tmp_path_factory.mktemp("up") / "center", free_port()
    made_center(data)
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "up", "--data", str(data)]
    with program(*command, "--http", f"127.0.0.1:{free_port()}", "--mqtt", f"127.0.0.1:{mqtt}") as running:
        running.wait_for_output("Ctrl-C", 120)
        assert f"Enrolment     : 127.0.0.1:{mqtt + 2}" in running.output
        yield City(data, mqtt)


def refuses(city: City, box: Box, issued: Issued, folder: Path) -> bool:
    """Whether the broker turns this certificate away; False while it is not there or still takes it."""
    try:
        peer = city.session(box, issued, folder)
    except ssl.SSLError as error:
        return "revoked" in str(error)
    except ConnectionRefusedError as error:
        return "cut during the handshake" in str(error)
    except OSError:
        return False
    peer.client.disconnect()
    peer.client.loop_stop()
    return False


def test_a_replaced_box_and_a_revoked_one_end_at_once_and_do_not_come_back(city: City, tmp_path: Path) -> None:
    first, second = Box(), Box()
    token = city.token()
    issued = expect(city.ask(first.enrol(token)), Issued)
    old = city.session(first, issued, tmp_path / "first")
    assert base64.b64decode(issued.seal_key)
    assert not old.publish(topics.state(NODE), b"{}").is_failure

    replacement = city.token("replace")
    assert old.disconnects == 0, "until the new box has its certificate the old one works"
    taken_over = expect(city.ask(second.enrol(replacement)), Issued)
    wait_until(lambda: old.disconnects > 0, "the replaced box's session to end", 120)
    old.client.loop_stop()
    wait_until(lambda: refuses(city, first, issued, tmp_path / "first"), "the broker to turn the old box away", 120)
    assert expect(city.ask(Box().renew(first, issued.certificate)), Refused).code == "revoked"
    assert expect(city.ask(first.enrol(token)), Refused).code == "revoked"

    new = city.session(second, taken_over, tmp_path / "second")
    city.run("-m", "center.cli", "revoke", NODE)
    wait_until(lambda: new.disconnects > 0, "the revoked box's session to end", 120)
    new.client.loop_stop()
    wait_until(lambda: refuses(city, second, taken_over, tmp_path / "second"), "the broker to turn the box away", 120)
    assert expect(city.ask(Box().renew(second, taken_over.certificate)), Refused).code == "revoked"
    assert expect(city.ask(second.enrol(replacement)), Refused).code == "token_revoked"
