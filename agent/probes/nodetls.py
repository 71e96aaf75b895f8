"""TLS towards the centre with this node's own certificate."""

import ssl
from pathlib import Path

from agent.core.observation import Reason
from agent.probes.errors import ProbeError
from agent.tls import without_dates_while_clock_is_wrong


def node_context(credentials: Path | None) -> ssl.SSLContext:
    """Made anew for each run, so that a renewed certificate is used at once. Raises ProbeError (credentials)."""
    if credentials is None:
        raise ProbeError(
            Reason.CREDENTIALS, {"hint": "without the node's credentials the centre does not know this box"}
        )
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=str(credentials / "ca.crt"))
        context.load_cert_chain(str(credentials / "node.crt"), str(credentials / "node.key"))
    except (OSError, ssl.SSLError) as error:
        hint = f"ca.crt, node.crt and node.key must be readable in {credentials}"
        raise ProbeError(Reason.CREDENTIALS, {"error": str(error), "hint": hint}) from error
    return without_dates_while_clock_is_wrong(context)
