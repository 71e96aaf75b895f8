"""The system's `openssl` for what Python's own library cannot do: keys, requests, signatures, certificates.

Every call is a process of its own with a time limit; what is public goes through pipes and anonymous memory, so a full
disk disturbs none of them. Texts are PEM.
"""

import base64
import contextlib
import hashlib
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from typing import Final

from agent.core.clock import EARLIEST_WALL_MS
from agent.enrol.errors import OwnTroubleError
from wire.shape import Struct

PROGRAM: Final = "openssl"
LIMIT_S: Final = 30.0
"""A key for P-256 takes a Pi Zero some 0.1 s; a minute-long stall is a dying card."""
_MARKS: Final = (b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----")
# No settings of the machine: they may name engines and policies that are not ours.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"}


class NotGoodError(Exception):
    """`openssl` read it and said no: not a certificate, not of this authority."""


def new_key() -> bytes:
    """A P-256 key, PKCS#8."""
    return _run(
        "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve"
    )


def request(key: bytes, node: str) -> bytes:
    """PKCS#10 for this key and this common name. The name is a node id: no character of it means anything in -subj."""
    with _handed(key) as (path, handle), _handed(_REQUEST_SETTINGS) as (settings, other):
        return _run(
            "req", "-new", "-sha256", "-batch", "-key", path, "-subj", f"/CN={node}", "-config", settings,
            keep=(handle, other),
        )  # fmt: skip


_REQUEST_SETTINGS: Final = b"[req]\ndistinguished_name = dn\nstring_mask = utf8only\n[dn]\n"


def public_der(key: bytes) -> bytes:
    """SubjectPublicKeyInfo of a private key. Raises NotGoodError when it is none."""
    return _der(_judged("pkey", "-pubout", given=key), "PUBLIC KEY")


def fingerprint(key: bytes) -> str:
    """SHA-256 of a private key's public half, lower-case hexadecimal. Raises NotGoodError."""
    return hashlib.sha256(public_der(key)).hexdigest()


def sign(key: bytes, message: bytes) -> bytes:
    """ECDSA over SHA-256, DER."""
    with _handed(key) as (path, handle):
        return _run("dgst", "-sha256", "-sign", path, given=message, keep=(handle,))


class Facts(Struct, frozen=True):
    """What a certificate says. `name`: the common name where that is all of the subject, else ""."""

    name: str
    expires_at_ms: int
    public_der: bytes


def facts(certificate: bytes) -> Facts:
    """Read a certificate. Raises NotGoodError."""
    raw = _judged("x509", "-noout", "-subject", "-enddate", "-pubkey", "-nameopt", "RFC2253", given=certificate)
    lines = raw.decode("utf-8", "replace").splitlines()
    subject = next((line.removeprefix("subject=").strip() for line in lines if line.startswith("subject=")), "")
    end = next((line.removeprefix("notAfter=") for line in lines if line.startswith("notAfter=")), "")
    alone = subject.startswith("CN=") and "," not in subject and "+" not in subject
    try:
        expires_at_ms = int(ssl.cert_time_to_seconds(end)) * 1000
    except ValueError as error:
        raise NotGoodError(f"no date: {end}") from error
    return Facts(subject.removeprefix("CN=") if alone else "", expires_at_ms, _der(raw, "PUBLIC KEY"))


def verify(certificate: bytes, authorities: bytes) -> None:
    """The certificate may be used by a client and one of these authorities made it. Raises NotGoodError.

    Dates count only by a clock that can be right (`agent.tls`).
    """
    dates = ("-no_check_time",) if time.time_ns() // 1_000_000 < EARLIEST_WALL_MS else ()
    with _handed(authorities) as (path, handle):
        _judged(
            "verify", "-no-CApath", "-no-CAstore", *dates, "-purpose", "sslclient", "-CAfile", path,
            given=certificate, keep=(handle,),
        )  # fmt: skip


def made_by(certificate: bytes, authority: bytes) -> bool:
    """Whether this one authority made it, whatever the dates."""
    with _handed(authority) as (path, handle):
        try:
            _judged(
                "verify", "-no-CApath", "-no-CAstore", "-no_check_time", "-CAfile", path,
                given=certificate, keep=(handle,),
            )  # fmt: skip
        except NotGoodError:
            return False
    return True


def vouches(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key of this certificate has signed the message (ECDSA over SHA-256, DER). Raises NotGoodError."""
    public = _judged("x509", "-noout", "-pubkey", given=certificate)
    with _handed(public) as (key, one), _handed(signature) as (path, other):
        done = _call(("dgst", "-sha256", "-verify", key, "-signature", path), message, (one, other))
    return done.returncode == 0


def is_authority(certificate: bytes) -> bool:
    """Whether it is a certificate that may sign others."""
    try:
        return b"CA:TRUE" in _judged("x509", "-noout", "-ext", "basicConstraints", given=certificate)
    except NotGoodError:
        return False


def split(bundle: bytes, most: int) -> tuple[bytes, ...]:
    """The certificates of a bundle, each by itself. Raises NotGoodError for none, too many, or half of one."""
    begin, end = _MARKS
    found: list[bytes] = []
    rest = bundle
    while (start := rest.find(begin)) >= 0:
        stop = rest.find(end, start)
        if stop < 0 or len(found) == most:
            raise NotGoodError("a certificate is cut off" if stop < 0 else f"more than {most} certificates")
        found.append(rest[start : stop + len(end)] + b"\n")
        rest = rest[stop + len(end) :]
    if not found:
        raise NotGoodError("no certificate")
    return tuple(found)


def identity(certificate: bytes) -> str:
    """SHA-256 of a certificate. Raises NotGoodError for what is no PEM."""
    return hashlib.sha256(_der(certificate, "CERTIFICATE")).hexdigest()


def _der(pem: bytes, kind: str) -> bytes:
    begin, end = (f"-----{word} {kind}-----".encode() for word in ("BEGIN", "END"))
    start, stop = pem.find(begin), pem.find(end)
    try:
        if not 0 <= start < stop:
            raise ValueError("no PEM")
        return base64.b64decode(b"".join(pem[start + len(begin) : stop].split()), validate=True)
    except ValueError as error:
        raise NotGoodError(f"not a {kind.lower()}: {error}") from error


@contextlib.contextmanager
def _handed(content: bytes) -> Iterator[tuple[str, int]]:
    """A path under which a child finds these bytes, and the handle it must inherit; they never touch a disk."""
    handle = os.memfd_create("sandi", os.MFD_CLOEXEC)
    try:
        with open(handle, "wb", closefd=False) as stream:
            stream.write(content)
        yield f"/proc/self/fd/{handle}", handle
    finally:
        os.close(handle)


def _judged(*arguments: str, given: bytes, keep: tuple[int, ...] = ()) -> bytes:
    done = _call(arguments, given, keep)
    if done.returncode:
        raise NotGoodError(_last_line(done.stderr))
    return done.stdout


def _run(*arguments: str, given: bytes = b"", keep: tuple[int, ...] = ()) -> bytes:
    done = _call(arguments, given, keep)
    if done.returncode or not done.stdout:
        raise OwnTroubleError("openssl", f"openssl {arguments[0]}: {_last_line(done.stderr)}")
    return done.stdout


def _call(arguments: tuple[str, ...], given: bytes, keep: tuple[int, ...]) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            (PROGRAM, *arguments), input=given, capture_output=True, timeout=LIMIT_S, check=False, pass_fds=keep,
            env=_ENVIRONMENT,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise OwnTroubleError("openssl", "the program openssl is missing: apt install openssl") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OwnTroubleError("openssl", f"openssl {arguments[0]}: {error}") from error


def _last_line(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"
