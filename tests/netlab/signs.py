"""Plain tools that show from the node whether a fault really bites: ping(8), sockets, TLS, dnspython, HTTP.

They are independent of the product, so that the laboratory is not proven by what it is to prove.
"""

import re
import socket
import ssl
import struct
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
from cryptography import x509

from tests.netlab.town import Town
from tests.support.namespaces import run_inside

_ETH_P_ARP = 0x0806


def ping(town: Town, host: str, count: int = 3, *, size: int = 56, whole: bool = False, wait_s: float = 1.0) -> int:
    """How many of `count` pings were answered; `whole` forbids cutting into fragments."""
    options = ["-M", "do"] if whole else []
    return len(rtts_ms(town, host, count, "-s", str(size), *options, wait_s=wait_s))


def rtts_ms(town: Town, host: str, count: int, *options: str, wait_s: float = 1.0, gap_s: float = 0.05) -> list[float]:
    """Round trips of the answered ones among `count` pings."""
    family = "-6" if ":" in host else "-4"
    command = ("ping", family, "-n", "-c", str(count), "-i", str(gap_s), "-W", str(wait_s), *options, host)
    said = subprocess.run(
        ("ip", "netns", "exec", town.node.name, *command), capture_output=True, text=True, check=False, timeout=60
    ).stdout
    return [float(found) for found in re.findall(r"time=([\d.]+) ms", said)]


def complains(town: Town, host: str, what: str, *, within_s: float = 8.0) -> bool:
    """Whether ping(8) towards host hears this complaint ("Net Unreachable", "exceeded", "Packet filtered")."""
    # One ping that goes on: a router looks three seconds for a neighbour before it complains to whoever asked then,
    # and short pings one after the other can each end just before.
    command = ("ping", "-4", "-n", "-i", "0.4", "-W", "1", "-w", str(round(within_s)), host)
    with subprocess.Popen(
        ("ip", "netns", "exec", town.node.name, "stdbuf", "-oL", *command),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as pinging:  # fmt: skip
        assert pinging.stdout is not None
        heard = any(what.lower() in line.lower() for line in pinging.stdout)
        pinging.kill()
    return heard


def tcp(town: Town, host: str, port: int, timeout_s: float = 1.5) -> str:
    """open, refused, timeout, or the error's name."""

    def knock() -> str:
        try:
            socket.create_connection((host, port), timeout_s).close()
        except TimeoutError:
            return "timeout"
        except ConnectionRefusedError:
            return "refused"
        except OSError as error:
            return error.strerror or type(error).__name__
        return "open"

    return run_inside(town.node, knock)


def broker_tls(town: Town, *, timeout_s: float = 2.0, credentials: Path | None = None, connect: bool = False) -> str:
    """The handshake with the broker under the node's certificate: ok, timeout, or why not.

    With `connect` an MQTT CONNECT follows; then it is the CONNACK's reason code ("0" is welcome) or what came instead.
    """
    folder = credentials or town.centre.credentials

    def shake() -> str:
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "node.crt", folder / "node.key")
        try:
            with (
                socket.create_connection((town.at.centre, town.broker_port), timeout_s) as plain,
                context.wrap_socket(plain, server_hostname=town.at.centre) as talking,
            ):
                talking.settimeout(timeout_s)
                if not connect:
                    return "ok"
                # MQTT 5 CONNECT: clean start, keep alive 10 s, no properties, client id "a".
                talking.sendall(bytes.fromhex("100e00044d5154540502000a0000") + b"\x01a")
                answer = talking.recv(64)
                return str(answer[3]) if answer[:1] == b"\x20" and len(answer) > 3 else f"not a CONNACK: {answer[:8]!r}"
        except TimeoutError:
            return "timeout"
        except ssl.SSLError as error:
            return str(error).lower()
        except OSError as error:
            return (error.strerror or type(error).__name__).lower()

    return run_inside(town.node, shake)


def resolve(town: Town, server: str, name: str, timeout_s: float = 1.5) -> str:
    """The first address, the response code in lower case, "empty", "refused" (the port) or "timeout"."""

    def ask() -> str:
        query = dns.message.make_query(name, dns.rdatatype.A)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.settimeout(timeout_s)
                asking.connect((server, 53))  # a connected socket hears that a port is closed
                asking.send(query.to_wire())
                answer = dns.message.from_wire(asking.recv(4096))
        except TimeoutError:
            return "timeout"
        except OSError as error:
            return (error.strerror or type(error).__name__).lower()
        if answer.rcode() != dns.rcode.NOERROR:
            return dns.rcode.to_text(answer.rcode()).lower()
        found = [item.to_text() for rrset in answer.answer for item in rrset]
        return found[0] if found else "empty"

    return run_inside(town.node, ask)


def arp_answers(town: Town, address: str, wait_s: float = 0.5) -> set[str]:
    """Who answers an ARP probe (sender 0.0.0.0, RFC 5227) for this address on the node's cable."""

    def ask() -> set[str]:
        found: set[str] = set()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ARP)) as cable:
            cable.bind(("eth0", _ETH_P_ARP))
            own, wanted = cable.getsockname()[4], socket.inet_aton(address)
            head = b"\xff" * 6 + own + struct.pack("!HHHBBH", _ETH_P_ARP, 1, 0x0800, 6, 4, 1)
            cable.send(head + own + bytes(4) + bytes(6) + wanted)
            end = time.monotonic() + wait_s
            while (left_s := end - time.monotonic()) > 0:
                cable.settimeout(left_s)
                try:
                    frame = cable.recv(128)
                except TimeoutError:
                    break
                if frame[20:22] == b"\x00\x02" and frame[28:32] == wanted:
                    found.add(frame[22:28].hex(":"))
        return found

    return run_inside(town.node, ask)


def carriers(town: Town, watch_s: float) -> set[str]:
    """Which values the node's carrier takes within this time."""
    end, found = time.monotonic() + watch_s, set()
    while time.monotonic() < end and len(found) < 2:
        found.add("0" if "NO-CARRIER" in town.node.run("ip", "link", "show", "eth0") else "1")
        time.sleep(0.02)
    return found


def certificate_days(town: Town, host: str, port: int, name: str) -> float:
    """How many days the certificate shown there is still good for."""

    def look() -> bytes:
        context = ssl.create_default_context(cafile=str(town.site_ca))
        with (
            socket.create_connection((host, port), 2) as plain,
            context.wrap_socket(plain, server_hostname=name) as talking,
        ):
            return talking.getpeercert(binary_form=True) or b""

    try:
        shown = run_inside(town.node, look)
    except OSError:  # nobody answered in time: no number of days at all
        return -1e6
    until = x509.load_der_x509_certificate(shown).not_valid_after_utc
    return (until - datetime.now(UTC)).total_seconds() / 86_400


def http(town: Town, url: str, timeout_s: float = 3.0) -> tuple[int, str]:
    """(status, body) by curl without following redirects; status 0 and curl's word when there was none."""
    command = (
        "curl", "-sS", "-m", str(timeout_s), "-w", "\n%{http_code}", "--cacert", str(town.site_ca),
        "--resolve", f"{_host(url)}:443:{town.at.web}", "--resolve", f"{_host(url)}:80:{town.at.web}", url,
    )  # fmt: skip
    done = subprocess.run(
        ("ip", "netns", "exec", town.node.name, *command), capture_output=True, text=True, check=False, timeout=30
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body or done.stderr.strip()


def well(town: Town) -> list[str]:
    """What is wrong with a town that should be healthy; empty when nothing is."""
    found = []
    if ping(town, town.at.centre, 2) == 0:
        found.append("no ping comes back from the centre")
    if (said := broker_tls(town, connect=True)) != "0":
        found.append(f"the broker says {said}")
    answers = {server: resolve(town, server, "example.com") for server in (town.at.gateway, town.at.resolver)}
    found += [f"{server} says {said} to example.com" for server, said in answers.items() if said != town.at.web]
    if (said := tcp(town, "1.1.1.1", 443)) != "open":
        found.append(f"1.1.1.1 says {said}")
    if ping(town, "2606:4700:4700::1111", 2) == 0:
        found.append("no ping comes back over IPv6")
    return found


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]
