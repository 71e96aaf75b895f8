"""The authorities of a city while one takes another's place: which there are, and the files that say so.

    rotation.json            the stage (`center.core.rotation`); the one file a step changes, at once or not at all
    authorities/NAME/        ca.crt and ca.key of each that is trusted; NAME: 16 hex digits of its key's identifier
    ca.crt, ca.key, crl.pem  follow from these: all certificates that are trusted, the one that signs first; the key of
                             that one; a revocation list of each

Whatever is cut in between is made good by the next who opens the authority (`settle`). Without rotation.json there has
never been but one.
"""

import contextlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from center.certificates import Key, Signer, common_name, key_pem, make_authority, sign_revocations
from center.core.rotation import Rotation, Step, follow
from center.errors import PkiError
from center.files import PRIVATE, PUBLIC, exclusive, make_directory, write_atomic

FILE = "rotation.json"
FOLDER = "authorities"


def name_of(certificate: x509.Certificate) -> str:
    """How an authority is called here."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return found.digest.hex()[:16]


def issuer_of(certificate: x509.Certificate) -> str:
    """The authority that signed it; "" where it does not say."""
    with contextlib.suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        return (found.key_identifier or b"").hex()[:16]
    return ""


def rotation_of(directory: Path) -> Rotation:
    """The stage of the authority in `directory`. PkiError when its file cannot be read."""
    path = directory / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rotation)
    except FileNotFoundError:
        only = name_of(_certificate(directory / "ca.crt"))
        return Rotation("single", only, first=only)
    except (OSError, msgspec.DecodeError) as error:
        raise PkiError(f"cannot read {path}: {error}; put it back from a backup") from error


def settle(directory: Path) -> None:
    """Bring ca.crt, ca.key and crl.pem to what rotation.json says, where a step was cut off."""
    if not (directory / FILE).exists() or _is_settled(directory, rotation_of(directory)):
        return
    with exclusive(directory / ".lock"):
        _render(directory, rotation_of(directory))


def take_step(directory: Path, step: Step, used: Iterable[str] = ()) -> Rotation:
    """Take one step; the stage after it. `used`: authorities that have signed something (a following one that has not
    is simply given up again by `undo`).

    Raises:
        StepError: the step does not follow on the present stage. PkiError: files are missing.
    """
    with exclusive(directory / ".lock"):
        before = rotation_of(directory)
        following = ""
        if step == "prepare" and before.stage == "single":
            _keep(directory, signer_of(directory))
            following = _keep(directory, _next_signer(directory))
        after = follow(before, step, following)
        if step == "undo" and after.stage == "withdrawn" and after.following not in set(used):
            after = Rotation("single", after.present, "", after.first, after.dropped)
        if after != before:
            write_atomic(directory / FILE, msgspec.json.encode(after))
        _render(directory, after)
    return after


def server_signer(directory: Path) -> Signer:
    """Whose certificates the servers show."""
    rotation = rotation_of(directory)
    return (
        signer_of(directory) if rotation.serves == rotation.signs else signer_of(directory / FOLDER / rotation.serves)
    )


def trusted(directory: Path) -> list[x509.Certificate]:
    """The certificates of all that are trusted, the one that signs first."""
    return x509.load_pem_x509_certificates((directory / "ca.crt").read_bytes())


def revocation_lists(directory: Path, revoked: Mapping[str, datetime]) -> bytes:
    """A list of every trusted authority, one behind the other. Each names all serials: they are random, and who looks
    up a certificate finds the list of its issuer. mosquitto refuses everybody whose issuer's list is missing."""
    rotation = rotation_of(directory)
    others = [signer_of(directory / FOLDER / name) for name in rotation.trusted if name != rotation.signs]
    return _lists((signer_of(directory), *others), {int(serial, 16): at for serial, at in revoked.items()})


@dataclass(frozen=True, slots=True)
class Register:
    """What is known without a key: the stage, every certificate ever signed, and which were taken back."""

    rotation: Rotation
    book: list[dict[str, str]]
    revoked: frozenset[str]


def register_of(directory: Path) -> Register:
    """Read the public side of the authority. PkiError when it cannot be read."""
    book = directory / "issued.jsonl"
    try:
        lines = book.read_text().splitlines() if book.exists() else []
        revoked = frozenset(f"{serial:x}" for serial in _revoked(directory))
        return Register(rotation_of(directory), [json.loads(line) for line in lines], revoked)
    except (OSError, ValueError) as error:
        raise PkiError(f"cannot read the authority's book in {directory}: {error}") from error


def take_over(directory: Path, other: Path) -> bool:
    """Restoring: where `other`, the centre in place, comes from the same authority as the unpacked `directory`, its
    stage is the later one and stays. Whether they are of one line."""
    with contextlib.suppress(PkiError):
        mine, theirs = rotation_of(directory), rotation_of(other)
        if mine == theirs:
            return True
        if mine.present not in theirs.known and theirs.present not in mine.known:
            return False
        if not (other / FILE).exists() or theirs.known < mine.known:
            return True  # the backup is the later one
        with exclusive(directory / ".lock"):
            shutil.rmtree(directory / FOLDER, ignore_errors=True)
            shutil.copytree(other / FOLDER, directory / FOLDER)
            write_atomic(directory / FILE, (other / FILE).read_bytes())
            _render(directory, theirs)
        return True
    return False


def _render(directory: Path, rotation: Rotation) -> None:
    """The files that follow from the stage. What is added to the trust comes first: nobody is refused in between. What
    stays the same is not written: whoever watches it would start anew, and cut all boxes off for a moment."""
    kept = {
        name: signer_of(directory / FOLDER / name) for name in rotation.trusted if (directory / FOLDER / name).exists()
    }
    if rotation.signs not in kept:  # a single one that never changed
        return
    signs = kept[rotation.signs]
    revoked = _revoked(directory)
    _keep_same(directory / "ca.key", key_pem(signs.key), PRIVATE)
    bundle = b"".join(kept[name].certificate.public_bytes(Encoding.PEM) for name in rotation.trusted)
    if revoked and not {one.certificate.subject for one in kept.values()} <= _list_issuers(directory):
        write_atomic(directory / "crl.pem", _lists([kept[name] for name in rotation.trusted], revoked))
    _keep_same(directory / "ca.crt", bundle, PUBLIC)
    for left in (directory / FOLDER).iterdir():
        if left.name not in rotation.trusted:
            shutil.rmtree(left)


def _lists(signers: Iterable[Signer], revoked: Mapping[int, datetime]) -> bytes:
    return b"".join(sign_revocations(signer, revoked).public_bytes(Encoding.PEM) for signer in signers)


def _is_settled(directory: Path, rotation: Rotation) -> bool:
    try:
        shown = [name_of(one) for one in trusted(directory)]
        key = load_pem_private_key((directory / "ca.key").read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    return shown == list(rotation.trusted) and key.public_key() == trusted(directory)[0].public_key()


def _revoked(directory: Path) -> dict[int, datetime]:
    if not (directory / "crl.pem").exists():
        return {}
    listed = x509.load_pem_x509_crl((directory / "crl.pem").read_bytes())
    return {entry.serial_number: entry.revocation_date_utc for entry in listed}


def _list_issuers(directory: Path) -> set[x509.Name]:
    """Whose revocation lists there are."""
    if not (directory / "crl.pem").exists():
        return set()
    end = b"-----END X509 CRL-----\n"
    blocks = (directory / "crl.pem").read_bytes().split(end)
    return {x509.load_pem_x509_crl(block + end).issuer for block in blocks if block.strip()}


def _keep_same(path: Path, content: bytes, mode: int) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_atomic(path, content, mode)


def _keep(directory: Path, signer: Signer) -> str:
    """Write an authority into its own folder; its name."""
    name = name_of(signer.certificate)
    folder = directory / FOLDER / name
    make_directory(directory / FOLDER, 0o700)
    make_directory(folder, 0o700)
    write_atomic(folder / "ca.key", key_pem(signer.key), PRIVATE)
    write_atomic(folder / "ca.crt", signer.certificate.public_bytes(Encoding.PEM))
    return name


def _next_signer(directory: Path) -> Signer:
    """A new authority. Its subject is another than those before: lists and certificates are found by it."""
    present = common_name(_certificate(directory / "ca.crt").subject)
    base = present.split(" G", 1)[0]
    digits = present[len(base) + 2 :]
    generation = int(digits) + 1 if digits.isdigit() else 2
    return make_authority(f"{base} G{generation}", datetime.now(UTC))


def signer_of(directory: Path) -> Signer:
    """The authority of a directory: the first certificate in its ca.crt, and the key. PkiError when they do not fit."""
    certificate, key = _certificate(directory / "ca.crt"), load_key(directory / "ca.key")
    if certificate.public_key() != key.public_key():
        raise PkiError(f"{directory / 'ca.key'} does not belong to {directory / 'ca.crt'}; put both back from a backup")
    return Signer(certificate, key)


def load_key(path: Path) -> Key:
    """A P-256 key in PEM. PkiError when it is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise PkiError(f"cannot read the key {path}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"{path} is not a P-256 key")
    return key


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PkiError(f"cannot read the authority's certificate {path}: {error}") from error
