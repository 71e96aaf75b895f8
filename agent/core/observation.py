"""What one run of a probe found: plain facts, the same shape for every probe."""

from collections.abc import Mapping
from enum import StrEnum

from wire.shape import Struct, field

Scalar = str | int | float | bool | None


class Reason(StrEnum):
    """Why a run is not ok. `NONE` (empty) is for the runs that are."""

    NONE = ""
    # what a packet met on its way
    NO_REPLY = "no_reply"  # nothing came back at all
    TIMEOUT = "timeout"  # something was promised (a connection, a response) and did not come in time
    REFUSED = "refused"  # the host answered: nobody listens there
    RESET = "reset"  # the other side hung up in the middle
    HOST_UNREACHABLE = "host_unreachable"
    NET_UNREACHABLE = "net_unreachable"
    PORT_UNREACHABLE = "port_unreachable"
    PROHIBITED = "prohibited"  # a filter on the way says so itself (ICMP type 3 code 9, 10, 13)
    TTL_EXCEEDED = "ttl_exceeded"
    PACKET_TOO_BIG = "packet_too_big"
    # this box
    NO_ROUTE = "no_route"  # the kernel here does not know where to send it
    NOT_PERMITTED = "not_permitted"
    NO_TARGET = "no_target"  # a gateway or resolver was asked for and there is none
    RESOLVE_FAILED = "resolve_failed"
    NO_INTERFACE = "no_interface"
    LINK_OFF = "link_off"
    NO_CARRIER = "no_carrier"
    NO_ADDRESS = "no_address"
    LINK_LOCAL_ONLY = "link_local_only"
    DUPLICATE_ADDRESS = "duplicate_address"  # another machine on this network answers for our address
    NO_DEFAULT_ROUTE = "no_default_route"
    NO_ARP = "no_arp"  # nobody on this network owns the gateway's address
    UNDERVOLTAGE = "undervoltage"
    CREDENTIALS = "credentials"
    LOCAL_ERROR = "local_error"
    NOT_NOW = "not_now"  # a measurement that costs bytes was not made: the budget or the centre says later
    PROBE_FAILED = "probe_failed"  # the probe itself crashed
    DEADLINE = "deadline"  # the probe did not keep its own deadline and was cut off
    # names
    DNS_SERVFAIL = "dns_servfail"
    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_REFUSED = "dns_refused"
    DNS_RCODE = "dns_rcode"
    DNS_EMPTY = "dns_empty"
    DNS_MALFORMED = "dns_malformed"
    DNS_WILDCARD = "dns_wildcard"  # a name that cannot exist was answered with an address
    DNS_HIJACKED = "dns_hijacked"  # a known name was answered with an address that is not its own
    # TLS
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_HOSTNAME = "tls_hostname"
    TLS_REFUSED_US = "tls_refused_us"
    TLS_FAILED = "tls_failed"
    # MQTT
    MQTT_REFUSED = "mqtt_refused"  # CONNACK with a reason code of 0x80 and above
    MQTT_MALFORMED = "mqtt_malformed"
    # the way
    MTU_REDUCED = "mtu_reduced"
    MTU_BLACK_HOLE = "mtu_black_hole"  # large packets vanish and nobody says so
    LOOP = "loop"  # the same router again and again
    IPV6_BROKEN = "ipv6_broken"
    CAPTIVE_PORTAL = "captive_portal"
    BUFFERBLOAT = "bufferbloat"
    # radio
    WIFI_WEAK = "wifi_weak"
    LTE_NOT_REGISTERED = "lte_not_registered"
    LTE_NO_SIM = "lte_no_sim"
    LTE_WEAK = "lte_weak"
    # time
    CLOCK_WRONG = "clock_wrong"
    # HTTP
    HTTP_STATUS = "http_status"
    HTTP_MALFORMED = "http_malformed"
    HTTP_TOO_LARGE = "http_too_large"
    HTTP_TRUNCATED = "http_truncated"
    HTTP_CONTENT = "http_content"
    # public sites
    SITE_FOREIGN_REDIRECT = "site_foreign_redirect"
    SITE_DEFAULT_PAGE = "site_default_page"
    SITE_PARKED = "site_parked"
    SITE_DATABASE_ERROR = "site_database_error"
    SITE_HOSTING_ERROR = "site_hosting_error"  # suspended account, cPanel page
    SITE_APPLICATION_ERROR = "site_application_error"  # the site's own program failed, and said so with status 200
    SITE_STALE = "site_stale"
    SITE_CERTIFICATE_EXPIRING = "site_certificate_expiring"


TLS_CERTIFICATE_REASONS = frozenset(
    {Reason.TLS_EXPIRED, Reason.TLS_NOT_YET_VALID, Reason.TLS_UNTRUSTED, Reason.TLS_HOSTNAME}
)


class Observation(Struct, frozen=True):
    """The result of one run of one probe at one target; a failed probe is a result, not an exception.

    `rtts_ms` has one entry per attempt in the order of sending: its round trip, or None when nothing came in time;
    an empty tuple means that the run was no attempt at anything measurable. `late` counts attempts among the None
    ones whose answer came after the deadline. `sent_late` counts attempts that left this busy host more than 10 ms
    after their time: they say little about the network. `phases_ms` are the parts of one attempt, by name.
    `mono_ms` is the boot-time when the run began. `detail` is evidence: small, scalar, no personal data.
    """

    probe: str
    target: str
    mono_ms: int
    ok: bool
    reason: Reason = Reason.NONE
    rtts_ms: tuple[float | None, ...] = ()
    late: int = 0
    sent_late: int = 0
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return len(self.rtts_ms)

    @property
    def lost(self) -> int:
        return self.rtts_ms.count(None)

    @property
    def suspect(self) -> bool:
        """The host was too busy to send on time."""
        return self.sent_late > 0
