"""A device that answers WS-Discovery, for as long as the test runs: a real socket in the real group.

As a program it answers as one camera until it is killed: python -m tests.support.discovery_device ADDRESS UUID
"""

import contextlib
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

GROUP = "239.255.255.250"
PORT = 3702
MESSAGE_ID = re.compile(rb"MessageID[^>]*>\s*([^<\s]+)")
Reply = Callable[[bytes], Sequence[bytes]]


def answer(
    relates_to: str, ident: str = "urn:uuid:4d454930-0000-1000-8000-0050c2123456", address: str = "", scopes: str = ""
) -> bytes:
    """What a camera sends back (ONVIF Core Specification, chapter 7.3.4, with the prefixes many of them use)."""
    said = scopes or (
        "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/hardware/DS-2CD1021-I "
        "onvif://www.onvif.org/name/HIKVISION%20DS-2CD1021-I onvif://www.onvif.org/location/city/serang"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        'xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        f"<env:Header><wsadis:MessageID>urn:uuid:{'0' * 8}-0000-1000-8000-0050c2123456</wsadis:MessageID>"
        f"<wsadis:RelatesTo>{relates_to}</wsadis:RelatesTo>"
        "<wsadis:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsadis:Action></env:Header>"
        "<env:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<wsadis:EndpointReference><wsadis:Address>{ident}</wsadis:Address></wsadis:EndpointReference>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>{said}</d:Scopes><d:XAddrs>{address}</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion>"
        "</d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
    ).encode()


@contextlib.contextmanager
def responder(reply: Reply, port: int, address: str = "127.0.0.1") -> Iterator[None]:
    """Sends `reply(message id)` to whoever asks the group on `port` through the interface with `address`."""
    heard = _socket(address, port)
    heard.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                question, source = heard.recvfrom(65_535)
            except TimeoutError:
                continue
            found = MESSAGE_ID.search(question)
            for datagram in reply(found[1]) if found else ():
                heard.sendto(datagram, source)

    thread = threading.Thread(target=serve, name="discovery-device", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        heard.close()


def _socket(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("", port))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(address))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return made


if __name__ == "__main__":
    own, name = sys.argv[1:]
    camera = f"http://{own}/onvif/device_service"
    with responder(lambda asked: [answer(asked.decode(), f"urn:uuid:{name}", camera)], PORT, own):
        print("ready", flush=True)
        threading.Event().wait()
