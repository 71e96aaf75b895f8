"""The enrolment listener and the signer as they run, attacked with what is on a stolen card and heard on a line.

What each kind of token is answered, which requests are signed, and which bytes are a request is tried one by one in
`tests/center/enrolment/`. Here somebody uses it: he has the card, he has heard the line, he comes in thousands.
"""

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.broker import RunningBroker
from tests.support.enrolment import NODE, OTHER, Box, EnrolmentCentre, enrolment_centre, expect
from tests.support.made_center import ROOT
from tests.support.mqtt import wait_for
from tests.support.siege import drip, held, raise_file_limit, rss_mib, still_open
from tests.support.torture import often
from wire.enrolment import ENROL_PATH, MAX_REQUEST_BYTES, Issued, Refused, encode, parse_answer

pytestmark = pytest.mark.full

HONEST, RUDE = "127.0.0.2", "127.0.0.9"
"""Addresses of this machine: a technician's box, and somebody else."""
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentCentre]:
    with enrolment_centre(tmp_path_factory.mktemp("enrolment"), config="per_address_per_minute = 30\n") as running:
        yield running


def said(centre: EnrolmentCentre, raw: bytes, address: str = HONEST) -> bytes:
    """These very bytes over TLS from an address; the answer once it is whole, less when it was cut."""
    found = b""
    with (
        suppress(OSError),
        socket.create_connection((centre.host, centre.port), 60, (address, 0)) as plain,
        centre.tls().wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        with suppress(OSError):
            line.sendall(raw)
        while not is_whole(found) and (data := line.recv(65_536)):
            found += data
    return found


def heard(centre: EnrolmentCentre, raw: bytes, address: str = HONEST) -> bytes:
    """The whole answer to these bytes; said again by whom a busy machine kept waiting until he was cut."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_whole(found := said(centre, raw, address)) or is_late(found):
        if time.monotonic() > end_s:
            break
    return found


def is_late(raw: bytes) -> bool:
    """Whether the signer did not answer in time: then a box asks again."""
    found = answer(raw)
    return isinstance(found, Refused) and found.code == "unavailable"


def is_whole(raw: bytes) -> bool:
    """Whether an answer has all of its body."""
    head, end, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(end and length and len(body) >= int(length[1]))


def request(message: object, path: str = ENROL_PATH) -> bytes:
    """A request as it goes over the line."""
    body = encode(message)  # type: ignore[arg-type]
    return f"POST {path} HTTP/1.1\r\nHost: pusat\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def answer(raw: bytes) -> object:
    """What an answer on the line says."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return parse_answer(int(head.split()[1]), body)


def ask(centre: EnrolmentCentre, message: object, address: str = HONEST) -> object:
    return answer(heard(centre, request(message), address))


def told(centre: EnrolmentCentre) -> list[dict[str, object]]:
    """What `sandi-center security` says of the enrolment."""
    words = [sys.executable, "-m", "center.cli", "security", "--json", "--data", str(centre.data)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return [row for row in json.loads(done.stdout) if row["door"] == "enrol"]


def counted(code: str, node: str = "") -> int:
    """How many were refused with this code, as the rows operators see say."""
    from center.enrolment.models import EnrolmentRefusal

    found = EnrolmentRefusal.objects.filter(code=code, **({"node": node} if node else {}))
    return sum(found.values_list("count", flat=True))


def test_a_request_heard_on_its_way_brings_its_certificate_again_and_nothing_that_opens_a_door(
    centre: EnrolmentCentre, broker: RunningBroker, tmp_path: Path
) -> None:
    """Byte for byte again, from elsewhere, also later: the same certificate, whose key the listener never had."""
    box = Box()
    recorded = request(box.enrol(centre.new_token()))
    first = expect(answer(heard(centre, recorded)), Issued)
    again = expect(answer(heard(centre, recorded, RUDE)), Issued)
    assert again == first
    assert sum(entry["name"] == NODE for entry in centre.authority.book()) == 1
    thief = Box()
    (tmp_path / "node.crt").write_text(again.certificate)
    secret = thief.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "node.key").write_bytes(secret)
    context = ssl.create_default_context(cafile=centre.ca)
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(tmp_path / "node.crt", tmp_path / "node.key")
    renewed = ask(centre, box.enrol(centre.new_token(OTHER)), RUDE)  # the next card's token with the old box's request
    assert expect(renewed, Refused).code == "token_unknown"


def test_a_copied_card_that_comes_second_gets_nothing_and_operators_see_it(centre: EnrolmentCentre) -> None:
    token = centre.new_token()
    expect(ask(centre, Box().enrol(token)), Issued)
    before = counted("token_used", NODE)
    for _ in range(3):
        assert expect(ask(centre, Box().enrol(token), RUDE), Refused).code == "token_used"
    wait_for(lambda: counted("token_used", NODE) >= before + 3, "the rows operators see", PATIENCE_S)
    [row] = [row for row in told(centre) if row["reason"] == "token_used" and row["who"] == RUDE]
    assert row["nodes"] == [NODE] and row["refused"] is True


def test_a_card_s_token_is_not_found_by_guessing(centre: EnrolmentCentre) -> None:
    """Thirty guesses in a minute cost the guesser his address until it is over: 160 bits need a few more."""
    token = centre.new_token()
    guess = token[:-1] + ("0" if token[-1] != "0" else "1")
    codes: list[str] = []
    began_s = time.monotonic()
    while len(codes) < 66 or codes[-1] not in {
        "rate",
        "cut",
    }:  # a machine that is slow begins another minute in between
        raw = said(centre, request(Box().enrol(guess)), "127.0.0.8")
        codes.append(expect(answer(raw), Refused).code if is_whole(raw) else "cut")
        assert codes.count("token_unknown") <= 30 * (1 + (time.monotonic() - began_s) / 60)
    assert "rate" not in codes[:30]
    assert codes.count("token_unknown") >= 20
    assert set(codes) <= {"token_unknown", "rate", "cut", "unavailable"}
    expect(ask(centre, Box().enrol(token)), Issued)


def test_slow_clients_are_cut_and_another_address_is_served(centre: EnrolmentCentre) -> None:
    box, token = Box(), centre.new_token()
    with held(centre.port, 60, b"\x16\x03\x01\x02\x00") as slow:  # of one address: more than it may have
        assert expect(ask(centre, box.enrol(token)), Issued).state == "issued"
        drip(slow, b"\x01")
        wait_for(lambda: not any(still_open(each) for each in slow), "all slow ones to be cut", PATIENCE_S)
    with ExitStack() as lines:
        trickling = []
        for _ in range(4):
            plain = lines.enter_context(socket.create_connection((centre.host, centre.port), 60, ("127.0.0.7", 0)))
            with suppress(OSError):  # so slow that it was cut already
                line = lines.enter_context(centre.tls().wrap_socket(plain, server_hostname="127.0.0.1"))
                line.sendall(b"POST /v1/enrol HTTP/1.1\r\nHost: p")
                trickling.append(line)
        assert expect(ask(centre, box.enrol(token)), Issued).state == "issued"


def test_ten_megabytes_are_refused_in_bounded_memory(centre: EnrolmentCentre) -> None:
    before = rss_mib(centre.listener.pid), rss_mib(centre.signer.pid)
    huge = b"a" * 10_000_000
    for start in (
        b"GET /v1/trust HTTP/1.1\r\nX: ", b"POST /v1/enrol HTTP/1.1\r\nHost: p\r\nContent-Length: 10000000\r\n\r\n",
        b"POST /v1/enrol HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
    ):  # fmt: skip
        raw = said(centre, start + huge, "127.0.0.6")
        assert raw == b"" or raw.startswith(b"HTTP/1.1 400 "), raw[:100]
    most = Box().enrol(centre.new_token(), board="x" * 64)
    assert len(encode(most)) < MAX_REQUEST_BYTES
    assert rss_mib(centre.listener.pid) - before[0] < 20
    assert rss_mib(centre.signer.pid) - before[1] < 20


def test_thousands_of_connections_from_one_address_are_counted_and_a_box_enrols_meanwhile(
    centre: EnrolmentCentre,
) -> None:
    """Ten thousand in a minute (a tenth of it usually): cut before they cost a handshake."""
    flood = often(1_000, 10_000)
    raise_file_limit(100)
    before_mib, before = rss_mib(centre.listener.pid), counted("rate")
    anybody = centre.tls()

    served = threading.Event()
    began_s = time.monotonic()

    def attack() -> None:
        number = 0
        while number < flood or not served.is_set():
            with suppress(OSError), socket.create_connection((centre.host, centre.port), 90, (RUDE, 0)) as plain:
                if number % 10 == 0:
                    anybody.wrap_socket(plain, server_hostname="127.0.0.1").close()
            number += 1

    attacker = threading.Thread(target=attack)
    attacker.start()
    enrolled = 0
    try:
        while attacker.is_alive():
            expect(ask(centre, Box().enrol(centre.new_token()), f"127.0.1.{1 + enrolled % 200}"), Issued)
            enrolled += 1
            served.set()
            time.sleep(0.1)
    finally:
        served.set()
        attacker.join()
    assert enrolled > 0
    let_in = 60 * (2 + (time.monotonic() - began_s) / 60)  # in each minute thirty may ask, and thirty are told to wait
    wait_for(lambda: counted("rate") - before >= flood - let_in, "the flood in the rows operators see", PATIENCE_S)
    assert rss_mib(centre.listener.pid) - before_mib < 20
    expect(ask(centre, Box().enrol(centre.new_token()), "127.0.2.1"), Issued)
