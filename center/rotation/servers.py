"""The centre's own certificates follow the stage of a change of authority."""

from cryptography import x509

from center.certificates import server_names
from center.pki import Authority

SIREN = "center-siren-"
"""Of the centre's own clients only sirens stand elsewhere; the others get new files by themselves."""


def renew_own(authority: Authority) -> None:
    """Every server's certificate there is, from the authority whose certificates are shown now, with its names; and the
    centre's clients, with all authorities to trust. Who runs with them is started anew by whoever watches the files.

    Not those of sirens: they stand elsewhere, and somebody has to carry theirs there.
    """
    for present in sorted(authority.directory.glob("**/server.crt")):
        names = server_names(x509.load_pem_x509_certificate(present.read_bytes()))
        part = present.parent.relative_to(authority.directory).as_posix()
        authority.issue_server(names, "" if part == "." else part)
    for client in sorted(authority.directory.glob("clients/*/client.crt")):
        if not client.parent.name.startswith(SIREN):
            authority.issue_center(client.parent.name)
