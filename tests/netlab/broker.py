"""Faults of the broker and of the way to its port."""

from tests.netlab import signs
from tests.netlab.credentials import Pair, issue, stranger
from tests.netlab.fault import Breaking, Expected, codes


def broker_down(on: Breaking) -> Expected:
    """Mosquitto does not run."""
    town = on.town
    on.undo.callback(town.centre.start)
    town.centre.stop()
    return Expected(codes("B1"), lambda: signs.tcp(town, town.at.centre, town.broker_port) == "refused")


def port_filtered(on: Breaking) -> Expected:
    """Somebody on the way drops what is for the broker's port."""
    town = on.town
    name, box = on.hop("gateway", "isp1", "isp2")
    on.rules(box, f"passing tcp dport {town.broker_port} drop")
    return Expected(
        codes("B2"), lambda: signs.tcp(town, town.at.centre, town.broker_port) == "timeout", params={"hop": name}
    )


def port_filtered_pings_mute(on: Breaking) -> Expected:
    """The same at a centre that does not answer pings; another port of it is refused, so the host lives."""
    town = on.town
    on.rules(town.isp2, f"passing tcp dport {town.broker_port} drop", "passing icmp type echo-reply drop")

    def shows() -> bool:
        alive = signs.tcp(town, town.at.centre, 9) == "refused"
        return alive and signs.tcp(town, town.at.centre, town.broker_port) == "timeout"

    return Expected(codes("B2"), shows, codes("L5d", "L6c"))


def port_reset(on: Breaking) -> Expected:
    """Somebody on the way answers in the broker's name that nobody listens: that cannot be told from the broker."""
    town = on.town
    name, box = on.hop("isp1", "isp2")
    on.rules(box, f"passing tcp dport {town.broker_port} reject with tcp reset")
    return Expected(
        codes("B1", "B2"), lambda: signs.tcp(town, town.at.centre, town.broker_port) == "refused", params={"hop": name}
    )


def resets_injected(on: Breaking) -> Expected:
    """Connections are made, and reset at the first byte of TLS: so do boxes that look inside."""
    town = on.town
    name, box = on.hop("gateway", "isp1", "isp2")
    on.rules(box, f"passing tcp dport {town.broker_port} tcp flags & psh == psh reject with tcp reset")
    return Expected(codes("B2"), lambda: "reset" in signs.broker_tls(town), codes("B3"), params={"hop": name})


def broker_hung(on: Breaking) -> Expected:
    """Mosquitto is stopped (SIGSTOP): the kernel accepts, nobody serves."""
    town = on.town
    on.undo.callback(town.centre.go_on)
    town.centre.hang()
    return Expected(codes("B3"), lambda: signs.broker_tls(town) == "timeout")


def tls_hung(on: Breaking) -> Expected:
    """A server accepts and never speaks."""
    on.undo.enter_context(on.town.centre.replaced("silent"))
    return Expected(codes("B3"), lambda: signs.broker_tls(on.town) == "timeout")


def mqtt_hung(on: Breaking) -> Expected:
    """TLS works; CONNECT is never answered."""
    on.undo.enter_context(on.town.centre.replaced("mqtt-silent"))
    return Expected(codes("B3"), lambda: signs.broker_tls(on.town, connect=True) == "timeout")


def connect_refused(on: Breaking) -> Expected:
    """The broker says "not authorised" to CONNECT."""
    town = on.town
    on.undo.callback(town.centre.restart)
    town.centre.restart(None, use_identity_as_username="false", use_username_as_clientid="false")
    return Expected(codes("B4"), lambda: signs.broker_tls(town, connect=True) in ("5", "135"))


def own_certificate_foreign(on: Breaking) -> Expected:
    """The node bears a certificate of an authority the broker does not know."""
    return _own_certificate(on, issue(stranger(), on.town.folder / "foreign-node", ["kel-3673011001"], client=True))


def own_certificate_expired(on: Breaking) -> Expected:
    """The node's certificate has run out."""
    days = -on.draw.randrange(1, 200)
    pair = issue(
        on.town.centre.signer, on.town.folder / "old-node", ["kel-3673011001"], begins_days=-400, days=days, client=True
    )
    return _own_certificate(on, pair, expired_days=-days)


def _own_certificate(on: Breaking, pair: Pair, **params: object) -> Expected:
    folder = on.town.centre.credentials
    files = {"node.crt": pair.certificate, "node.key": pair.key}
    for name, source in files.items():
        on.undo.callback((folder / name).write_bytes, (folder / name).read_bytes())
        (folder / name).write_bytes(source.read_bytes())
    return Expected(codes("B4"), lambda: "alert" in signs.broker_tls(on.town, connect=True), params=params)


def certificate_expired(on: Breaking) -> Expected:
    """The broker's certificate has run out."""
    days = on.draw.randrange(1, 300)
    return _broker_certificate(on, "expired", begins=-400, days=-days)


def certificate_of_the_future(on: Breaking) -> Expected:
    """The broker's certificate is not valid yet."""
    days = on.draw.randrange(2, 300)
    return _broker_certificate(on, "not yet valid", begins=days, days=days + 300)


def certificate_of_another(on: Breaking) -> Expected:
    """The broker's certificate is for another name."""
    return _broker_certificate(on, "mismatch", names=("pusat.kota-lain.test", "192.0.2.1"))


def certificate_of_a_stranger(on: Breaking) -> Expected:
    """The broker's certificate comes from an authority the node does not know."""
    return _broker_certificate(on, "self-signed certificate|unable to get local issuer|signature failure", foreign=True)


def _broker_certificate(
    on: Breaking,
    sign: str,
    *,
    begins: float = -30,
    days: float = 300,
    names: tuple[str, ...] = (),
    foreign: bool = False,
) -> Expected:
    town = on.town
    signer = stranger() if foreign else town.centre.signer
    pair = issue(signer, town.folder / "bad-broker", names or town.centre.names, begins_days=begins, days=days)
    on.undo.callback(town.centre.restart)
    town.centre.restart(pair)

    def shows() -> bool:
        return any(word in signs.broker_tls(town) for word in sign.split("|"))

    return Expected(codes("B5"), shows, params={"begins_days": begins, "days": days})
