"""The dates of a certificate, read from its DER without a cryptography library.

Layout: RFC 5280 section 4.1: Certificate > TBSCertificate > [version] serial signature issuer validity. Only the outer
shape down to the validity is walked, with every length checked; nothing is verified here (TLS does that). The names
in it are read by `certnames`.
"""

import base64
import binascii

SEQUENCE, _INTEGER, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x02, 0xA0, 0x17, 0x18
DAY_S = 86_400


def not_after_s(der: bytes) -> int | None:
    """When the certificate ends, in seconds of Unix time; None when these bytes are no certificate."""
    dates = validity_s(der)
    return None if dates is None else dates[1]


def validity_s(der: bytes) -> tuple[int, int] | None:
    """When the certificate begins and ends, in seconds of Unix time; None when these bytes are no certificate."""
    try:
        body, at = to_be_signed(der)
        for tag in (_INTEGER, SEQUENCE, SEQUENCE):  # serial, signature algorithm, issuer
            at = content(body, at, tag)[1]
        validity = content(body, at, SEQUENCE)[0]
        begin, second = content(validity, 0, None)
        return _time(validity[0], begin), _time(validity[second], content(validity, second, None)[0])
    except (ValueError, IndexError):
        return None


def to_be_signed(der: bytes) -> tuple[bytes, int]:
    """The signed part, and where the serial number stands in it. Raises ValueError or IndexError."""
    body = content(content(der, 0, SEQUENCE)[0], 0, SEQUENCE)[0]
    return body, content(body, 0, _VERSION)[1] if body[0] == _VERSION else 0


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


def content(data: bytes, at: int, tag: int | None) -> tuple[bytes, int]:
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
    if len(digits) != 14:
        raise ValueError("not a time with seconds")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    hour, minute, second = int(digits[8:10]), int(digits[10:12]), int(digits[12:14])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        raise ValueError("a time that no clock shows")
    return (_days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar; years are counted from March, so that leap days come last.

    By hand, because the standard library's ways (time.strptime, calendar, datetime) would stay in memory for this.
    """
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1 - 719_468
