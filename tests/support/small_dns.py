"""A DNS server for tests, on UDP port 53 of the namespace it is started in: `python -m tests.support.small_dns JSON`.

JSON: {"addresses": {"name": "address"}, "rcode": "SERVFAIL"?, "delay_s": 0, "bind": "0.0.0.0"}. A name it
does not know is NXDOMAIN.
"""

import json
import socket
import sys
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


def main() -> None:
    wishes = json.loads(sys.argv[1])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((wishes.get("bind", "0.0.0.0"), 53))
    print("ready", flush=True)
    while True:
        data, peer = sock.recvfrom(4096)
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        name = str(query.question[0].name).rstrip(".")
        address = wishes["addresses"].get(name)
        if "rcode" in wishes:
            answer.set_rcode(dns.rcode.from_text(wishes["rcode"]))
        elif address is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", address))
        time.sleep(wishes.get("delay_s", 0))
        sock.sendto(answer.to_wire(), peer)


if __name__ == "__main__":
    main()
