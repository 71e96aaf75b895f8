"""The dates of a certificate, read from its DER without a cryptography library.

Layout: RFC 5280 section 4.1: Certificate > TBSCertificate > [version] serial signature issuer validity. Only the outer
shape down to the validity is walked, with every length checked; nothing is verified here (TLS does that).
"""

import base64
import binascii
import time
from calendar import timegm

_SEQUENCE, _INTEGER, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x02, 0xA0, 0x17, 0x18
DAY_S = 86_400


def not_after_s(der: bytes) -> int | None:
    """When the certificate ends, in seconds of Unix time; None when these bytes are no certificate."""
    try:
        certificate = _content(der, 0, _SEQUENCE)[0]
        body = _content(certificate, 0, _SEQUENCE)[0]
        at = 0
        if body[0] == _VERSION:
            at = _content(body, at, _VERSION)[1]
        for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serial, signature algorithm, issuer
            at = _content(body, at, tag)[1]
        validity = _content(body, at, _SEQUENCE)[0]
        _, at = _content(validity, 0, None)
        return _time(validity[at], _content(validity, at, None)[0])
    except (ValueError, IndexError):
        return None


def days_left(der: bytes, now_s: float) -> float | None:
    """Days until the certificate ends; negative when it has."""
    end_s = not_after_s(der)
    return None if end_s is None else round((end_s - now_s) / DAY_S, 1)


def first_der(pem: str) -> bytes:
    """The first certificate of a PEM file, empty when there is none."""
    _, found, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    text, ended, _ = rest.partition("-----END CERTIFICATE-----")
    if not found or not ended:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        return b""


def _content(data: bytes, at: int, tag: int | None) -> tuple[bytes, int]:
    """The content of the element at `at` and where the next one begins. Raises ValueError or IndexError."""
    if tag is not None and data[at] != tag:
        raise ValueError("another element was expected")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("a length nobody uses")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise ValueError("an element is longer than what is left")
    return data[start : start + length], start + length


def _time(tag: int, text: bytes) -> int:
    """UTCTime YYMMDDhhmmssZ (years 1950 to 2049) or GeneralizedTime YYYYMMDDhhmmssZ."""
    if tag not in (_UTC_TIME, _GENERALIZED_TIME) or not text.endswith(b"Z") or not text[:-1].isdigit():
        raise ValueError("not a time")
    digits = text[:-1].decode("ascii")
    if tag == _UTC_TIME:
        digits = ("20" if int(digits[:2]) < 50 else "19") + digits
    return timegm(time.strptime(digits, "%Y%m%d%H%M%S"))
