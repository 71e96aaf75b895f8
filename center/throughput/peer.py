"""Who may test the line here: holders of a node's certificate of this authority which was not taken back."""

import ssl

from center.broker import Trust
from wire.topics import is_node_id


def server_context(trust: Trust) -> ssl.SSLContext:
    """TLS as the broker speaks it: the same certificate, a client's certificate asked for, revoked ones refused.

    Raises:
        OSError: a file is missing or is no certificate (ssl.SSLError is an OSError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(trust.server_certificate, trust.server_key)
    context.load_verify_locations(trust.ca_certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    if trust.revocations.exists():
        context.load_verify_locations(trust.revocations)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def node_of(tls: ssl.SSLObject) -> str | None:
    """The node whose certificate this is; None for a certificate of the centre's own processes."""
    certificate = tls.getpeercert() or {}
    subject = certificate.get("subject", ())
    names = [str(value) for part in subject for key, value in part if key == "commonName"]  # type: ignore[str-unpack]
    return names[0] if len(names) == 1 and is_node_id(names[0]) else None
