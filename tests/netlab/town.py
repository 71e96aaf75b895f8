"""The laboratory: a node behind its gateway, the provider's line and routers, the centre, and the internet beside it.

The cables are those of `network`. On them: a real mosquitto and an SNTP server at the centre, the provider's resolver,
a forwarder in the gateway, the web's connectivity checks and public sites. Addresses are drawn from the seed; nothing
of this machine's own network is touched, and all of it is gone after `close`.
"""

import ssl
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tests.netlab import web
from tests.netlab.addresses import ANYCAST
from tests.netlab.centre import NAME, PORT, Centre
from tests.netlab.credentials import issue, stranger
from tests.netlab.loop import ServerLoop
from tests.netlab.names import Forwarder, NameServer, TimeServer
from tests.netlab.network import Network

CHECK_HOSTS = (
    "connectivitycheck.gstatic.com", "connectivitycheck.android.com", "clients3.google.com", "www.gstatic.com",
    "www.google.com", "detectportal.firefox.com", "www.msftconnecttest.com", "www.msftncsi.com", "captive.apple.com",
    "www.apple.com", "nmcheck.gnome.org", "network-test.debian.org", "conncheck.opensuse.org", "example.com",
    "neverssl.com", "cp.cloudflare.com",
)  # fmt: skip
"""Who answers connectivity checks in the world; here they are all the same web server."""
TIME_HOSTS = ("pool.ntp.org", "id.pool.ntp.org", *(f"{number}.id.pool.ntp.org" for number in range(4)))
SITE = "dinas-contoh.serangkota.test"


class Town(Network):
    """Everything at once. `seed` decides the addresses; `named` lets the node know its centre by name only; `unmet`:
    and no agent has left the address it once had."""

    broker_port = PORT

    def __init__(self, folder: Path, seed: int = 0, *, named: bool = False, unmet: bool = False) -> None:
        self.folder = folder
        super().__init__(seed)
        self.nameless = named and unmet
        self.center_host = NAME if named else self.at.centre
        self.loop = ServerLoop()
        try:
            self._serve()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take everything down."""
        with suppress(AttributeError):
            self.centre.stop()
        self.loop.close()
        super().close()

    def _serve(self) -> None:
        at = self.at
        zone = {
            NAME: [at.centre],
            SITE: [at.web],
            **{host: [at.web] for host in CHECK_HOSTS},
            **{host: [at.centre] for host in TIME_HOSTS},
        }
        self.resolver = NameServer(self.loop, self.isp1, zone, at.resolver)
        self.world_names = NameServer(self.loop, self.internet, zone, *ANYCAST)
        self.forwarder = Forwarder(self.loop, self.gateway, at.gateway, at.resolver)
        # Lies for whoever is sent here by a rule of the gateway.
        self.liar = NameServer(self.loop, self.gateway, zone, at.gateway, port=5353)
        self.clock = TimeServer(self.loop, self.centre_box)
        self.authority = stranger()
        self.site_ca = self.folder / "sites-ca.crt"
        self.site_ca.write_bytes(self.authority.certificate.public_bytes(Encoding.PEM))
        self.sites = web.Sites(self.loop, self.internet, self.site_context())
        self.good_site = self.sites.certificate
        web.serve(self.loop, self.internet, 80, web.checks_page)
        web.serve(self.loop, self.gateway, 8088, lambda _host, _path: self.portal_page())
        self.centre = Centre(self.folder, self.centre_box, at.centre, self.loop)
        self.resolv_conf = self.folder / "resolv.conf"
        self.resolv_conf.write_text(f"nameserver {at.gateway}\nnameserver {at.resolver}\n")

    def site_context(self, *, names: tuple[str, ...] = (), **dates: float) -> ssl.SSLContext:
        """The sites' TLS, with these names and dates."""
        made = issue(self.authority, self.folder / "site", names or (SITE, *CHECK_HOSTS, *ANYCAST), **dates)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        return context

    def portal_page(self) -> web.Page:
        """What a hotspot shows to everybody who has not paid."""
        return web.Page(302, "<html>Silakan masuk</html>", location=f"http://{self.at.gateway}:8088/login?next=1")
