"""A small name server for a box of the laboratory: `python -m tests.support.names ADDRESS [--wildcard] [--servfail]`.

It listens on ADDRESS, port 53, over UDP, and gives ADDRESS for every name; for one under `.invalid` only with
--wildcard. It prints "ready" when it can be asked.
"""

import socket
import sys

import dns.message
import dns.rcode
import dns.rrset

NXDOMAIN, SERVFAIL = dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL


def answer(query: bytes, address: str, *, wildcard: bool = False, servfail: bool = False) -> bytes:
    """What this server says to a query."""
    asked = dns.message.from_wire(query)
    response = dns.message.make_response(asked)
    name = asked.question[0].name
    if servfail:
        response.set_rcode(SERVFAIL)
    elif name.to_text().endswith(".invalid.") and not wildcard:
        response.set_rcode(NXDOMAIN)
    else:
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", address))
    return response.to_wire()


def main() -> None:
    address, options = sys.argv[1], sys.argv[2:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 53))
        print("ready", flush=True)
        while True:
            query, client = sock.recvfrom(4096)
            said = answer(query, address, wildcard="--wildcard" in options, servfail="--servfail" in options)
            sock.sendto(said, client)


if __name__ == "__main__":
    main()
