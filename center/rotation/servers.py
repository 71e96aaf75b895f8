"""The servers' certificates follow the stage of a change of authority."""

from cryptography import x509

from center.certificates import server_names
from center.pki import Authority


def renew_servers(authority: Authority) -> None:
    """Every server certificate there is, from the authority whose certificates are shown now; its names stay."""
    for present in sorted(authority.directory.glob("**/server.crt")):
        names = server_names(x509.load_pem_x509_certificate(present.read_bytes()))
        part = present.parent.relative_to(authority.directory).as_posix()
        authority.issue_server(names, "" if part == "." else part)
