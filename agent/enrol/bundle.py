"""Which authorities a box may be taught by the centre: real ones, a handful, never without one it trusts already."""

from agent.core.renewal import MOST_AUTHORITIES, may_trust
from agent.enrol import openssl
from agent.enrol.errors import EnrolError
from agent.enrol.openssl import NotGoodError


def accepted(trusted: bytes, offered: str) -> bytes:
    """The offered bundle in its own order, newest first, cleaned of anything between. Raises EnrolError `wrong_ca`."""
    try:
        present = frozenset(openssl.identity(each) for each in openssl.split(trusted, 4 * MOST_AUTHORITIES))
    except NotGoodError as error:
        raise EnrolError("unprovisioned", "bad_ca", str(error)) from error
    try:
        found = openssl.split(offered.encode("ascii"), MOST_AUTHORITIES)
        if not all(openssl.is_authority(each) for each in found):
            raise EnrolError("wrong_ca", "bundle", "the centre offers a certificate that is no authority")
        names = tuple(openssl.identity(each) for each in found)
    except (NotGoodError, UnicodeEncodeError) as error:
        raise EnrolError("wrong_ca", "bundle", f"the centre offers authorities that cannot be read: {error}") from error
    if not may_trust(present, names):
        raise EnrolError("wrong_ca", "bundle", "the centre offers no authority that this box trusts now")
    return b"".join(found)


def newest(bundle: bytes) -> bytes:
    """The first authority of a bundle that was accepted."""
    return openssl.split(bundle, 4 * MOST_AUTHORITIES)[0]


def same(one: bytes, other: bytes) -> bool:
    """Whether two bundles hold the same authorities in the same order."""
    try:
        return [openssl.identity(each) for each in openssl.split(one, 4 * MOST_AUTHORITIES)] == [
            openssl.identity(each) for each in openssl.split(other, 4 * MOST_AUTHORITIES)
        ]
    except NotGoodError:
        return False
