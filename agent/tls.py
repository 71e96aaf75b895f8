"""TLS as this machine needs it: what its clock may say about certificates, and names of hosts without IDNA."""

import socket
import ssl
import time
from typing import Final

from agent.core.clock import EARLIEST_WALL_MS
from agent.core.hosts import for_system

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h, since 1.1.0); Python passes it on but has no name for it.
_NO_CHECK_TIME: Final = 0x200000


def without_dates_while_clock_is_wrong(context: ssl.SSLContext) -> ssl.SSLContext:
    """The context; it leaves out a certificate's dates, and nothing else, while the wall clock is before 2020.

    A Pi has no clock battery. Where nothing sets the clock at boot it says 1970, every certificate is "not yet valid",
    and a box whose only way to the time is the line it refuses to use would stay locked out (eve#2247). Such a clock is
    surely wrong, so its opinion on dates is worth nothing: signature, chain and host name are verified as ever. Any
    clock from 2020 on is believed, also one that is years behind: the authority's certificates are valid from 2020.
    """
    if time.time_ns() // 1_000_000 < EARLIEST_WALL_MS:
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


class Context(ssl.SSLContext):
    """For a library that names the host as a text (`agent.core.hosts`)."""

    def wrap_socket(  # noqa: PLR0917 - the signature is that of the standard library
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        name = for_system(server_hostname) if isinstance(server_hostname, str) else server_hostname
        return super().wrap_socket(
            sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, server_hostname=name, session=session
        )
