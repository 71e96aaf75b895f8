"""Who is near: addresses of a local network, and names under which a box is called there.

A page that answers to nothing else cannot be reached from the Internet, nor by a page of the Internet that points its
own name at this box (DNS rebinding).
"""

import contextlib
import ipaddress
import re
from typing import Final

_LOCAL_NAME: Final = re.compile(r"[a-z0-9-]{1,63}(?:\.(?:local|lan|home\.arpa))?")


def is_local(address: str) -> bool:
    """Whether this is an address of a local network: private, link-local, loopback, or an operator's shared space."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    shared = found.version == 4 and found in ipaddress.ip_network("100.64.0.0/10")
    return found.is_private or found.is_link_local or found.is_loopback or shared


def is_local_host(host: str) -> bool:
    """Whether a request's Host is an address, or a name that only a local network knows."""
    name = host.lower().rpartition(":")[0] if re.search(r":\d{1,5}$", host) and not host.endswith("]") else host.lower()
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name.strip("[]").partition("%")[0])
        return True
    return _LOCAL_NAME.fullmatch(name) is not None
